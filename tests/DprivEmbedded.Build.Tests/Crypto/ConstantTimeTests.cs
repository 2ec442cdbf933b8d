using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using Xunit;

namespace DprivEmbedded.Build.Tests.Crypto;

/// <summary>
/// What the board's build does with a secret is the same whatever the secret is: the same instructions in the same order, at the same indices of the same arrays. What is compared
/// is a hash of all of them; the results are compared with those of the desktop's primitives, which shows that the work was done.
/// </summary>
public class ConstantTimeTests
{
    private static readonly byte[][] s_secrets = [new byte[32], [.. Enumerable.Repeat((byte)0xff, 32)], RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(32), [.. Enumerable.Range(100, 32).Select(i => (byte)i)]];

    [Theory]
    [InlineData(ManagedMachine.Gcm)]
    [InlineData(ManagedMachine.Ccm)]
    [InlineData(ManagedMachine.Ccm8)]
    [InlineData(ManagedMachine.ChaCha)]
    public void Aead(int algorithm)
    {
        var machine = new ManagedMachine();
        var traces = new HashSet<ulong>();
        int tagBytes = algorithm == ManagedMachine.Ccm8 ? 8 : 16;
        byte[] nonce = new byte[12];
        byte[] aad = new byte[13];
        foreach (byte[] secret in s_secrets)
        {
            byte[] plain = [.. secret, .. secret, .. secret.AsSpan(0, 9)];
            byte[] buffer = [.. plain, .. new byte[tagBytes]];
            object aead = machine.Make("CreateAead", algorithm);
            machine.Interpreter.Reset();
            machine.Interpreter.Call(aead, "SetKey", secret, 0);
            machine.Interpreter.Call(aead, "Seal", nonce, aad, 0, aad.Length, buffer, 0, plain.Length);
            Assert.Equal(Seal(algorithm, secret, nonce, aad, plain, tagBytes), buffer);
            Assert.Equal(1L, machine.Interpreter.Call(aead, "Open", nonce, aad, 0, aad.Length, buffer, 0, buffer.Length));
            Assert.Equal(plain, buffer[..plain.Length]);
            traces.Add(machine.Interpreter.Trace);
        }

        Assert.Single(traces);
    }

    [Fact]
    public void RefusedRecordsDoNotTellWhereTheyDiffer()
    {
        var machine = new ManagedMachine();
        var traces = new HashSet<ulong>();
        object aead = machine.Aead(ManagedMachine.Ccm8, s_secrets[2]);
        for (int wrong = 0; wrong < 28; wrong++)
        {
            byte[] buffer = new byte[28];
            machine.Interpreter.Call(aead, "Seal", new byte[12], new byte[5], 0, 5, buffer, 0, 20);
            buffer[wrong] ^= 0x40;
            machine.Interpreter.Reset();
            Assert.Equal(0L, machine.Interpreter.Call(aead, "Open", new byte[12], new byte[5], 0, 5, buffer, 0, 28));
            traces.Add(machine.Interpreter.Trace);
        }

        Assert.Single(traces);
    }

    [Fact]
    public void Hmac()
    {
        var machine = new ManagedMachine();
        var traces = new HashSet<ulong>();
        foreach (byte[] secret in s_secrets)
        {
            object hmac = machine.Make("CreateHmacSha256");
            byte[] output = new byte[32];
            machine.Interpreter.Reset();
            machine.Interpreter.Call(hmac, "SetKey", secret, 0, 32);
            machine.Interpreter.Call(hmac, "Update", secret, 0, 32);
            machine.Interpreter.Call(hmac, "Finish", output, 0);
            Assert.Equal(HMACSHA256.HashData(secret, secret), output);
            traces.Add(machine.Interpreter.Trace);
        }

        Assert.Single(traces);
    }

    [Theory]
    [InlineData(ManagedMachine.X25519, 32)]
    [InlineData(ManagedMachine.P256, 65)]
    public void KeyAgreement(int group, int publicBytes)
    {
        var machine = new ManagedMachine();
        var traces = new HashSet<ulong>();
        object other = machine.Make("CreateKeyAgreement", group);
        byte[] peer = new byte[publicBytes];
        machine.Interpreter.Call(other, "Generate", machine.Interpreter.Call(machine.Provider, "get_Random"), peer, 0);
        byte[] lowest = new byte[32];
        lowest[31] = 1;

        // For P-256 the scalars have to be from 1 to n - 1.
        byte[] highest = Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550");
        byte[] even = [.. s_secrets[4]];
        foreach (byte[] secret in new[] { lowest, highest, even, [.. s_secrets[4].Reverse()], [0x7f, .. s_secrets[2].AsSpan(1)], [0x80, .. s_secrets[3].AsSpan(1)] })
        {
            machine.Scalar = secret;
            object agreement = machine.Make("CreateKeyAgreement", group);
            byte[] own = new byte[publicBytes];
            byte[] shared = new byte[32];
            byte[] mirrored = new byte[32];
            machine.Interpreter.Reset();
            machine.Interpreter.Call(agreement, "Generate", machine.Interpreter.Call(machine.Provider, "get_Random"), own, 0);
            Assert.Equal(1L, machine.Interpreter.Call(agreement, "Agree", peer, 0, publicBytes, shared, 0));
            traces.Add(machine.Interpreter.Trace);
            Assert.Equal(1L, machine.Interpreter.Call(other, "Agree", own, 0, publicBytes, mirrored, 0));
            Assert.Equal(shared, mirrored);
        }

        Assert.Single(traces);
    }

    [Fact]
    public void DifferentWorkIsSeen()
    {
        var machine = new ManagedMachine();
        object hmac = machine.Hmac(s_secrets[2]);
        machine.Count(() => machine.Interpreter.Call(hmac, "SetKey", s_secrets[2], 0, 32));
        ulong same = machine.Interpreter.Trace;
        machine.Count(() => machine.Interpreter.Call(hmac, "SetKey", s_secrets[3], 0, 32));

        Assert.NotEqual(same, machine.Interpreter.Trace);
    }

    private static byte[] Seal(int algorithm, byte[] key, byte[] nonce, byte[] aad, byte[] plain, int tagBytes)
    {
        byte[] cipher = new byte[plain.Length];
        byte[] tag = new byte[tagBytes];
        if (algorithm == ManagedMachine.Gcm)
        {
            using var gcm = new AesGcm(key.AsSpan(0, 16), 16);
            gcm.Encrypt(nonce, plain, cipher, tag, aad);
        }
        else if (algorithm == ManagedMachine.ChaCha)
        {
            using var chacha = new ChaCha20Poly1305(key);
            chacha.Encrypt(nonce, plain, cipher, tag, aad);
        }
        else
        {
            using var ccm = new AesCcm(key.AsSpan(0, 16));
            ccm.Encrypt(nonce, plain, cipher, tag, aad);
        }

        return [.. cipher, .. tag];
    }
}
