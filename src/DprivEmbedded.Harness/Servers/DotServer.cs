using System;
using System.Collections.Generic;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Harness;

/// <summary>A DNS-over-TLS server (RFC 7858) without sockets, clocks and threads: what its connections share.</summary>
/// <remarks>
/// Each accepted connection is a <see cref="DotConnection"/>; its documentation says in which order to drain it. Not thread-safe: the
/// driver serialises all calls to a server and its connections.
/// </remarks>
public sealed class DotServer
{
    private readonly List<DotConnection> _connections = [];

    /// <summary>Makes a server.</summary>
    /// <param name="crypto">Where the primitives come from.</param>
    /// <param name="responder">Answers the queries.</param>
    /// <param name="options">How it behaves; not copied.</param>
    public DotServer(ICryptoProvider crypto, IDnsResponder responder, DotServerOptions options)
        : this(crypto, options)
    {
        Responder = responder;
    }

    /// <summary>Makes a server whose answers come later.</summary>
    /// <param name="crypto">Where the primitives come from.</param>
    /// <param name="responder">Answers the queries; edns-tcp-keepalive is not announced then.</param>
    /// <param name="options">How it behaves; not copied.</param>
    public DotServer(ICryptoProvider crypto, IDeferredDnsResponder responder, DotServerOptions options)
        : this(crypto, options)
    {
        Deferred = responder;
    }

    private DotServer(ICryptoProvider crypto, DotServerOptions options)
    {
        Crypto = crypto;
        Options = options;
        State = new ServerState(crypto);
        Lot = new Random(options.Seed);
    }

    /// <summary>How the server behaves; may be changed at any time.</summary>
    public DotServerOptions Options { get; }

    /// <summary>Ticket keys, kept sessions, PSKs.</summary>
    public ServerState State { get; }

    /// <summary>What the server has seen.</summary>
    public DotServerCounters Counters { get; } = new();

    /// <summary>The connections that have not ended, oldest first.</summary>
    public IReadOnlyList<DotConnection> Connections => _connections;

    internal ICryptoProvider Crypto { get; }

    internal IDnsResponder? Responder { get; }

    internal IDeferredDnsResponder? Deferred { get; }

    /// <summary>Brings an answer that came later back to the driver, with the time; null where the driver needs no such help.</summary>
    internal Action<Action<long>>? Post { get; set; }

    internal Random Lot { get; }

    /// <summary>Accepts a connection.</summary>
    /// <param name="nowMs">Now, in milliseconds.</param>
    /// <returns>The connection, or null where it is refused: the transport answers with a RST.</returns>
    public DotConnection? Accept(long nowMs)
    {
        if (Options.RefuseConnections)
        {
            Counters.Refused++;
            return null;
        }

        Counters.Connections++;
        DotConnection connection = new(this, nowMs);
        _connections.Add(connection);
        return connection;
    }

    /// <summary>The server crashes and starts again: ticket keys, session ids and connections are gone.</summary>
    /// <param name="manner">What the old connections' clients see: <see cref="CloseManner.Forget"/> (power cut: a RST once they send), <see cref="CloseManner.Reset"/> or <see cref="CloseManner.Fin"/>
    /// (the process died and its system lives), or <see cref="CloseManner.Silence"/> (it came back elsewhere).</param>
    /// <exception cref="ArgumentException"><paramref name="manner"/> is <see cref="CloseManner.Notify"/>: a crashed server says no goodbye.</exception>
    public void LoseState(CloseManner manner = CloseManner.Forget)
    {
        if (manner == CloseManner.Notify)
            throw new ArgumentException("A server that loses its state sends no close_notify.", nameof(manner));

        State.LoseState();
        LoseConnections(manner);
    }

    /// <summary>The server loses its connections and keeps ticket keys and session ids, as where a farm shares them: a client that comes back resumes.</summary>
    /// <param name="manner">What the old connections' clients see, as for <see cref="LoseState"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="manner"/> is <see cref="CloseManner.Notify"/>.</exception>
    public void LoseConnections(CloseManner manner = CloseManner.Forget)
    {
        if (manner == CloseManner.Notify)
            throw new ArgumentException("A server that loses its state sends no close_notify.", nameof(manner));

        foreach (DotConnection connection in _connections.ToArray())
            connection.End(manner);
    }

    internal void Remove(DotConnection connection)
    {
        _connections.Remove(connection);
    }
}
