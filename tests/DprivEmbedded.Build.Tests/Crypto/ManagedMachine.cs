using System;
using System.Linq;
using DprivEmbedded.Build.Tests.Nano.Machine;

namespace DprivEmbedded.Build.Tests.Crypto;

/// <summary>The primitives of the netnano1.0 build of Crypto.Managed, interpreted.</summary>
internal sealed class ManagedMachine
{
    public const int Gcm = 1;
    public const int Ccm = 2;
    public const int Ccm8 = 3;
    public const int ChaCha = 4;
    public const int P256 = 23;
    public const int X25519 = 29;

    /// <summary>The provider itself.</summary>
    public object Provider { get; }

    public ManagedMachine()
    {
        Interpreter = new Interpreter(
            Repository.Built("src", "DprivEmbedded.Core", "Release", "netnano1.0"),
            Repository.Built("src", "DprivEmbedded.Crypto.Managed", "Release", "netnano1.0"));
        Provider = Interpreter.New("DprivEmbedded.Crypto.Managed.ManagedProvider", new Action<byte[], int, int>((buffer, offset, count) => Scalar.AsSpan(0, count).CopyTo(buffer.AsSpan(offset))));
    }

    public Interpreter Interpreter { get; }

    /// <summary>What the provider's random source gives.</summary>
    public byte[] Scalar { get; set; } = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public long Instructions => Interpreter.Instructions;

    /// <summary>Blocks of SHA-256.</summary>
    public long HashBlocks => Interpreter.Calls("Sha256.Compress");

    /// <summary>Runs of AES, each for up to four blocks.</summary>
    public long AesRuns => Interpreter.Calls("Aes128.Encrypt");

    public object Make(string name, params object?[] arguments) => Interpreter.Call(Provider, name, arguments)!;

    public object Aead(int algorithm, byte[] key)
    {
        object aead = Make("CreateAead", algorithm);
        Interpreter.Call(aead, "SetKey", key, 0);
        return aead;
    }

    public object Hmac(byte[] key)
    {
        object hmac = Make("CreateHmacSha256");
        Interpreter.Call(hmac, "SetKey", key, 0, key.Length);
        return hmac;
    }

    public bool Verify(int scheme, byte[] key, byte[] signature) =>
        (long)Interpreter.Call(Provider, "VerifySignature", scheme, key, 0, key.Length, SignedMessage.Message, 0, SignedMessage.Message.Length, signature, 0, signature.Length)! != 0;

    /// <summary>Runs something and gives the number of its instructions.</summary>
    public long Count(Action action)
    {
        Interpreter.Reset();
        action();
        return Instructions;
    }
}
