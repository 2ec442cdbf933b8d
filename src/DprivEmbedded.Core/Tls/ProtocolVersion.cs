namespace DprivEmbedded.Tls;

/// <summary>Protocol versions on the wire.</summary>
public static class ProtocolVersion
{
    /// <summary>TLS 1.0: only as the legacy version of a first record.</summary>
    public const int Tls10 = 0x0301;

    /// <summary>TLS 1.2. Source: RFC 5246.</summary>
    public const int Tls12 = 0x0303;

    /// <summary>TLS 1.3. Source: RFC 8446.</summary>
    public const int Tls13 = 0x0304;

    /// <summary>DTLS 1.2. Source: RFC 6347.</summary>
    public const int Dtls12 = 0xFEFD;

    /// <summary>The version's usual name.</summary>
    /// <param name="version">One of the constants above.</param>
    /// <returns>"TLS 1.2", "TLS 1.3", "DTLS 1.2", or "unknown".</returns>
    public static string Name(int version)
    {
        switch (version)
        {
            case Tls12: return "TLS 1.2";
            case Tls13: return "TLS 1.3";
            case Dtls12: return "DTLS 1.2";
            default: return "unknown";
        }
    }
}
