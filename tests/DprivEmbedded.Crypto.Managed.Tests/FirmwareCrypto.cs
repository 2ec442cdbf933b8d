using System;
using System.Security.Cryptography;

namespace DprivEmbedded.Crypto.Managed.Tests;

/// <summary>AES and HMAC in place of a firmware's, on .NET's.</summary>
internal sealed class FirmwareCrypto : INativeAes128, INativeHmacSha256
{
    public int EcbCalls { get; private set; }

    public int CbcCalls { get; private set; }

    public int HmacCalls { get; private set; }

    public int LargestMessage { get; private set; }

    public void EncryptEcb(byte[] key, byte[] data, int offset, int count)
    {
        EcbCalls++;
        using Aes aes = Aes.Create();
        aes.Key = key;
        aes.EncryptEcb(data.AsSpan(offset, count).ToArray(), PaddingMode.None).CopyTo(data, offset);
    }

    public void EncryptCbc(byte[] key, byte[] iv, byte[] data, int offset, int count)
    {
        CbcCalls++;
        using Aes aes = Aes.Create();
        aes.Key = key;
        aes.EncryptCbc(data.AsSpan(offset, count).ToArray(), iv, PaddingMode.None).CopyTo(data, offset);
    }

    public void Compute(byte[] key, byte[] message, int offset, int count, byte[] output, int outputOffset)
    {
        HmacCalls++;
        LargestMessage = System.Math.Max(LargestMessage, count);
        HMACSHA256.HashData(key, message.AsSpan(offset, count), output.AsSpan(outputOffset, 32));
    }
}
