namespace DprivEmbedded.Crypto.Managed;

/// <summary>RSASSA-PKCS1-v1_5 and RSASSA-PSS with SHA-256, keys of 2048 to 4096 bits. Source: RFC 8017 sections 8.1.2 and 8.2.2.</summary>
internal static class RsaVerifier
{
    private const int MinBits = 2048;
    private const int MaxBits = 4096;

    /// <summary>Bounds the time of a verification; 65537 is what is in use.</summary>
    private const int MaxExponentBytes = 4;

    private const int DigestBytes = Sha256.DigestBytes;
    private const int SaltBytes = 32;
    private const int PssTrailer = 0xbc;

    /// <summary>DigestInfo of SHA-256 up to the digest. Source: RFC 8017 section 9.2 note 1.</summary>
    private static readonly byte[] s_digestInfo =
    {
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
    };

    /// <summary>The algorithm identifier's OID, rsaEncryption, with tag and length. Source: RFC 8017 appendix A.1.</summary>
    private static readonly byte[] s_rsaEncryption = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };

    public static bool Verify(bool pss, byte[] spki, int spkiOffset, int spkiCount, byte[] digest, byte[] signature, int signatureOffset, int signatureCount)
    {
        DerReader reader = new DerReader(spki, spkiOffset, spkiCount);
        EnterKey(reader, spki);
        reader.ReadPositive();
        int at = reader.Offset;
        int count = reader.Count;
        reader.Skip();
        reader.ReadPositive();
        byte[] exponent = new byte[reader.Failed ? 0 : reader.Count];
        if (reader.Failed || exponent.Length > MaxExponentBytes || count > MaxBits / 8 || count < MinBits / 8)
            return false;

        System.Array.Copy(spki, reader.Offset, exponent, 0, exponent.Length);
        reader.Skip();
        bool fits = reader.AtEnd && (spki[at + count - 1] & 1) != 0 && (exponent[exponent.Length - 1] & 1) != 0 && (exponent.Length > 1 || exponent[0] > 1);
        if (!fits || signatureCount != count || (count == MinBits / 8 && spki[at] < 0x80))
            return false;

        Modulus modulus = new Modulus(spki, at, count);
        ulong[] x = new ulong[modulus.Limbs];
        ulong[] y = new ulong[modulus.Limbs];
        ulong[] z = new ulong[modulus.Limbs];
        modulus.Load(signature, signatureOffset, signatureCount, x);
        if (!modulus.IsReduced(x))
            return false;

        modulus.ToMontgomery(y, x);
        modulus.Power(x, y, exponent, z);
        System.Array.Clear(y, 0, y.Length);
        y[0] = 1;
        modulus.Multiply(z, x, y);
        byte[] encoded = new byte[count];
        modulus.Store(z, encoded, 0, count);
        return pss ? CheckPss(encoded, modulus.Bits - 1, digest) : CheckPkcs1(encoded, digest);
    }

    /// <summary>Goes to the modulus: SubjectPublicKeyInfo, AlgorithmIdentifier, BIT STRING, RSAPublicKey.</summary>
    private static void EnterKey(DerReader reader, byte[] spki)
    {
        reader.EnterLast(DerReader.TagSequence);
        reader.Read(DerReader.TagSequence);

        // Parameters are NULL (RFC 3279 section 2.3.1); some encoders leave them out.
        int at = reader.Offset;
        int more = reader.Count - s_rsaEncryption.Length;
        bool known = more == 0 || (more == 2 && spki[at + s_rsaEncryption.Length] == DerReader.TagNull && spki[at + s_rsaEncryption.Length + 1] == 0);
        for (int i = 0; i < s_rsaEncryption.Length && known; i++)
            known = spki[at + i] == s_rsaEncryption[i];

        reader.Skip();
        if (!known)
        {
            reader.Fail();
            return;
        }

        reader.EnterLast(DerReader.TagBitString);
        reader.SkipZero();
        reader.EnterLast(DerReader.TagSequence);
    }

    /// <summary>Compares with the one right encoding instead of parsing what the signature holds.</summary>
    private static bool CheckPkcs1(byte[] encoded, byte[] digest)
    {
        int digestAt = encoded.Length - DigestBytes;
        int infoAt = digestAt - s_digestInfo.Length;
        int wrong = encoded[0] | (encoded[1] ^ 1) | encoded[infoAt - 1];
        for (int i = 2; i < infoAt - 1; i++)
            wrong |= encoded[i] ^ 0xff;

        for (int i = 0; i < s_digestInfo.Length; i++)
            wrong |= encoded[infoAt + i] ^ s_digestInfo[i];

        return wrong == 0 && ConstantTime.AreEqual(encoded, digestAt, digest, 0, DigestBytes);
    }

    /// <summary>EMSA-PSS-VERIFY with a salt of 32 bytes. Source: RFC 8017 section 9.1.2.</summary>
    private static bool CheckPss(byte[] encoded, int bits, byte[] digest)
    {
        int start = encoded.Length - ((bits + 7) / 8);
        if (start > 0 && encoded[0] != 0)
            return false;

        int hashAt = encoded.Length - 1 - DigestBytes;
        int topMask = 0xff >> ((8 * (encoded.Length - start)) - bits);
        if (encoded[encoded.Length - 1] != PssTrailer || (encoded[start] & ~topMask) != 0)
            return false;

        Sha256 hash = new Sha256();
        Unmask(hash, encoded, start, hashAt);
        encoded[start] = (byte)(encoded[start] & topMask);
        int saltAt = hashAt - SaltBytes;
        int wrong = encoded[saltAt - 1] ^ 1;
        for (int i = start; i < saltAt - 1; i++)
            wrong |= encoded[i];

        byte[] expected = new byte[DigestBytes];
        hash.Reset();
        hash.Update(expected, 0, 8);
        hash.Update(digest, 0, DigestBytes);
        hash.Update(encoded, saltAt, SaltBytes);
        hash.Finish(expected, 0);
        return wrong == 0 && ConstantTime.AreEqual(encoded, hashAt, expected, 0, DigestBytes);
    }

    /// <summary>Takes the mask, MGF1 of the hash behind it, off the data block. Source: RFC 8017 appendix B.2.1.</summary>
    private static void Unmask(Sha256 hash, byte[] encoded, int start, int hashAt)
    {
        byte[] counter = new byte[4];
        byte[] block = new byte[DigestBytes];
        for (int at = start; at < hashAt; at += DigestBytes)
        {
            hash.Reset();
            hash.Update(encoded, hashAt, DigestBytes);
            hash.Update(counter, 0, 4);
            hash.Finish(block, 0);
            counter[3]++;
            for (int i = 0; i < DigestBytes && at + i < hashAt; i++)
                encoded[at + i] ^= block[i];
        }
    }
}
