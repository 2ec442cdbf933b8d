using System;

namespace DprivEmbedded.Sockets;

/// <summary>What a probe of a server showed.</summary>
public sealed class DprivProbe
{
    internal DprivProbe(DprivServer server, int kind, bool answered, TimeSpan? roundTrip)
    {
        Server = server;
        Kind = kind;
        IsAnswered = answered;
        RoundTrip = roundTrip;
    }

    /// <summary>The server.</summary>
    public DprivServer Server { get; }

    /// <summary>How it was probed, one of <see cref="Association.ProbeKind"/>: a DTLS heartbeat, TCP's zero-length segment, or a small padded query where there is neither. <see cref="Association.ProbeKind.None"/> where there is no association: nothing was sent.</summary>
    public int Kind { get; }

    /// <summary>Whether there is an association to probe; else nothing was sent.</summary>
    public bool IsSupported => Kind != Association.ProbeKind.None;

    /// <summary>Whether the server answered: it still has the association. A keepalive segment within a second of the last one from the server is not sent: what came then is the answer.</summary>
    public bool IsAnswered { get; }

    /// <summary>The round trip time; null where a heartbeat had to be repeated, or nothing was answered.</summary>
    public TimeSpan? RoundTrip { get; }
}
