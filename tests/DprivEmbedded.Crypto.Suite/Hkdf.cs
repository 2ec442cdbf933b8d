using System;

namespace DprivEmbedded.Crypto.Suite;

/// <summary>HKDF on an IHmac, for the vectors. Source: RFC 5869 section 2.</summary>
internal static class Hkdf
{
    public static byte[] Extract(IHmac hmac, byte[] salt, byte[] ikm)
    {
        byte[] prk = new byte[32];
        hmac.SetKey(salt, 0, salt.Length);
        hmac.Update(ikm, 0, ikm.Length);
        hmac.Finish(prk, 0);
        return prk;
    }

    public static byte[] Expand(IHmac hmac, byte[] prk, byte[] info, int count)
    {
        byte[] okm = new byte[count];
        byte[] block = [];
        hmac.SetKey(prk, 0, prk.Length);
        for (int i = 0, done = 0; done < count; i++)
        {
            hmac.Update(block, 0, block.Length);
            hmac.Update(info, 0, info.Length);
            hmac.Update([(byte)(i + 1)], 0, 1);
            block = new byte[32];
            hmac.Finish(block, 0);
            int n = Math.Min(32, count - done);
            Array.Copy(block, 0, okm, done, n);
            done += n;
        }

        return okm;
    }
}
