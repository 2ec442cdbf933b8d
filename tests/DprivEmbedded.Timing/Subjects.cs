using System;
using System.Collections.Generic;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Timing;

/// <summary>What is measured: the comparison of secrets, and the primitives of any provider.</summary>
internal static class Subjects
{
    private const int Inputs = 256;

    /// <summary>A comparison that leaks, and one of a class with itself: without them a result says nothing.</summary>
    public static IEnumerable<Subject> Controls()
    {
        byte[] a = new byte[32];
        byte[] b = new byte[32];
        int sink = 0;
        yield return new Subject("control: a comparison that stops at the first difference, 32 bytes", "differs in the first or in the last byte", Pairs(a, b, 0, 31), () => sink += Leaky(a, b) ? 1 : 0, 64, true);
        yield return new Subject("control: the same in both classes", "differs in the last byte in both", Pairs(a, b, 31, 31), () => sink += Leaky(a, b) ? 1 : 0, 64, false);
    }

    /// <summary><see cref="ConstantTime"/> and what compares pins and Finished.</summary>
    public static IEnumerable<Subject> Comparisons()
    {
        foreach (int bytes in new[] { 12, 16, 32 })
        {
            byte[] a = new byte[bytes];
            byte[] b = new byte[bytes];
            int sink = 0;
            yield return new Subject("ConstantTime.AreEqual, " + bytes + " bytes", "differs in the first or in the last byte", Pairs(a, b, 0, bytes - 1), () => sink += ConstantTime.AreEqual(a, 0, b, 0, bytes) ? 1 : 0, 64);
            yield return new Subject("ConstantTime.AreEqual, " + bytes + " bytes", "equal or different in one byte", Pairs(a, b, -1, bytes / 2), () => sink += ConstantTime.AreEqual(a, 0, b, 0, bytes) ? 1 : 0, 64);
        }
    }

    /// <summary>The primitives of a provider. Fixed against random: whether the time depends on the value.</summary>
    /// <param name="name">The provider's name.</param>
    /// <param name="make">Makes it around a random source, which decides on the private values of key agreements.</param>
    public static IEnumerable<Subject> Primitives(string name, Func<IRandomSource, ICryptoProvider> make)
    {
        ChosenRandom random = new();
        ICryptoProvider provider = make(random);
        foreach ((int algorithm, string text) in new[] { (AeadAlgorithm.Aes128Gcm, "AES-128-GCM"), (AeadAlgorithm.Aes128Ccm8, "AES-128-CCM_8"), (AeadAlgorithm.ChaCha20Poly1305, "ChaCha20-Poly1305") })
        {
            IAead aead = provider.CreateAead(algorithm);
            if (aead == null)
                continue;

            foreach (Subject subject in Aeads(name + ", " + text, aead))
                yield return subject;
        }

        foreach ((int group, string text) in new[] { (NamedGroup.X25519, "X25519"), (NamedGroup.Secp256r1, "P-256") })
        {
            IKeyAgreement own = provider.CreateKeyAgreement(group);
            if (own == null)
                continue;

            IKeyAgreement peer = provider.CreateKeyAgreement(group);
            byte[] peerValue = new byte[peer.PublicBytes];
            peer.Generate(random, peerValue, 0);
            byte[] value = new byte[own.PublicBytes];
            byte[] secret = new byte[32];
            yield return new Subject(name + ", " + text + ", Agree", "a fixed or a random private value", c =>
            {
                random.Fixed = c == 0;
                own.Generate(random, value, 0);
                random.Fixed = false;
            }, () => own.Agree(peerValue, 0, peerValue.Length, secret, 0), 1);
            yield return new Subject(name + ", " + text + ", Generate", "a fixed or a random private value", c => random.Fixed = c == 0, () => own.Generate(random, value, 0), 1);
        }

        IHmac hmac = provider.CreateHmacSha256();
        Action<int, byte[]> choose = Choice(Values(32, 11));
        byte[] key = new byte[32];
        byte[] other = new byte[32];
        byte[] message = new byte[32];
        byte[] tag = new byte[32];
        yield return new Subject(name + ", HMAC-SHA-256 with its key", "a fixed or a random key", c =>
        {
            // Another key stands between: to set the one that is there already may cost less, and that is known to whoever sets it.
            hmac.SetKey(other, 0, 32);
            choose(c, key);
        }, () =>
        {
            hmac.SetKey(key, 0, 32);
            hmac.Update(message, 0, 32);
            hmac.Finish(tag, 0);
        }, 1);
    }

    private static IEnumerable<Subject> Aeads(string name, IAead aead)
    {
        const int content = 128;
        byte[][] keys = Values(aead.KeyBytes, 5);
        byte[][] texts = Values(content, 6);
        byte[] nonce = new byte[12];
        byte[] aad = new byte[13];
        byte[] key = new byte[aead.KeyBytes];
        byte[] record = new byte[content + aead.TagBytes];
        byte[] good = new byte[content + aead.TagBytes];
        Action<int, byte[]> chooseKey = Choice(keys);
        Action<int, byte[]> chooseText = Choice(texts);

        yield return new Subject(name + ", Seal of " + content + " bytes", "a fixed or a random key", c =>
        {
            chooseKey(c, key);
            texts[0].CopyTo(record, 0);
            aead.SetKey(key, 0);
        }, () => aead.Seal(nonce, aad, 0, 13, record, 0, content), 1);
        yield return new Subject(name + ", Seal of " + content + " bytes", "a fixed or a random text", c =>
        {
            keys[0].CopyTo(key, 0);
            chooseText(c, record);
            aead.SetKey(key, 0);
        }, () => aead.Seal(nonce, aad, 0, 13, record, 0, content), 1);

        aead.SetKey(keys[0], 0);
        texts[0].CopyTo(good, 0);
        aead.Seal(nonce, aad, 0, 13, good, 0, content);
        byte[][] forged = [(byte[])good.Clone(), (byte[])good.Clone()];
        forged[0][content] ^= 1;
        forged[1][content + aead.TagBytes - 1] ^= 1;
        yield return new Subject(name + ", Open of a forged record", "the tag differs in its first or in its last byte", c =>
        {
            aead.SetKey(keys[0], 0);
            forged[c].CopyTo(record, 0);
        }, () => aead.Open(nonce, aad, 0, 13, record, 0, record.Length), 1);
    }

    /// <summary>Puts the fixed value or a random one in place, with the same reads and writes for both: only what is in the target differs.</summary>
    private static Action<int, byte[]> Choice(byte[][] values)
    {
        byte[][] pair = [new byte[values[0].Length], new byte[values[0].Length]];
        int at = 0;
        return (c, target) =>
        {
            at = 1 + at % (Inputs - 1);
            values[0].CopyTo(pair[0], 0);
            values[at].CopyTo(pair[1], 0);
            pair[c].CopyTo(target, 0);
        };
    }

    private static byte[][] Values(int bytes, int seed)
    {
        Random random = new(seed);
        byte[][] values = new byte[Inputs][];
        for (int i = 0; i < Inputs; i++)
        {
            values[i] = new byte[bytes];
            random.NextBytes(values[i]);
        }

        return values;
    }

    /// <summary>Inputs of both classes for a comparison, made before: to put one in place is a copy, without a branch that the processor could learn.</summary>
    private static Action<int> Pairs(byte[] a, byte[] b, int first, int second)
    {
        byte[][] values = [new byte[a.Length], new byte[a.Length], new byte[a.Length]];
        for (int i = 0; i < a.Length; i++)
            values[0][i] = values[1][i] = values[2][i] = (byte)(7 * i);

        if (first >= 0)
            values[1][first] ^= 1;
        if (second >= 0)
            values[2][second] ^= 1;

        return c =>
        {
            values[0].CopyTo(a, 0);
            values[1 + c].CopyTo(b, 0);
        };
    }

    private static bool Leaky(byte[] a, byte[] b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] != b[i])
                return false;
        }

        return true;
    }

    /// <summary>Random bytes, or always the same ones.</summary>
    private sealed class ChosenRandom : IRandomSource
    {
        private readonly Random _random = new(3);

        public bool Fixed { get; set; }

        public void Fill(byte[] buffer, int offset, int count)
        {
            // The same work in both cases: what is drawn is taken or masked away.
            _random.NextBytes(buffer.AsSpan(offset, count));
            int mask = Fixed ? 0 : 0xFF;
            for (int i = 0; i < count; i++)
                buffer[offset + i] = (byte)((buffer[offset + i] & mask) | ((31 * i + 5) & ~mask));
        }
    }
}
