using System;

namespace DprivEmbedded.Sockets;

/// <summary>A lookup that got no answer from any server.</summary>
public sealed class DprivException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="errorCode">The error of the last server, one of <see cref="Tls.TlsError"/> or <see cref="Association.DotError"/>.</param>
    /// <param name="message">What happened, server by server.</param>
    public DprivException(int errorCode, string message)
        : base(message)
    {
        ErrorCode = errorCode;
    }

    /// <summary>The error of the last server that was asked, one of <see cref="Tls.TlsError"/> or <see cref="Association.DotError"/>.</summary>
    public int ErrorCode { get; }

    /// <summary>Whether a server could not be authenticated.</summary>
    public bool IsAuthenticationFailure => ErrorCode is >= 100 and < 150;
}
