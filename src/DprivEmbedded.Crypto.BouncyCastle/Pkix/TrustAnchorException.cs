using System;

namespace DprivEmbedded.Crypto.BouncyCastle.Pkix;

/// <summary>Trust anchors could not be loaded. The message names the file and says why.</summary>
public sealed class TrustAnchorException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong with which file.</param>
    /// <param name="inner">The cause; may be null.</param>
    public TrustAnchorException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
