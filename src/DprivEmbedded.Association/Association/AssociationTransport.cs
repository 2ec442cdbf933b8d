namespace DprivEmbedded.Association;

/// <summary>What carries an association.</summary>
public static class AssociationTransport
{
    /// <summary>DNS over TLS (RFC 7858): a path is a TCP connection.</summary>
    public const int Dot = 0;

    /// <summary>DNS over DTLS (RFC 8094): a path is a UDP socket of its own.</summary>
    public const int Dodtls = 1;
}
