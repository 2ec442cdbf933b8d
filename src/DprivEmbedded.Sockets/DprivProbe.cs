using System;

namespace DprivEmbedded.Sockets;

/// <summary>What a probe of a server showed.</summary>
public sealed class DprivProbe
{
    internal DprivProbe(DprivServer server, bool supported, bool answered, TimeSpan? roundTrip)
    {
        Server = server;
        IsSupported = supported;
        IsAnswered = answered;
        RoundTrip = roundTrip;
    }

    /// <summary>The server.</summary>
    public DprivServer Server { get; }

    /// <summary>Whether there is an association whose server answers heartbeats; else nothing was sent.</summary>
    public bool IsSupported { get; }

    /// <summary>Whether the server answered: it still has the association.</summary>
    public bool IsAnswered { get; }

    /// <summary>The round trip time; null where the heartbeat had to be repeated or was not answered.</summary>
    public TimeSpan? RoundTrip { get; }
}
