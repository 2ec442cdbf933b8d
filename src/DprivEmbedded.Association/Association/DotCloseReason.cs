namespace DprivEmbedded.Association;

/// <summary>Why a connection ended.</summary>
public static class DotCloseReason
{
    /// <summary>It has not.</summary>
    public const int None = 0;

    /// <summary>This side closed it: its idle time was over (RFC 7766 section 6.2.3).</summary>
    public const int Idle = 1;

    /// <summary>The server asked to drain (RFC 7828: a timeout of 0), and all answers are there.</summary>
    public const int Drained = 2;

    /// <summary>The caller closed it.</summary>
    public const int Caller = 3;

    /// <summary>The server closed it in an orderly way.</summary>
    public const int Server = 4;

    /// <summary>It failed: <see cref="DnsConversation.Error"/>.</summary>
    public const int Failed = 5;
}
