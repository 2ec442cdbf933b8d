using System.IO;
using System.Runtime.CompilerServices;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.Managed;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>The symmetric work of the shortest ways to an answer over DTLS: what a board pays each time it wakes.</summary>
public class SymmetricWorkTests
{
    private const int Limit = 250;

    [Theory]
    [InlineData(CipherSuite.EcdheEcdsaAes128Ccm8)]
    [InlineData(CipherSuite.EcdheEcdsaAes128GcmSha256)]
    public void ResumptionAndQuery(int suite)
    {
        CountingCrypto counting = null!;
        DodSetup setup = new(1, "MS", inner => counting = new CountingCrypto(inner));
        setup.Client.CipherSuites = [suite];
        setup.Dtls.Cookie = true;
        TlsSession session = Assert.Single(setup.Connect().Sessions);
        Assert.Equal(3, counting.PublicKeyOperations);
        counting.Reset();

        DodPair resumed = setup.Connect(session);

        Assert.True(resumed.Dtls.IsResumed);
        Check("resumed, " + CipherSuite.Name(suite), counting);
    }

    [Theory]
    [InlineData(CipherSuite.PskAes128Ccm8)]
    [InlineData(CipherSuite.PskAes128GcmSha256)]
    public void PskAndQuery(int suite)
    {
        CountingCrypto counting = null!;
        DodSetup setup = new DodSetup(1, "MS", inner => counting = new CountingCrypto(inner)).WithPsk(suite);
        setup.Dtls.Cookie = true;

        DodPair pair = setup.Connect();

        Assert.True(pair.Dtls.UsedExternalPsk);
        Check("pre-shared key, " + CipherSuite.Name(suite), counting);
    }

    /// <summary>The counting itself: what the standards say for a few known messages.</summary>
    [Fact]
    public void BlocksAreCountedByTheStandards()
    {
        CountingCrypto counting = new(new ManagedProvider(new DprivEmbedded.Crypto.BouncyCastle.SystemRandomSource()));
        IHash hash = counting.CreateSha256();
        hash.Update(new byte[55], 0, 55);
        hash.Snapshot(new byte[32], 0);
        Assert.Equal(1, counting.HashBlocks);
        hash.Update(new byte[9], 0, 9);
        Assert.Equal(2, counting.HashBlocks);
        counting.Reset();
        IHmac hmac = counting.CreateHmacSha256();
        hmac.SetKey(new byte[32], 0, 32);
        Assert.Equal(2, counting.HashBlocks);
        hmac.Update(new byte[32], 0, 32);
        hmac.Finish(new byte[32], 0);
        hmac.SetKey(new byte[32], 0, 32);
        Assert.Equal(4, counting.HashBlocks);
        IAead ccm = counting.CreateAead(AeadAlgorithm.Aes128Ccm8);
        ccm.SetKey(new byte[16], 0);
        ccm.Seal(new byte[12], new byte[13], 0, 13, new byte[136], 0, 128);
        Assert.Equal(1 + 1 + 8 + 1 + 8, counting.AesBlocks);
    }

    private static void Check(string what, CountingCrypto counting)
    {
        Assert.Equal(0, counting.PublicKeyOperations);
        Assert.InRange(counting.HashBlocks, 20, Limit - 1);
        Assert.InRange(counting.AesBlocks, 10, Limit - 1);
        string row = $"| {what} | {counting.HashBlocks} | {counting.AesBlocks} |";
        Assert.True(File.ReadAllText(Document()).Contains(row + "\n", System.StringComparison.Ordinal), "docs/footprint.md lacks the row " + row);
    }

    private static string Document([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "docs", "footprint.md");
}
