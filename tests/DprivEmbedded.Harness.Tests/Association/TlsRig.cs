using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Harness.Tests.Pair;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Tests.Association;

/// <summary>An association over TLS. TCP's own handshake costs a round trip, unless Fast Open takes it.</summary>
internal sealed class TlsRig : AssociationRig
{
    private readonly List<Channel> _channels = [];
    private readonly Channel?[] _paths = new Channel?[2];
    private readonly byte[] _wire = new byte[20_000];

    public TlsRig(int version = ProtocolVersion.Tls13, int seed = 1, IDnsResponder? responder = null)
        : base(new VirtualClock(1000))
    {
        Setup = new PairSetup(seed, "SS").WithVersion(version);
        Setup.Client.Groups = [NamedGroup.Secp256r1];
        Setup.Client.Tickets = true;
        Server = new DotServer(Setup.ServerCrypto, responder ?? new ZoneResponder(DemoZone.Create()), new DotServerOptions { Tls = Setup.Server, IdleTimeoutMs = -1, AdvertisedKeepaliveMs = -1, Seed = seed + 77 });
    }

    public PairSetup Setup { get; }

    public DotServer Server { get; }

    /// <summary>One-way latency.</summary>
    public int LatencyMs { get; set; } = 50;

    public DotSessionOptions Session { get; } = new();

    /// <summary>Whether the peer and the path take data in SYNs.</summary>
    public bool FastOpenWorks { get; set; } = true;

    /// <summary>Whether connections can be made.</summary>
    public bool IsUnreachable { get; set; }

    protected override ICryptoProvider Crypto => Setup.ClientCrypto;

    protected override long NetworkDueMs
    {
        get
        {
            long due = long.MaxValue;
            foreach (Channel channel in _channels)
            {
                due = Math.Min(due, channel.Link.NextDueMs);
                if (channel.OpensMs != long.MaxValue)
                    due = Math.Min(due, channel.OpensMs);
                if (channel.AliveMs != long.MaxValue)
                    due = Math.Min(due, channel.AliveMs);
                if (channel.Connection != null)
                    due = Math.Min(due, channel.Connection.NextWakeMs);
            }

            return due;
        }
    }

    public override DotSession CreateDot(int maxQueries, int maxQueryBytes)
    {
        Session.MaxQueries = maxQueries;
        Session.MaxQueryBytes = maxQueryBytes;
        return new DotSession(Session, Setup.NewClient(), Setup.ClientCrypto, new byte[65535]);
    }

    public override DodSession CreateDod(int maxQueries, int maxQueryBytes) => throw new NotSupportedException();

    /// <summary>The server, or a NAT before it, forgot every connection: the next bytes are answered by RST. Tickets stay valid.</summary>
    public void Forget()
    {
        foreach (DotConnection connection in Server.Connections.ToArray())
            connection.End(CloseManner.Forget);
    }

    /// <summary>A NAT that forgot drops everything of the connections there are, in silence.</summary>
    public void DropSilently()
    {
        foreach (Channel channel in _channels)
            channel.Link.Cut();
    }

    /// <summary>A RST reaches both ends of every connection that was made.</summary>
    public void ResetAll()
    {
        foreach (Channel channel in _channels)
        {
            if (channel.Connection != null)
                channel.Link.Reset();
        }
    }

    /// <inheritdoc/>
    public override bool IsDeaf
    {
        get => base.IsDeaf;
        protected set
        {
            base.IsDeaf = value;
            foreach (Channel channel in _channels)
                channel.Link.Down.IsStalled = value;
        }
    }

    public override int Exchange(int path, byte[] wire, int count, long nowMs)
    {
        DotConnection connection = _paths[path]!.Connection!;
        connection.Receive(wire, 0, count, nowMs);
        return connection.Transmit(wire, 0, wire.Length);
    }

    public override void Roam()
    {
        DropSilently();
        Core.NetworkChanged(Clock.NowMs);
        Drive();
    }

    /// <summary>The server closes what is idle.</summary>
    public void CloseIdle(CloseManner manner)
    {
        foreach (DotConnection connection in Server.Connections.ToArray())
        {
            if (connection.PendingAnswers == 0 && connection.Tls.HandshakeComplete)
                connection.End(manner);
        }

        MoveServer();
    }

    protected override void OpenPath(int path, bool fastOpen)
    {
        Channel channel = new(path, new DuplexLink(Clock, LatencyMs, Setup.Seed + _channels.Count)) { OpensMs = fastOpen && FastOpenWorks ? Clock.NowMs : Clock.NowMs + 2 * LatencyMs };
        _channels.Add(channel);
        _paths[path] = channel;
        if (fastOpen)
        {
            // Without Fast Open on the way the first data waits for the SYN-ACK.
            channel.Held = !FastOpenWorks;
            Core.PathFastOpenUsed(path, FastOpenWorks);
            if (FastOpenWorks)
                Accept(channel);

            Core.PathOpened(path, Clock.NowMs);
        }
    }

    protected override void ClosePath(int path)
    {
        Channel? channel = _paths[path];
        _paths[path] = null;
        if (channel != null && channel.OpensMs != long.MaxValue && channel.Connection == null)
            channel.OpensMs = long.MaxValue;

        channel?.Link.Up.SendEnd(TransportEnd.Fin);
    }

    protected override void MovePath(int path) => throw new NotSupportedException();

    protected override void ProbePath(int path)
    {
        Channel channel = _paths[path]!;
        Probes++;
        if (channel.Link.Up.IsCut)
            return;
        if (channel.Connection != null && Server.Connections.Contains(channel.Connection))
            channel.AliveMs = Clock.NowMs + 2 * LatencyMs;
        else
            channel.Link.Down.SendEnd(TransportEnd.Reset);
    }

    public int Probes { get; private set; }

    /// <summary>Is told when the client sends; null for none.</summary>
    public Action<long>? OnSend { get; set; }

    protected override void Send(int path, byte[] data, int count)
    {
        Channel? channel = _paths[path];
        if (channel == null)
            return;

        OnSend?.Invoke(Clock.NowMs);
        if (channel.Held)
            channel.Waiting.Add(data[..count]);
        else
            channel.Link.Up.Send(data, 0, count);
    }

    protected override void MoveNetwork()
    {
        foreach (Channel channel in _channels.ToArray())
        {
            Open(channel);
            DeliverUp(channel);
            DeliverDown(channel);
        }
    }

    protected override void MoveServer()
    {
        foreach (Channel channel in _channels)
            PumpServer(channel);
    }

    private void Accept(Channel channel)
    {
        channel.OpensMs = long.MaxValue;
        channel.Connection = IsUnreachable ? null : Server.Accept(Clock.NowMs);
    }

    private void Open(Channel channel)
    {
        if (Clock.NowMs >= channel.AliveMs)
        {
            channel.AliveMs = long.MaxValue;
            if (_paths[channel.Path] == channel)
                Core.PathAlive(channel.Path, Clock.NowMs);

            Drive();
        }

        if (Clock.NowMs < channel.OpensMs)
            return;

        Accept(channel);
        if (_paths[channel.Path] != channel)
            return;

        if (channel.Held)
        {
            channel.Held = false;
            foreach (byte[] data in channel.Waiting)
                channel.Link.Up.Send(data, 0, data.Length);
        }
        else if (channel.Connection == null)
        {
            _paths[channel.Path] = null;
            Core.PathClosed(channel.Path, true, Clock.NowMs);
        }
        else
            Core.PathOpened(channel.Path, Clock.NowMs);

        Drive();
    }

    private void DeliverUp(Channel channel)
    {
        int count;
        while ((count = channel.Link.Up.Receive(_wire, 0, _wire.Length)) > 0)
        {
            if (channel.Connection == null)
                channel.Link.Down.SendEnd(TransportEnd.Reset);
            else
                channel.Connection.Receive(_wire, 0, count, Clock.NowMs);
        }

        TransportEnd end = channel.Link.Up.TakeEnd();
        if (end != TransportEnd.Open)
            channel.Connection?.TransportClosed(end == TransportEnd.Reset);

        channel.Connection?.HandleTimeout(Clock.NowMs);
        PumpServer(channel);
    }

    private void PumpServer(Channel channel)
    {
        if (channel.Connection == null)
            return;

        byte[] wire = new byte[20_000];
        int count;
        while ((count = channel.Connection.Transmit(wire, 0, wire.Length)) > 0)
            channel.Link.Down.Send(wire, 0, count);

        channel.Link.Down.SendEnd(channel.Connection.Closed);
    }

    private void DeliverDown(Channel channel)
    {
        byte[] piece = new byte[20_000];
        int count;
        while ((count = channel.Link.Down.Receive(piece, 0, piece.Length)) > 0)
        {
            int taken = 0;
            while (taken < count && _paths[channel.Path] == channel)
            {
                taken += Core.Receive(channel.Path, piece, taken, count - taken, Clock.NowMs);
                Drive();
            }
        }

        TransportEnd end = channel.Link.Down.TakeEnd();
        if (end == TransportEnd.Open || _paths[channel.Path] != channel)
            return;

        _paths[channel.Path] = null;
        Core.PathClosed(channel.Path, end == TransportEnd.Reset, Clock.NowMs);
        Drive();
        channel.Link.Up.SendEnd(end);
    }

    private sealed class Channel(int path, DuplexLink link)
    {
        public int Path { get; } = path;

        public DuplexLink Link { get; } = link;

        public DotConnection? Connection { get; set; }

        public long OpensMs { get; set; } = long.MaxValue;

        public long AliveMs { get; set; } = long.MaxValue;

        public bool Held { get; set; }

        public List<byte[]> Waiting { get; } = [];
    }
}
