using DprivEmbedded.Crypto.BouncyCastle;

namespace DprivEmbedded.Crypto.Suite;

/// <summary>The provider that this project runs the common suite on.</summary>
internal static class Tested
{
    public static ICryptoProvider NewProvider() => new BouncyCastleProvider();

    public static ICryptoProvider NewProvider(IRandomSource random) => new BouncyCastleProvider(random);
}
