using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;

namespace DprivEmbedded.Harness.Network;

/// <summary>A host with IPv4 addresses, UDP and TCP.</summary>
public sealed class SimulatedHost : NetworkNode
{
    private const int FirstEphemeralPort = 49152;
    private const int FastOpenCookieBytes = 8;
    private const int ChallengesPerSecond = 100;

    private readonly Random _random;
    private readonly List<Ipv4Address> _addresses;
    private readonly Dictionary<Ipv4EndPoint, UdpSocket> _sockets = [];
    private readonly Dictionary<int, TcpListener> _listeners = [];
    private readonly Dictionary<(Ipv4EndPoint Local, Ipv4EndPoint Remote), TcpConnection> _connections = [];
    private readonly List<SimulatedPath> _paths = [];
    private SimulatedPath? _path;
    private byte[] _fastOpenSecret;
    private int _nextPort;
    private int _identification;
    private long _challengeSecond;
    private int _challenges;

    /// <summary>Makes a host. It needs a path, see <see cref="SimulatedNetwork.Connect"/>.</summary>
    /// <param name="network">The network.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="address">Its first address.</param>
    /// <param name="tcp">How its connections behave unless told otherwise.</param>
    public SimulatedHost(SimulatedNetwork network, string name, Ipv4Address address, TcpSettings? tcp = null)
        : base(network, name)
    {
        _random = network.CreateRandom();
        _addresses = [address];
        _nextPort = FirstEphemeralPort + _random.Next(8192);
        _identification = _random.Next(65536);
        _fastOpenSecret = NewSecret();
        Tcp = tcp ?? new TcpSettings();
    }

    /// <summary>Called when it crashes: sockets and connections are gone without a word.</summary>
    public event Action? Crashed;

    /// <summary>Called when it is up again: services open their sockets.</summary>
    public event Action? Restarted;

    /// <summary>Its first address, from which it sends.</summary>
    public Ipv4Address Address => _addresses[0];

    /// <summary>All its addresses.</summary>
    public IReadOnlyList<Ipv4Address> Addresses => _addresses;

    /// <summary>How its connections behave unless told otherwise.</summary>
    public TcpSettings Tcp { get; set; }

    /// <summary>What it remembers as a client of TCP Fast Open; outlives a crash only as long as it is not cleared.</summary>
    public FastOpenCache FastOpen { get; } = new();

    /// <summary>A key of TCP Fast Open as an administrator sets it: it outlives a crash and may be shared by the hosts of a service. Null: a random one, new after each crash.</summary>
    public byte[]? FastOpenKey { get; set; }

    /// <summary>Whether it runs; one that does not neither sends nor receives.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>Whether TCP segments of unknown connections are dropped in silence, as behind a strict firewall, in place of a RST.</summary>
    public bool DropsUnknownSegments { get; set; }

    /// <summary>Whether datagrams to closed ports are dropped in silence in place of ICMP.</summary>
    public bool DropsUnknownDatagrams { get; set; }

    /// <summary>The TCP connections, those in TIME_WAIT included.</summary>
    public IReadOnlyCollection<TcpConnection> Connections => _connections.Values;

    /// <summary>Packets that could not be sent: the host is down, without a path, or the address is no more its own.</summary>
    public int Unsendable { get; private set; }

    /// <summary>RST segments sent for unknown connections.</summary>
    public int ResetsSent { get; private set; }

    /// <summary>The path that it sends by.</summary>
    public SimulatedPath? Path => _path;

    /// <inheritdoc/>
    public override bool Owns(Ipv4Address address)
    {
        return _addresses.Contains(address);
    }

    /// <summary>Gives it one more address.</summary>
    /// <param name="address">The address.</param>
    public void AddAddress(Ipv4Address address)
    {
        if (!_addresses.Contains(address))
            _addresses.Add(address);
    }

    /// <summary>Moves it to another network: it sends by another path and has another address in place of its first. Sockets of the old address reach nobody any more.</summary>
    /// <param name="path">One of its paths.</param>
    /// <param name="address">The new address.</param>
    /// <exception cref="ArgumentException">The path does not end here.</exception>
    public void MoveTo(SimulatedPath path, Ipv4Address address)
    {
        if (!_paths.Contains(path))
            throw new ArgumentException("The path does not end at this host.", nameof(path));

        _path = path;
        _addresses[0] = address;
    }

    /// <summary>Opens a UDP socket.</summary>
    /// <param name="port">The port; 0 for a free one.</param>
    /// <param name="address">The address; null for the first.</param>
    /// <returns>The socket.</returns>
    /// <exception cref="InvalidOperationException">The port is taken.</exception>
    public UdpSocket OpenUdp(int port = 0, Ipv4Address? address = null)
    {
        Ipv4Address own = address ?? Address;
        Ipv4EndPoint local = new(own, port != 0 ? port : FreePort(p => !_sockets.ContainsKey(new Ipv4EndPoint(own, p))));
        UdpSocket socket = new(this, local);
        if (!_sockets.TryAdd(local, socket))
            throw new InvalidOperationException("UDP port " + local + " is taken.");

        return socket;
    }

    /// <summary>Listens for TCP connections at all addresses.</summary>
    /// <param name="port">The port.</param>
    /// <param name="accepted">Called with each connection; it sets the connection's callbacks.</param>
    /// <param name="settings">How the connections behave; null for <see cref="Tcp"/>.</param>
    /// <returns>The listener.</returns>
    /// <exception cref="InvalidOperationException">The port is taken.</exception>
    public TcpListener ListenTcp(int port, Action<TcpConnection> accepted, TcpSettings? settings = null)
    {
        TcpListener listener = new(this, port, settings ?? Tcp, accepted);
        if (!_listeners.TryAdd(port, listener))
            throw new InvalidOperationException("TCP port " + port + " is taken.");

        return listener;
    }

    /// <summary>Opens a TCP connection. With <see cref="TcpSettings.FastOpen"/> and a known cookie the SYN waits for the first write.</summary>
    /// <param name="remote">Where to.</param>
    /// <param name="settings">How it behaves; null for <see cref="Tcp"/>.</param>
    /// <param name="localPort">The port here; 0 for a free one.</param>
    /// <returns>The connection, whose callbacks are to be set before time goes on.</returns>
    public TcpConnection ConnectTcp(Ipv4EndPoint remote, TcpSettings? settings = null, int localPort = 0)
    {
        int port = localPort != 0 ? localPort : FreePort(p => !_connections.ContainsKey((new Ipv4EndPoint(Address, p), remote)));
        TcpConnection connection = new(this, new Ipv4EndPoint(Address, port), remote, settings ?? Tcp, false);
        Add(connection);
        connection.Open();
        return connection;
    }

    /// <summary>Crashes: sockets, listeners and connections are gone, and nobody is told. Silent until <see cref="Restart"/>.</summary>
    public void Crash()
    {
        IsUp = false;
        foreach (TcpConnection connection in _connections.Values.ToArray())
            connection.Vanish();

        _connections.Clear();
        _listeners.Clear();
        _sockets.Clear();
        _fastOpenSecret = NewSecret();
        Crashed?.Invoke();
    }

    /// <summary>Comes up again. Segments of the connections before the crash are then answered with a RST.</summary>
    public void Restart()
    {
        if (IsUp)
            return;

        IsUp = true;
        Restarted?.Invoke();
    }

    /// <summary>Sends any packet, as one who forges would. The source may be anybody's.</summary>
    /// <param name="packet">The packet.</param>
    public void SendForged(Packet packet)
    {
        if (_path != null)
            Outgoing(_path).Send(packet);
    }

    internal override void Attach(SimulatedPath path, bool first)
    {
        _paths.Add(path);
        _path ??= path;
    }

    internal override void Receive(Packet packet, SimulatedLink link)
    {
        if (!IsUp || !Owns(packet.Destination.Address))
            return;

        switch (packet)
        {
            case UdpDatagram datagram:
                ReceiveDatagram(datagram);
                break;
            case TcpSegment segment:
                ReceiveSegment(segment);
                break;
            case IcmpMessage message:
                ReceiveMessage(message);
                break;
        }
    }

    internal void Send(Packet packet)
    {
        if (!IsUp || _path == null || !Owns(packet.Source.Address))
        {
            Unsendable++;
            return;
        }

        _identification = (_identification + 1) & 0xFFFF;
        Outgoing(_path).Send(packet with { Identification = _identification });
    }

    /// <summary>Answers a segment of an unknown connection. Source: RFC 9293 section 3.5.2.</summary>
    internal void SendReset(TcpSegment segment)
    {
        ResetsSent++;
        Send(new TcpSegment
        {
            Source = segment.Destination,
            Destination = segment.Source,
            Sequence = segment.IsAck ? segment.Acknowledgement : 0,
            Acknowledgement = segment.IsAck ? 0 : segment.Sequence + (uint)segment.SequenceLength,
            Flags = segment.IsAck ? TcpFlags.Rst : TcpFlags.Rst | TcpFlags.Ack,
            Window = 0,
        });
    }

    internal void Add(TcpConnection connection)
    {
        _connections[(connection.Local, connection.Remote)] = connection;
    }

    internal void Remove(TcpConnection connection)
    {
        (Ipv4EndPoint, Ipv4EndPoint) key = (connection.Local, connection.Remote);
        if (_connections.TryGetValue(key, out TcpConnection? known) && known == connection)
            _connections.Remove(key);
    }

    internal void Remove(TcpListener listener)
    {
        if (_listeners.TryGetValue(listener.Port, out TcpListener? known) && known == listener)
            _listeners.Remove(listener.Port);
    }

    internal void Remove(UdpSocket socket)
    {
        if (_sockets.TryGetValue(socket.Local, out UdpSocket? known) && known == socket)
            _sockets.Remove(socket.Local);
    }

    internal uint NextInitialSequence()
    {
        return (uint)_random.NextInt64(1L << 32);
    }

    internal byte[] FastOpenCookieFor(Ipv4Address client)
    {
        byte[] address = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(address, client.Value);
        return HMACSHA256.HashData(FastOpenKey ?? _fastOpenSecret, address)[..FastOpenCookieBytes];
    }

    /// <summary>Limits the challenge acknowledgements. Source: RFC 5961 section 7.</summary>
    internal bool MayChallenge()
    {
        long second = Network.NowMs / 1000;
        if (second != _challengeSecond)
        {
            _challengeSecond = second;
            _challenges = 0;
        }

        return _challenges++ < ChallengesPerSecond;
    }

    private void ReceiveDatagram(UdpDatagram datagram)
    {
        if (_sockets.TryGetValue(datagram.Destination, out UdpSocket? socket) && socket.Takes(datagram.Source))
        {
            socket.Received?.Invoke(datagram.Source, (byte[])datagram.Data.Clone());
            return;
        }

        if (DropsUnknownDatagrams)
            return;

        Send(new IcmpMessage
        {
            Source = new Ipv4EndPoint(datagram.Destination.Address, 0),
            Destination = new Ipv4EndPoint(datagram.Source.Address, 0),
            Original = datagram,
        });
    }

    private void ReceiveSegment(TcpSegment segment)
    {
        if (_connections.TryGetValue((segment.Destination, segment.Source), out TcpConnection? connection))
        {
            bool old = connection.State == TcpState.TimeWait
                && (Network.NowUs >= connection.TimeWaitEndsUs || (segment.IsSyn && !segment.IsAck && (int)(segment.Sequence - connection.ReceiveNext) > 0));
            if (!old)
            {
                connection.Receive(segment);
                return;
            }

            connection.Vanish();
        }

        if (segment.IsReset)
            return;

        if (segment.IsSyn && !segment.IsAck && _listeners.TryGetValue(segment.Destination.Port, out TcpListener? listener))
            listener.Receive(segment);
        else if (!DropsUnknownSegments)
            SendReset(segment);
    }

    private void ReceiveMessage(IcmpMessage message)
    {
        if (message.Type != IcmpMessage.DestinationUnreachable)
            return;

        Packet original = message.Original;
        if (original is UdpDatagram && _sockets.TryGetValue(original.Source, out UdpSocket? socket) && socket.Remote == original.Destination)
            socket.Unreachable?.Invoke(message.Code);
        else if (original is TcpSegment && _connections.TryGetValue((original.Source, original.Destination), out TcpConnection? connection))
            connection.Unreachable(message.Code);
    }

    private SimulatedLink Outgoing(SimulatedPath path)
    {
        return path.First == this ? path.Up : path.Down;
    }

    private int FreePort(Func<int, bool> isFree)
    {
        for (int i = 0; i < 65536 - FirstEphemeralPort; i++)
        {
            int port = _nextPort;
            _nextPort = _nextPort == 65535 ? FirstEphemeralPort : _nextPort + 1;
            if (isFree(port))
                return port;
        }

        throw new InvalidOperationException("No port is free.");
    }

    private byte[] NewSecret()
    {
        byte[] secret = new byte[16];
        _random.NextBytes(secret);
        return secret;
    }
}
