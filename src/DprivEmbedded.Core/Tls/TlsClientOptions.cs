using DprivEmbedded.Crypto;

namespace DprivEmbedded.Tls;

/// <summary>What a TLS client offers and demands. Read when a client is made and when a handshake starts; not to be changed afterwards. One object may serve many clients.</summary>
public class TlsClientOptions
{
    /// <summary>The lowest version offered: <see cref="ProtocolVersion.Tls12"/> (default) or <see cref="ProtocolVersion.Tls13"/>.</summary>
    public int MinVersion = ProtocolVersion.Tls12;

    /// <summary>The highest version offered: <see cref="ProtocolVersion.Tls13"/> (default) or <see cref="ProtocolVersion.Tls12"/>.</summary>
    public int MaxVersion = ProtocolVersion.Tls13;

    /// <summary>The server_name to send, a DNS name in ASCII without trailing dot, at most 255 characters; null sends none (an IP address is never sent: RFC 6066 section 3).</summary>
    public string ServerName;

    /// <summary>Decides whether the server is the one that was meant; null offers only PSK authentication.</summary>
    public IPeerVerifier Verifier;

    /// <summary>
    /// Whether to go on with a server that could not be authenticated (RFC 8310's opportunistic profile). False, the strict profile, is the default.
    /// A server must prove possession of its key even so.
    /// </summary>
    public bool Opportunistic;

    /// <summary>The identity of an external PSK, 1..256 bytes; null for none. Its hash is SHA-256.</summary>
    public byte[] PskIdentity;

    /// <summary>The external PSK, 1..256 bytes.</summary>
    public byte[] Psk;

    /// <summary>The cipher suites in order of preference, of both versions; those that do not fit the versions and the kinds of authentication are left out by itself.</summary>
    public int[] CipherSuites = new int[]
    {
        CipherSuite.Aes128GcmSha256, CipherSuite.ChaCha20Poly1305Sha256, CipherSuite.Aes128CcmSha256, CipherSuite.Aes128Ccm8Sha256,
        CipherSuite.EcdheEcdsaAes128GcmSha256, CipherSuite.EcdheRsaAes128GcmSha256,
        CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256, CipherSuite.EcdheRsaChaCha20Poly1305Sha256,
        CipherSuite.EcdheEcdsaAes128Ccm, CipherSuite.EcdheEcdsaAes128Ccm8,
        CipherSuite.EcdhePskAes128GcmSha256, CipherSuite.EcdhePskAes128Ccm8Sha256, CipherSuite.EcdhePskChaCha20Poly1305Sha256,
        CipherSuite.PskAes128GcmSha256, CipherSuite.PskAes128Ccm8,
    };

    /// <summary>The groups in order of preference, 1..8 of <see cref="NamedGroup"/>. A key share is sent for the first, or for the one of the session to resume.</summary>
    public int[] Groups = new int[] { NamedGroup.X25519, NamedGroup.Secp256r1 };

    /// <summary>The signature schemes in order of preference, 1..8 of <see cref="SignatureScheme"/>.</summary>
    public int[] SignatureSchemes = new int[] { SignatureScheme.EcdsaSecp256r1Sha256, SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPkcs1Sha256 };

    /// <summary>The application protocol to offer (RFC 7301), "dot" by default; null offers none. A server that answers none is accepted (RFC 7858 demands no ALPN).</summary>
    public string ApplicationProtocol = "dot";

    /// <summary>Whether PSKs are offered with an ephemeral key exchange (psk_dhe_ke): forward secrecy, at the price of one key generation and one agreement.</summary>
    public bool PskDheKe = true;

    /// <summary>Whether PSKs are offered without a key exchange (psk_ke): no public-key operation at all. With <see cref="PskDheKe"/> off no key share is sent while a PSK is offered.</summary>
    public bool PskKe = true;

    /// <summary>Whether to send early data where the session allows (RFC 8446 section 2.3). Off by default: early data can be replayed (RFC 8446 appendix E.5).</summary>
    public bool EarlyData;

    /// <summary>Whether to send application data before the server's Finished in a full TLS 1.2 handshake with ECDHE (RFC 7918).</summary>
    public bool FalseStart = true;

    /// <summary>Whether to send a session id and a change_cipher_spec in TLS 1.3, for middleboxes (RFC 8446 appendix D.4). Costs 38 bytes.</summary>
    public bool CompatibilityMode;

    /// <summary>Whether to ask for tickets in TLS 1.2 and to keep those of TLS 1.3.</summary>
    public bool Tickets = true;

    /// <summary>How long a handshake may take in milliseconds; 0 for no limit.</summary>
    public int HandshakeTimeoutMs = 10000;

    /// <summary>Size of the buffer in bytes that holds one handshake message other than a certificate list: from 768 up. A ticket that does not fit is skipped.</summary>
    public int HandshakeBufferBytes = 1536;

    /// <summary>Records after which this side renews its keys (TLS 1.3) or ends the connection (TLS 1.2): 2^24 or fewer.</summary>
    public int RekeyAfterRecords = 1 << 24;

    /// <summary>Receives the connection's secrets; null, the default, keeps them inside.</summary>
    public IKeyLog KeyLog;

    /// <summary>Is told of every message; null, the default, for none.</summary>
    public ITlsObserver Observer;

    /// <summary>Says what is wrong with the options.</summary>
    /// <returns>A sentence for the programmer, or null where nothing is.</returns>
    public string Validate()
    {
        if (MinVersion != ProtocolVersion.Tls12 && MinVersion != ProtocolVersion.Tls13)
            return "MinVersion must be TLS 1.2 (0x0303) or TLS 1.3 (0x0304).";
        if (MaxVersion != ProtocolVersion.Tls12 && MaxVersion != ProtocolVersion.Tls13)
            return "MaxVersion must be TLS 1.2 (0x0303) or TLS 1.3 (0x0304).";
        if (MinVersion > MaxVersion)
            return "MinVersion is above MaxVersion.";
        if (ServerName != null && (ServerName.Length == 0 || ServerName.Length > 255))
            return "ServerName must have 1 to 255 characters, or be null.";
        if (Verifier == null && Psk == null)
            return "Set a Verifier (pins, or a name and authorities) or a Psk: without either no server can be authenticated.";
        if ((Psk == null) != (PskIdentity == null))
            return "Psk and PskIdentity belong together: set both or neither.";
        if (Psk != null && (Psk.Length == 0 || Psk.Length > 256 || PskIdentity.Length == 0 || PskIdentity.Length > 256))
            return "Psk and PskIdentity must have 1 to 256 bytes each.";
        if (!PskKe && !PskDheKe && Psk != null)
            return "A Psk needs PskKe or PskDheKe.";
        if (CipherSuites == null || CipherSuites.Length == 0 || CipherSuites.Length > 32)
            return "CipherSuites must list 1 to 32 suites.";
        if (Groups == null || Groups.Length == 0 || Groups.Length > 8)
            return "Groups must list 1 to 8 groups.";
        if (SignatureSchemes == null || SignatureSchemes.Length == 0 || SignatureSchemes.Length > 8)
            return "SignatureSchemes must list 1 to 8 schemes.";
        if (ApplicationProtocol != null && (ApplicationProtocol.Length == 0 || ApplicationProtocol.Length > 255))
            return "ApplicationProtocol must have 1 to 255 characters, or be null.";
        if (HandshakeBufferBytes < 768 || HandshakeBufferBytes > 65536)
            return "HandshakeBufferBytes must be 768 to 65536.";
        if (RekeyAfterRecords < 1 || RekeyAfterRecords > 1 << 24)
            return "RekeyAfterRecords must be 1 to 16777216.";
        if (HandshakeTimeoutMs < 0)
            return "HandshakeTimeoutMs must be 0 or more.";

        return null;
    }
}
