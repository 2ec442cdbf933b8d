using System;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Fuzz;

/// <summary>A key agreement that takes any value of the right size and agrees on zeros.</summary>
internal sealed class NullKeyAgreement(int group) : IKeyAgreement
{
    public int Group => group;

    public int PublicBytes => group == NamedGroup.X25519 ? 32 : 65;

    public void Generate(IRandomSource random, byte[] output, int offset)
    {
        random.Fill(output, offset, PublicBytes);
        if (group == NamedGroup.Secp256r1)
            output[offset] = 4;
    }

    public bool Agree(byte[] peer, int peerOffset, int peerCount, byte[] secret, int secretOffset)
    {
        _ = peer.AsSpan(peerOffset, peerCount);
        secret.AsSpan(secretOffset, 32).Clear();
        return peerCount == PublicBytes;
    }

    public void Clear()
    {
    }
}
