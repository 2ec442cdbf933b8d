using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Crypto.Managed;

namespace DprivEmbedded.Crypto.Suite;

/// <summary>The provider that this project runs the common suite on.</summary>
internal static class Tested
{
    public static ICryptoProvider NewProvider() => new ManagedProvider(new SystemRandomSource());

    public static ICryptoProvider NewProvider(IRandomSource random) => new ManagedProvider(random);
}
