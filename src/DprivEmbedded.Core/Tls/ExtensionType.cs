namespace DprivEmbedded.Tls;

/// <summary>Extension types that this library sends or reads.</summary>
public static class ExtensionType
{
    /// <summary>server_name. Source: RFC 6066 section 3.</summary>
    public const int ServerName = 0;

    /// <summary>max_fragment_length. Source: RFC 6066 section 4.</summary>
    public const int MaxFragmentLength = 1;

    /// <summary>supported_groups. Source: RFC 8446 section 4.2.7.</summary>
    public const int SupportedGroups = 10;

    /// <summary>ec_point_formats. Source: RFC 8422 section 5.1.2.</summary>
    public const int EcPointFormats = 11;

    /// <summary>status_request. Source: RFC 6066 section 8.</summary>
    public const int StatusRequest = 5;

    /// <summary>signature_algorithms. Source: RFC 8446 section 4.2.3.</summary>
    public const int SignatureAlgorithms = 13;

    /// <summary>heartbeat. Source: RFC 6520 section 2.</summary>
    public const int Heartbeat = 15;

    /// <summary>application_layer_protocol_negotiation. Source: RFC 7301.</summary>
    public const int ApplicationLayerProtocolNegotiation = 16;

    /// <summary>server_certificate_type. Source: RFC 7250 section 3.</summary>
    public const int ServerCertificateType = 20;

    /// <summary>extended_master_secret. Source: RFC 7627.</summary>
    public const int ExtendedMasterSecret = 23;

    /// <summary>record_size_limit. Source: RFC 8449.</summary>
    public const int RecordSizeLimit = 28;

    /// <summary>session_ticket. Source: RFC 5077.</summary>
    public const int SessionTicket = 35;

    /// <summary>pre_shared_key. Source: RFC 8446 section 4.2.11.</summary>
    public const int PreSharedKey = 41;

    /// <summary>early_data. Source: RFC 8446 section 4.2.10.</summary>
    public const int EarlyData = 42;

    /// <summary>supported_versions. Source: RFC 8446 section 4.2.1.</summary>
    public const int SupportedVersions = 43;

    /// <summary>cookie. Source: RFC 8446 section 4.2.2.</summary>
    public const int Cookie = 44;

    /// <summary>psk_key_exchange_modes. Source: RFC 8446 section 4.2.9.</summary>
    public const int PskKeyExchangeModes = 45;

    /// <summary>key_share. Source: RFC 8446 section 4.2.8.</summary>
    public const int KeyShare = 51;

    /// <summary>connection_id. Source: RFC 9146 section 3.</summary>
    public const int ConnectionId = 54;

    /// <summary>renegotiation_info. Source: RFC 5746.</summary>
    public const int RenegotiationInfo = 0xFF01;
}
