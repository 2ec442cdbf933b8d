using System;
using System.Security.Cryptography;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Core.Tests.Support;

/// <summary>The operating system's random source.</summary>
public sealed class SystemRandom : IRandomSource
{
    public void Fill(byte[] buffer, int offset, int count)
    {
        RandomNumberGenerator.Fill(buffer.AsSpan(offset, count));
    }
}
