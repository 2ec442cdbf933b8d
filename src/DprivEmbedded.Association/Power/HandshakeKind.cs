namespace DprivEmbedded.Power;

/// <summary>What a handshake makes the processor compute. Indices of <see cref="CpuProfile.HandshakeMs"/>.</summary>
public static class HandshakeKind
{
    /// <summary>None: the record layer and DNS only.</summary>
    public const int None = 0;

    /// <summary>A full handshake: key agreement, certificate or raw public key, signature.</summary>
    public const int Full = 1;

    /// <summary>A resumption with a key agreement (psk_dhe_ke).</summary>
    public const int ResumedKeyAgreement = 2;

    /// <summary>A resumption with symmetric cryptography only (DTLS 1.2, psk_ke).</summary>
    public const int ResumedSymmetric = 3;

    /// <summary>Only a ClientHello with its key pair.</summary>
    public const int HelloKeyAgreement = 4;

    /// <summary>Only a ClientHello without key pair.</summary>
    public const int HelloSymmetric = 5;

    /// <summary>Number of kinds.</summary>
    public const int Count = 6;
}
