namespace DprivEmbedded.Tls;

/// <summary>Record content types. Source: RFC 8446 section 5.1.</summary>
public static class ContentType
{
    /// <summary>change_cipher_spec.</summary>
    public const int ChangeCipherSpec = 20;

    /// <summary>alert.</summary>
    public const int Alert = 21;

    /// <summary>handshake.</summary>
    public const int Handshake = 22;

    /// <summary>application_data.</summary>
    public const int ApplicationData = 23;

    /// <summary>heartbeat. Source: RFC 6520.</summary>
    public const int Heartbeat = 24;

    /// <summary>tls12_cid: a record with a connection id, whose real type is inside. Source: RFC 9146 section 4.</summary>
    public const int Tls12Cid = 25;
}
