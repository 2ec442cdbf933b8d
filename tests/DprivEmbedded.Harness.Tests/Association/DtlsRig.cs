using System;
using System.Collections.Generic;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Harness.Tests.PairDtls;

namespace DprivEmbedded.Harness.Tests.Association;

/// <summary>An association over DTLS. Each of its sockets is seen by the server at an address of its own.</summary>
internal sealed class DtlsRig : AssociationRig
{
    private readonly Socket?[] _paths = new Socket?[2];
    private readonly byte[] _wire = new byte[4096];
    private readonly byte[] _serverWire = new byte[4096];
    private int _addresses;

    public DtlsRig(int seed = 1, DodSetup? setup = null)
        : base((setup ??= new DodSetup(seed) { LatencyMs = 50 }).Clock)
    {
        Setup = setup;
        Options.Transport = AssociationTransport.Dodtls;
        Up = new DatagramLink(Clock, Setup.LatencyMs, seed);
        Down = new DatagramLink(Clock, Setup.LatencyMs, seed + 13);
        Setup.Dtls.UnknownRecord = UnknownRecordPolicy.Alert;
    }

    public DodSetup Setup { get; }

    public DatagramLink Up { get; }

    public DatagramLink Down { get; }

    protected override ICryptoProvider Crypto => Setup.ClientCrypto;

    protected override long NetworkDueMs => Math.Min(Math.Min(Up.NextDueMs, Down.NextDueMs), Setup.Server.NextWakeMs);

    public override DotSession CreateDot(int maxQueries, int maxQueryBytes) => throw new NotSupportedException();

    public override DodSession CreateDod(int maxQueries, int maxQueryBytes)
    {
        Setup.Session.MaxQueries = maxQueries;
        Setup.Session.MaxQueryBytes = maxQueryBytes;
        return Setup.NewSession();
    }

    /// <summary>The server forgot every association; sessions and tickets stay valid.</summary>
    public void Forget() => Setup.ForgetAssociations();

    /// <summary>The NAT lost its bindings: what is sent next comes from another port, and what is sent to the old one is lost.</summary>
    public void Rebind()
    {
        foreach (Socket? socket in _paths)
        {
            if (socket != null)
                socket.Address = NewAddress();
        }
    }

    /// <summary>Gives the client a datagram at once, as somebody who forges would.</summary>
    public void GiveClient(int path, byte[] datagram)
    {
        byte[] copy = (byte[])datagram.Clone();
        Core.Receive(path, copy, 0, copy.Length, Clock.NowMs);
        Drive();
    }

    /// <summary>Tells the association that no server can be reached.</summary>
    public void Unreachable(int path)
    {
        Core.PathUnreachable(path, Clock.NowMs);
        Drive();
    }

    public override int Exchange(int path, byte[] wire, int count, long nowMs)
    {
        Setup.Server.Receive(_paths[path]!.Address, wire, 0, count, nowMs);
        return Setup.Server.Transmit(wire, 0, wire.Length, out _);
    }

    public override void Roam()
    {
        Rebind();
        Core.NetworkChanged(Clock.NowMs);
        Drive();
    }

    /// <summary>The server closes every association, with a word.</summary>
    public void CloseAll()
    {
        foreach (DtlsServer association in new List<DtlsServer>(Setup.Server.Socket.Associations))
        {
            if (association.HandshakeComplete)
                association.Close();
        }

        MoveServer();
    }

    protected override void OpenPath(int path, bool fastOpen)
    {
        _paths[path] = new Socket(NewAddress());
        Core.PathOpened(path, Clock.NowMs);
    }

    protected override void ClosePath(int path) => _paths[path] = null;

    protected override void MovePath(int path) => _paths[path]!.Address = NewAddress();

    protected override void ProbePath(int path) => throw new NotSupportedException();

    protected override void Send(int path, byte[] data, int count)
    {
        if (_paths[path] != null)
            Up.Send(_paths[path]!.Address, data, 0, count);
    }

    protected override void MoveNetwork()
    {
        int count;
        while ((count = Up.Receive(_serverWire, 0, _serverWire.Length, out object? from)) > 0)
        {
            Setup.Server.Receive(from!, _serverWire, 0, count, Clock.NowMs);
            MoveServer();
        }

        while ((count = Down.Receive(_wire, 0, _wire.Length, out object? to)) > 0)
        {
            int path = Array.FindIndex(_paths, s => s != null && s.Address.Equals(to));
            if (path < 0 || IsDeaf)
                continue;

            Core.Receive(path, _wire, 0, count, Clock.NowMs);
            Drive();
        }

        Setup.Server.HandleTimeout(Clock.NowMs);
        MoveServer();
    }

    protected override void MoveServer()
    {
        int count;
        while ((count = Setup.Server.Transmit(_serverWire, 0, _serverWire.Length, out object? address)) > 0)
            Down.Send(address!, _serverWire, 0, count);
    }

    private string NewAddress() => "192.0.2.1:" + (40000 + _addresses++);

    private sealed class Socket(string address)
    {
        public string Address { get; set; } = address;
    }
}
