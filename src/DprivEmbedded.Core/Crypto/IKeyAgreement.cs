namespace DprivEmbedded.Crypto;

/// <summary>One ephemeral Diffie-Hellman key pair of a <see cref="NamedGroup"/>.</summary>
public interface IKeyAgreement
{
    /// <summary>The group's code point, one of <see cref="NamedGroup"/>.</summary>
    int Group { get; }

    /// <summary>Size of a public value in bytes: 32 for X25519, 65 (uncompressed point) for P-256.</summary>
    int PublicBytes { get; }

    /// <summary>Makes a new key pair, writes its public value and keeps the private one until <see cref="Clear"/>.</summary>
    /// <param name="random">Where the private value comes from.</param>
    /// <param name="output">Receives <see cref="PublicBytes"/> bytes at <paramref name="offset"/>.</param>
    /// <param name="offset">First byte to write.</param>
    void Generate(IRandomSource random, byte[] output, int offset);

    /// <summary>Computes the 32-byte shared secret with the peer's public value.</summary>
    /// <param name="peer">The peer's public value, from the network.</param>
    /// <param name="peerOffset">First byte.</param>
    /// <param name="peerCount">Number of bytes.</param>
    /// <param name="secret">Receives 32 bytes at <paramref name="secretOffset"/>.</param>
    /// <param name="secretOffset">First byte to write.</param>
    /// <returns>False where the peer's value has the wrong size or form, is not on the curve, or gives the all-zero secret (RFC 8446 section 7.4.2). Never throws on bad input.</returns>
    bool Agree(byte[] peer, int peerOffset, int peerCount, byte[] secret, int secretOffset);

    /// <summary>Zeroes the private value.</summary>
    void Clear();
}
