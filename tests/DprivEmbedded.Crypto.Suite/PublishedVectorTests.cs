using System;
using System.Linq;
using System.Text;
using Xunit;

namespace DprivEmbedded.Crypto.Suite;

/// <summary>The vectors of RFCs and NIST publications, typed in.</summary>
public class PublishedVectorTests
{
    private static readonly ICryptoProvider s_provider = Tested.NewProvider();

    [Theory]
    // FIPS 180-4 examples
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void Sha256(string message, string digest)
    {
        byte[] data = Encoding.ASCII.GetBytes(message);
        IHash hash = s_provider.CreateSha256();
        byte[] output = new byte[34];
        hash.Update(data, 0, data.Length);
        hash.Snapshot(output, 1);
        Assert.Equal("00" + digest + "00", Convert.ToHexStringLower(output));

        // The running state survives a snapshot at every point.
        hash.Reset();
        foreach (byte b in data)
        {
            hash.Update([b], 0, 1);
            hash.Snapshot(output, 0);
        }

        hash.Snapshot(output, 1);
        Assert.Equal(digest, Convert.ToHexStringLower(output, 1, 32));
    }

    [Theory]
    // RFC 4231 sections 4.2 to 4.5, 4.7, 4.8
    [InlineData("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")]
    [InlineData("4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd", "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")]
    [InlineData("0102030405060708090a0b0c0d0e0f10111213141516171819", "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd", "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")]
    [InlineData("aa*131", "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")]
    [InlineData("aa*131", "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e", "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2")]
    public void HmacSha256(string key, string message, string tag)
    {
        byte[] keyBytes = key == "aa*131" ? Enumerable.Repeat((byte)0xaa, 131).ToArray() : Convert.FromHexString(key);
        byte[] data = Convert.FromHexString(message);
        IHmac hmac = s_provider.CreateHmacSha256();
        byte[] output = new byte[32];
        hmac.SetKey(keyBytes, 0, keyBytes.Length);
        hmac.Update(data, 0, data.Length);
        hmac.Finish(output, 0);
        Assert.Equal(tag, Convert.ToHexStringLower(output));

        // Finish started a new message under the same key.
        hmac.Update(data, 0, 3);
        hmac.Update(data, 3, data.Length - 3);
        hmac.Finish(output, 0);
        Assert.Equal(tag, Convert.ToHexStringLower(output));
    }

    [Fact]
    public void HkdfOfRfc5869Case1()
    {
        IHmac hmac = s_provider.CreateHmacSha256();
        byte[] prk = Hkdf.Extract(hmac, Convert.FromHexString("000102030405060708090a0b0c"), Convert.FromHexString("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"));
        Assert.Equal("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5", Convert.ToHexStringLower(prk));
        byte[] okm = Hkdf.Expand(hmac, prk, Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9"), 42);
        Assert.Equal("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865", Convert.ToHexStringLower(okm));
    }

    [Theory]
    // GCM: test cases 4 and 1 of the submission to NIST (McGrew and Viega, appendix B)
    [InlineData(AeadAlgorithm.Aes128Gcm, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39", "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47")]
    [InlineData(AeadAlgorithm.Aes128Gcm, "00000000000000000000000000000000", "000000000000000000000000", "", "", "58e2fccefa7e3061367f1d57a4e7455a")]
    // NIST SP 800-38C example 3: 12-byte nonce, 8-byte tag
    [InlineData(AeadAlgorithm.Aes128Ccm8, "404142434445464748494a4b4c4d4e4f", "101112131415161718191a1b", "000102030405060708090a0b0c0d0e0f10111213", "202122232425262728292a2b2c2d2e2f3031323334353637", "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951")]
    // RFC 8439 section 2.8.2
    [InlineData(AeadAlgorithm.ChaCha20Poly1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7", "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069742e", "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691")]
    public void Aead(int algorithm, string key, string nonce, string aad, string plain, string cipher)
    {
        IAead aead = s_provider.CreateAead(algorithm)!;
        byte[] keyBytes = Convert.FromHexString(key);
        byte[] nonceBytes = Convert.FromHexString(nonce);
        byte[] aadBytes = Convert.FromHexString(aad);
        byte[] plainBytes = Convert.FromHexString(plain);
        Assert.Equal(keyBytes.Length, aead.KeyBytes);
        Assert.Equal((cipher.Length - plain.Length) / 2, aead.TagBytes);

        byte[] buffer = new byte[plainBytes.Length + aead.TagBytes + 2];
        plainBytes.CopyTo(buffer, 1);
        aead.SetKey(keyBytes, 0);
        aead.Seal(nonceBytes, aadBytes, 0, aadBytes.Length, buffer, 1, plainBytes.Length);
        Assert.Equal("00" + cipher + "00", Convert.ToHexStringLower(buffer));

        Assert.True(aead.Open(nonceBytes, aadBytes, 0, aadBytes.Length, buffer, 1, plainBytes.Length + aead.TagBytes));
        Assert.Equal(plain, Convert.ToHexStringLower(buffer, 1, plainBytes.Length));
    }

    [Theory]
    // RFC 7748 section 5.2, the vectors for X25519
    [InlineData("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")]
    [InlineData("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493", "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")]
    public void X25519(string scalar, string point, string result)
    {
        IKeyAgreement agreement = s_provider.CreateKeyAgreement(NamedGroup.X25519)!;
        byte[] output = new byte[32];
        agreement.Generate(new FixedRandom(Convert.FromHexString(scalar)), output, 0);
        byte[] secret = new byte[32];
        Assert.True(agreement.Agree(Convert.FromHexString(point), 0, 32, secret, 0));
        Assert.Equal(result, Convert.ToHexStringLower(secret));
    }

    [Theory]
    // RFC 7748 section 6.1
    [InlineData(
        NamedGroup.X25519,
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")]
    // RFC 5903 section 8.1
    [InlineData(
        NamedGroup.Secp256r1,
        "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
        "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c37725811805271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
        "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
        "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
        "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de")]
    public void KeyAgreement(int group, string privateA, string publicA, string privateB, string publicB, string shared)
    {
        IKeyAgreement a = s_provider.CreateKeyAgreement(group)!;
        IKeyAgreement b = s_provider.CreateKeyAgreement(group)!;
        byte[] outputA = new byte[a.PublicBytes];
        byte[] outputB = new byte[b.PublicBytes];
        a.Generate(new FixedRandom(Convert.FromHexString(privateA)), outputA, 0);
        b.Generate(new FixedRandom(Convert.FromHexString(privateB)), outputB, 0);
        Assert.Equal(publicA, Convert.ToHexStringLower(outputA));
        Assert.Equal(publicB, Convert.ToHexStringLower(outputB));

        byte[] secret = new byte[32];
        Assert.True(a.Agree(outputB, 0, outputB.Length, secret, 0));
        Assert.Equal(shared, Convert.ToHexStringLower(secret));
        Assert.True(b.Agree(outputA, 0, outputA.Length, secret, 0));
        Assert.Equal(shared, Convert.ToHexStringLower(secret));
    }
}
