using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Core.Tests.Support;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>
/// The crypto of the pairs, a letter for client and server each: "B" BouncyCastle, "S" the system's. Another project runs the same tests with another of these classes,
/// and so with other crypto.
/// </summary>
internal static class BackEnds
{
    /// <summary>For TLS over a stream.</summary>
    public const string Usual = "BB";

    /// <summary>For DTLS.</summary>
    public const string UsualDtls = "SS";

    /// <summary>Where bytes of the managed heap are counted.</summary>
    public const string WithoutAllocation = "SS";

    /// <summary>The groups and crypto of the matrices of handshakes. The system's has no X25519.</summary>
    public static readonly (int Group, string BackEnds)[] Exchanges =
    [
        (NamedGroup.X25519, "BB"), (NamedGroup.Secp256r1, "BB"), (NamedGroup.Secp256r1, "BS"), (NamedGroup.Secp256r1, "SB"), (NamedGroup.Secp256r1, "SS"),
    ];

    public static ICryptoProvider Provider(char name, IRandomSource random)
    {
        return name == 'S' ? new SystemCryptoProvider(random) : new BouncyCastleProvider(random);
    }
}
