using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>What a <see cref="TlsServer"/> offers and how it shapes its records. Shared by the connections of a server; may be changed between connections.</summary>
public class TlsServerOptions
{
    /// <summary>Whether TLS 1.3 is spoken.</summary>
    public bool Tls13 { get; set; } = true;

    /// <summary>Whether TLS 1.2 is spoken.</summary>
    public bool Tls12 { get; set; } = true;

    /// <summary>The cipher suites of both versions, most preferred first.</summary>
    public int[] CipherSuites { get; set; } =
    [
        CipherSuite.Aes128GcmSha256,
        CipherSuite.ChaCha20Poly1305Sha256,
        CipherSuite.Aes128CcmSha256,
        CipherSuite.Aes128Ccm8Sha256,
        CipherSuite.EcdheEcdsaAes128GcmSha256,
        CipherSuite.EcdheRsaAes128GcmSha256,
        CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256,
        CipherSuite.EcdheRsaChaCha20Poly1305Sha256,
        CipherSuite.EcdheEcdsaAes128Ccm,
        CipherSuite.EcdheEcdsaAes128Ccm8,
        CipherSuite.EcdhePskAes128GcmSha256,
        CipherSuite.EcdhePskChaCha20Poly1305Sha256,
        CipherSuite.EcdhePskAes128Ccm8Sha256,
        CipherSuite.PskAes128GcmSha256,
        CipherSuite.PskAes128Ccm8,
    ];

    /// <summary>The groups, most preferred first.</summary>
    public int[] Groups { get; set; } = [NamedGroup.X25519, NamedGroup.Secp256r1];

    /// <summary>The keys and certificates, most preferred first; the first that fits the client is used.</summary>
    public ServerCredential[] Credentials { get; set; } = [];

    /// <summary>Whether a raw public key (RFC 7250) is sent to a client that accepts both it and certificates.</summary>
    public bool PreferRawPublicKey { get; set; }

    /// <summary>The identity hint of TLS 1.2 PSK suites (RFC 4279); empty for none.</summary>
    public byte[] PskIdentityHint { get; set; } = [];

    /// <summary>TLS 1.3: whether psk_ke is accepted.</summary>
    public bool PskKe { get; set; } = true;

    /// <summary>TLS 1.3: whether psk_dhe_ke is accepted.</summary>
    public bool PskDheKe { get; set; } = true;

    /// <summary>TLS 1.3: whether psk_ke is taken where the client offers both.</summary>
    public bool PreferPskKe { get; set; }

    /// <summary>The application protocols, most preferred first; empty for a server that ignores ALPN.</summary>
    public string[] ApplicationProtocols { get; set; } = ["dot"];

    /// <summary>The names that the server answers for; null for any.</summary>
    public string[]? ServerNames { get; set; }

    /// <summary>Whether a name that is not one of <see cref="ServerNames"/> ends the handshake with unrecognized_name.</summary>
    public bool UnknownNameIsFatal { get; set; } = true;

    /// <summary>Whether tickets are issued and accepted, in both versions.</summary>
    public bool Tickets { get; set; } = true;

    /// <summary>TLS 1.3: how many tickets follow the handshake.</summary>
    public int TicketCount { get; set; } = 2;

    /// <summary>Whether a ticket is a reference to state that the server keeps (single use in TLS 1.3) instead of the sealed state itself.</summary>
    public bool StatefulTickets { get; set; }

    /// <summary>Bytes that are added to the content of each sealed ticket, to make it as large as those of servers that put a certificate chain into theirs; 0..60000.</summary>
    public int TicketPaddingBytes { get; set; }

    /// <summary>How long the server accepts a ticket or session id, in seconds.</summary>
    public int TicketLifetimeSeconds { get; set; } = 7200;

    /// <summary>The lifetime that tickets say, in seconds; -1 for the true one.</summary>
    public int AdvertisedTicketLifetimeSeconds { get; set; } = -1;

    /// <summary>TLS 1.2: whether a resumption by ticket brings a new ticket each time. A ticket under an older key is always renewed.</summary>
    public bool RenewTickets { get; set; }

    /// <summary>TLS 1.2 and DTLS 1.2: whether the lifetime of a renewed ticket begins anew, or stays that of the full handshake (default).</summary>
    public bool RenewalExtends { get; set; }

    /// <summary>TLS 1.2: whether sessions are kept and resumed by session id.</summary>
    public bool SessionIds { get; set; } = true;

    /// <summary>TLS 1.2: size of the session ids, 1..32 bytes. Short ones save bytes in both hellos of a resumption.</summary>
    public int SessionIdBytes { get; set; } = 32;

    /// <summary>Whether a certificate is asked of the client in a full handshake with a certificate of the server. An empty list is accepted; a client's certificate is not verified and ends the handshake.</summary>
    public bool RequestClientCertificate { get; set; }

    /// <summary>How many bytes of names of authorities the request for a certificate holds, 0..60000.</summary>
    public int CertificateRequestAuthorityBytes { get; set; }

    /// <summary>What happens with early data.</summary>
    public EarlyDataMode EarlyData { get; set; } = EarlyDataMode.Off;

    /// <summary>The max_early_data_size of tickets, and the limit of early data that is accepted or skipped, in bytes.</summary>
    public int MaxEarlyDataBytes { get; set; } = 16384;

    /// <summary>How far a ticket's age may differ from the server's own count for early data to be accepted, in milliseconds. Source: RFC 8446 section 8.3.</summary>
    public int EarlyDataAgeToleranceMs { get; set; } = 10000;

    /// <summary>When a HelloRetryRequest is sent.</summary>
    public HelloRetryMode HelloRetry { get; set; }

    /// <summary>Size of the cookie of <see cref="HelloRetryMode.Cookie"/>, 1..65535 bytes.</summary>
    public int CookieBytes { get; set; } = 32;

    /// <summary>TLS 1.3: whether EncryptedExtensions names the server's groups, as some servers do.</summary>
    public bool SendSupportedGroups { get; set; }

    /// <summary>Whether max_fragment_length is honoured.</summary>
    public bool MaxFragmentLength { get; set; } = true;

    /// <summary>The record_size_limit that the server announces to a client that does, 64..16385; 0 where it does not know the extension.</summary>
    public int RecordSizeLimit { get; set; } = 16385;

    /// <summary>The most content bytes in a record that the server sends, 1..16384; the client's own limits hold besides.</summary>
    public int MaxRecordContentBytes { get; set; } = RecordProtection.MaxPlaintextBytes;

    /// <summary>Whether the handshake messages of a flight share records; otherwise each begins a record.</summary>
    public bool CoalesceHandshake { get; set; } = true;

    /// <summary>TLS 1.3: whether the compatibility change_cipher_spec is sent even where the client sent no session id.</summary>
    public bool AlwaysChangeCipherSpec { get; set; }

    /// <summary>TLS 1.3: every protected record is padded to a multiple of so many bytes of inner plaintext; 0 for no padding. Source: RFC 8446 section 5.4.</summary>
    public int PaddingBlockBytes { get; set; }

    /// <summary>Receives the secrets, or null.</summary>
    public IKeyLog? KeyLog { get; set; }

    /// <summary>How the server misbehaves.</summary>
    public TlsServerFaults Faults { get; set; } = new();
}
