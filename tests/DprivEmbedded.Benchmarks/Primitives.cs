namespace DprivEmbedded.Benchmarks;

/// <summary>Whose AEAD the client uses; everything else is BouncyCastle's.</summary>
public enum Primitives
{
    /// <summary>BouncyCastle's: what the library ships.</summary>
    BouncyCastle,

    /// <summary>The operating system's, which allocates nothing: what is left is the core's own.</summary>
    System,
}
