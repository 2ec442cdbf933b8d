namespace DprivEmbedded.Harness;

/// <summary>How a server misbehaves. All off by default. May be changed while connections run: each hook reads its switch when it gets there.</summary>
public sealed class TlsServerFaults
{
    /// <summary>The stage at which <see cref="Action"/> happens.</summary>
    public TlsStage At { get; set; }

    /// <summary>What happens at <see cref="At"/>.</summary>
    public TlsFaultAction Action { get; set; }

    /// <summary>The alert description of <see cref="TlsFaultAction.Alert"/> and <see cref="TlsFaultAction.WarningAlert"/>.</summary>
    public int Alert { get; set; } = 80;

    /// <summary>How many records or bytes an action sends.</summary>
    public int Count { get; set; } = 1;

    /// <summary>How often <see cref="Action"/> happens on one connection; 0 for every time.</summary>
    public int Times { get; set; } = 1;

    /// <summary>Treats every ticket and session id as unknown.</summary>
    public bool RefuseTickets { get; set; }

    /// <summary>Refuses every binder as wrong, also a right one.</summary>
    public bool RejectBinder { get; set; }

    /// <summary>The selected_identity to send instead of the right one where a PSK is used; -1 for the right one.</summary>
    public int SelectedIdentity { get; set; } = -1;

    /// <summary>Accepts a PSK in a ServerHello although none was used (pre_shared_key unsolicited).</summary>
    public bool PretendPsk { get; set; }

    /// <summary>Flips a bit of the verify_data.</summary>
    public bool WrongFinished { get; set; }

    /// <summary>Flips a bit of the signed bytes, so that the signature is well-formed and wrong.</summary>
    public bool BadSignature { get; set; }

    /// <summary>The version to send in ServerHello (and HelloRetryRequest) instead of the right one; 0 for the right one.</summary>
    public int WrongVersion { get; set; }

    /// <summary>The cipher suite to send instead of the right one; 0 for the right one.</summary>
    public int WrongCipherSuite { get; set; }

    /// <summary>The group to name in the key exchange instead of the right one; 0 for the right one.</summary>
    public int WrongGroup { get; set; }

    /// <summary>Sends a key exchange value that is not valid for the group (X25519: all zeros; P-256: a point off the curve).</summary>
    public bool BadKeyShare { get; set; }

    /// <summary>The message into which <see cref="UnsolicitedExtension"/> and <see cref="DuplicateExtension"/> go: ServerHello, HelloRetryRequest, EncryptedExtensions, Certificate or NewSessionTicket.</summary>
    public TlsStage ExtensionsAt { get; set; } = TlsStage.ServerHello;

    /// <summary>The type of an empty extension to add that nobody asked for; -1 for none.</summary>
    public int UnsolicitedExtension { get; set; } = -1;

    /// <summary>Sends the first extension of the message twice.</summary>
    public bool DuplicateExtension { get; set; }

    /// <summary>Answers the second ClientHello with one more HelloRetryRequest.</summary>
    public bool SecondHelloRetryRequest { get; set; }

    /// <summary>Sends a HelloRetryRequest for the group that the client sent a share of, without a cookie: it would change nothing.</summary>
    public bool UselessHelloRetryRequest { get; set; }

    /// <summary>Changes a byte of the echoed session id, or sends one where the client sent none.</summary>
    public bool WrongSessionIdEcho { get; set; }

    /// <summary>The application protocol to answer instead of the right one; null for the right one.</summary>
    public string? WrongApplicationProtocol { get; set; }

    /// <summary>Behaves like a TLS 1.2 server without RFC 7627.</summary>
    public bool NoExtendedMasterSecret { get; set; }

    /// <summary>Behaves like a TLS 1.2 server without RFC 5746.</summary>
    public bool NoRenegotiationInfo { get; set; }

    /// <summary>Leaves out the downgrade sentinel of RFC 8446 section 4.1.3.</summary>
    public bool NoDowngradeSentinel { get; set; }

    /// <summary>Sends the downgrade sentinel in TLS 1.2 although the server has no TLS 1.3: what a meddler in the middle would cause.</summary>
    public bool ForceDowngradeSentinel { get; set; }
}
