using DprivEmbedded.Core.Tests.Support;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Crypto.Managed;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>The crypto of the pairs, a letter for client and server each: "M" Crypto.Managed, "B" BouncyCastle, "S" the system's.</summary>
internal static class BackEnds
{
    /// <summary>For TLS over a stream.</summary>
    public const string Usual = "MB";

    /// <summary>For DTLS.</summary>
    public const string UsualDtls = "MS";

    /// <summary>Where bytes of the managed heap are counted.</summary>
    public const string WithoutAllocation = "MS";

    /// <summary>The groups and crypto of the matrices of handshakes. The system's has no X25519.</summary>
    public static readonly (int Group, string BackEnds)[] Exchanges =
    [
        (NamedGroup.X25519, "MB"), (NamedGroup.X25519, "BM"), (NamedGroup.X25519, "MM"),
        (NamedGroup.Secp256r1, "MB"), (NamedGroup.Secp256r1, "BM"), (NamedGroup.Secp256r1, "MM"), (NamedGroup.Secp256r1, "MS"), (NamedGroup.Secp256r1, "SM"),
    ];

    public static ICryptoProvider Provider(char name, IRandomSource random) => name switch
    {
        'M' => new ManagedProvider(random),
        'S' => new SystemCryptoProvider(random),
        _ => new BouncyCastleProvider(random),
    };
}
