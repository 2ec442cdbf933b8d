namespace DprivEmbedded.Fuzz;

/// <summary>How an input is put together.</summary>
internal enum Framing
{
    /// <summary>Bytes.</summary>
    None,

    /// <summary>Two bytes that choose a configuration, then TLS records.</summary>
    TlsRecords,

    /// <summary>Two bytes that choose a configuration, then items: a 2-byte length and a datagram of DTLS records, or a 2-byte time with the highest bit set.</summary>
    Datagrams,

    /// <summary>Text in lines.</summary>
    Text,
}
