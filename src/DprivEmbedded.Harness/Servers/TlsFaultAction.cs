namespace DprivEmbedded.Harness;

/// <summary>What a faulty server does instead of, or before, the message of a <see cref="TlsStage"/>.</summary>
public enum TlsFaultAction
{
    /// <summary>Sends the message as it should.</summary>
    None,

    /// <summary>Sends the fatal alert <see cref="TlsServerFaults.Alert"/> and ends the transport with a FIN.</summary>
    Alert,

    /// <summary>Sends the alert <see cref="TlsServerFaults.Alert"/> at level warning, then the message.</summary>
    WarningAlert,

    /// <summary>Ends the transport with a FIN and no close_notify.</summary>
    Close,

    /// <summary>Sends close_notify and ends the transport with a FIN.</summary>
    CloseWithNotify,

    /// <summary>Ends the transport with a RST.</summary>
    Reset,

    /// <summary>Sends nothing more, ignores what comes, keeps the transport open.</summary>
    Silence,

    /// <summary>Sends the header of a record that is longer than allowed, and that many bytes, then the message.</summary>
    OversizeRecord,

    /// <summary>Sends <see cref="TlsServerFaults.Count"/> records without content, then the message. Their type is that of the message.</summary>
    EmptyRecords,

    /// <summary>Sends <see cref="TlsServerFaults.Count"/> bytes that are no TLS, then the message.</summary>
    Garbage,

    /// <summary>Sends a record with a wrong tag (or, before keys are there, with an unknown type), then the message.</summary>
    CorruptRecord,

    /// <summary>Sends a handshake message that belongs nowhere (type 99), then the message.</summary>
    UnexpectedMessage,

    /// <summary>Leaves the message out and goes on with the next.</summary>
    Omit,

    /// <summary>Sends the message twice.</summary>
    Repeat,

    /// <summary>Appends a byte to the message's body and counts it in the length, so that the message does not parse.</summary>
    TrailingByte,
}
