using System;
using System.Collections.Generic;
using System.Linq;

namespace DprivEmbedded.Harness.Network;

/// <summary>A NAT, or a firewall that keeps state but does not translate. It has a mapping for each flow and lets nothing in without one. Source: the seed, section 5; RFC 4787, RFC 5382.</summary>
/// <remarks>Paths on which it is the second node lead inside, those on which it is the first lead outside. Mappings run out by their timeouts, or all at once by <see cref="LoseState()"/>.</remarks>
public sealed class SimulatedNat : NetworkNode
{
    private const int Tcp = 6;
    private const int Udp = 17;
    private const int FirstPort = 1024;

    private readonly Random _random;
    private readonly Ipv4Address[] _addresses;
    private readonly List<SimulatedPath> _inside = [];
    private readonly Dictionary<(int Protocol, Ipv4EndPoint Inside, Ipv4EndPoint Remote), NatMapping> _out = [];
    private readonly Dictionary<(int Protocol, Ipv4EndPoint Outside, Ipv4EndPoint Remote), NatMapping> _in = [];
    private readonly Dictionary<(int Protocol, Ipv4EndPoint Inside, Ipv4EndPoint Remote), Ipv4EndPoint> _before = [];
    private SimulatedLink? _outside;

    /// <summary>Makes a NAT.</summary>
    /// <param name="network">The network.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="settings">How it behaves.</param>
    /// <param name="addresses">Its addresses outside, at least one; none for a firewall.</param>
    /// <exception cref="ArgumentException">It translates and has no address.</exception>
    public SimulatedNat(SimulatedNetwork network, string name, NatSettings settings, params Ipv4Address[] addresses)
        : base(network, name)
    {
        if (settings.Translates && addresses.Length == 0)
            throw new ArgumentException("A NAT needs an address.", nameof(addresses));

        _random = network.CreateRandom();
        _addresses = [.. addresses];
        Settings = settings;
    }

    /// <summary>How it behaves; may be changed at any time, for what comes then.</summary>
    public NatSettings Settings { get; set; }

    /// <summary>Whether it is down: it passes nothing on.</summary>
    public bool IsDown { get; set; }

    /// <summary>The mappings that have not run out.</summary>
    public IEnumerable<NatMapping> Mappings => _out.Values.Where(m => m.ExpiresUs > Network.NowUs);

    /// <summary>Mappings made so far.</summary>
    public int MappingsMade { get; private set; }

    /// <summary>Packets from outside that had no mapping.</summary>
    public int Dropped { get; private set; }

    /// <summary>TCP segments from inside that had no state.</summary>
    public int SegmentsWithoutState { get; private set; }

    /// <summary>RST segments that it sent in the server's name.</summary>
    public int SpoofedResets { get; private set; }

    /// <inheritdoc/>
    public override bool Owns(Ipv4Address address)
    {
        return Settings.Translates ? _addresses.Contains(address) : _inside.Exists(p => p.First.Owns(address));
    }

    /// <summary>Forgets all mappings, as by a crash, or by routing through another box.</summary>
    public void LoseState()
    {
        _out.Clear();
        _in.Clear();
    }

    /// <summary>Forgets the mappings of one protocol.</summary>
    /// <param name="protocol">6 for TCP, 17 for UDP.</param>
    public void LoseState(int protocol)
    {
        foreach (NatMapping mapping in _out.Values.Where(m => m.Protocol == protocol).ToArray())
            Forget(mapping);
    }

    internal override void Attach(SimulatedPath path, bool first)
    {
        if (!first)
            _inside.Add(path);
        else if (_outside == null)
            _outside = path.Up;
        else
            throw new InvalidOperationException(Name + " has a path outside.");
    }

    internal override void Receive(Packet packet, SimulatedLink link)
    {
        if (IsDown || packet.TimeToLive <= 1)
            return;

        packet = packet with { TimeToLive = packet.TimeToLive - 1 };
        bool outward = link.Path.Second == this;
        if (packet is IcmpMessage message)
            PassMessage(message, outward);
        else if (outward)
            PassOut(packet, link.Path);
        else
            PassIn(packet);
    }

    private void PassOut(Packet packet, SimulatedPath from)
    {
        TcpSegment? segment = packet as TcpSegment;
        if (segment is { IsSyn: true, Data.Length: > 0 } && Settings.DropsSynWithData)
        {
            Dropped++;
            return;
        }

        if (segment is { IsSyn: true } && Settings.StripsFastOpen)
            packet = segment = segment with { FastOpenCookie = null };

        NatMapping? mapping = Live(_out, (packet.Protocol, packet.Source, packet.Destination));
        if (mapping == null)
        {
            bool other = false;
            if (segment is { IsSyn: false })
            {
                SegmentsWithoutState++;
                if (!MayGoOn(segment, from))
                    return;

                other = Settings.TcpWithoutState == NatTcpPolicy.OtherMapping;
            }

            mapping = Make(packet, other);
        }

        Note(mapping, packet, true);
        _outside?.Send(Translate(packet, mapping.Outside, packet.Destination));
    }

    /// <summary>What happens to a segment without state.</summary>
    private bool MayGoOn(TcpSegment segment, SimulatedPath from)
    {
        if (Settings.TcpWithoutState is NatTcpPolicy.SameMapping or NatTcpPolicy.OtherMapping)
            return true;

        if (Settings.TcpWithoutState == NatTcpPolicy.Reset && !segment.IsReset)
        {
            SpoofedResets++;
            from.Down.Send(new TcpSegment
            {
                Source = segment.Destination,
                Destination = segment.Source,
                Sequence = segment.IsAck ? segment.Acknowledgement : 0,
                Acknowledgement = segment.IsAck ? 0 : segment.Sequence + (uint)segment.SequenceLength,
                Flags = segment.IsAck ? TcpFlags.Rst : TcpFlags.Rst | TcpFlags.Ack,
                Window = 0,
            });
        }

        return false;
    }

    private void PassIn(Packet packet)
    {
        NatMapping? mapping = Live(_in, (packet.Protocol, packet.Destination, packet.Source));
        if (mapping == null)
        {
            Dropped++;
            return;
        }

        if (packet is TcpSegment { IsSyn: true } syn && Settings.StripsFastOpen)
            packet = syn with { FastOpenCookie = null };

        Note(mapping, packet, false);
        Inward(mapping.Inside.Address)?.Send(Translate(packet, packet.Source, mapping.Inside));
    }

    /// <summary>Passes an ICMP message on along the flow of the packet that it is about.</summary>
    private void PassMessage(IcmpMessage message, bool outward)
    {
        Packet original = message.Original;
        if (outward)
        {
            // About a datagram that came in.
            NatMapping? known = Live(_out, (original.Protocol, original.Destination, original.Source));
            if (known != null)
            {
                Packet seen = Translate(original, original.Source, known.Outside);
                _outside?.Send(message with { Source = new Ipv4EndPoint(known.Outside.Address, 0), Original = seen });
            }

            return;
        }

        NatMapping? mapping = Live(_in, (original.Protocol, original.Source, original.Destination));
        if (mapping == null)
        {
            Dropped++;
            return;
        }

        Packet sent = Translate(original, mapping.Inside, original.Destination);
        Inward(mapping.Inside.Address)?.Send(message with { Destination = new Ipv4EndPoint(mapping.Inside.Address, 0), Original = sent });
    }

    private SimulatedLink? Inward(Ipv4Address address)
    {
        return _inside.Find(p => p.First.Owns(address))?.Down;
    }

    private static Packet Translate(Packet packet, Ipv4EndPoint source, Ipv4EndPoint destination)
    {
        return packet with { Source = source, Destination = destination };
    }

    private NatMapping? Live<TKey>(Dictionary<TKey, NatMapping> mappings, TKey key)
        where TKey : notnull
    {
        if (!mappings.TryGetValue(key, out NatMapping? mapping))
            return null;

        if (mapping.ExpiresUs > Network.NowUs)
            return mapping;

        Forget(mapping);
        return null;
    }

    private NatMapping Make(Packet packet, bool other)
    {
        if (_out.Count >= Settings.MaxMappings)
            Forget(_out.Values.MinBy(m => m.UsedUs)!);

        (int, Ipv4EndPoint, Ipv4EndPoint) key = (packet.Protocol, packet.Source, packet.Destination);
        NatPortPolicy policy = other && Settings.PortPolicy == NatPortPolicy.Same ? NatPortPolicy.NextPort : Settings.PortPolicy;
        if (packet is TcpSegment { IsSyn: false } && Settings.TcpWithoutState == NatTcpPolicy.SameMapping)
            policy = NatPortPolicy.Same;

        Ipv4EndPoint outside = Choose(packet, _before.TryGetValue(key, out Ipv4EndPoint before) ? before : null, policy);
        NatMapping mapping = new(packet.Protocol, packet.Source, outside, packet.Destination);
        MappingsMade++;
        _before[key] = outside;
        _out[key] = mapping;
        _in[(packet.Protocol, outside, packet.Destination)] = mapping;
        return mapping;
    }

    private Ipv4EndPoint Choose(Packet packet, Ipv4EndPoint? before, NatPortPolicy policy)
    {
        if (!Settings.Translates)
            return packet.Source;

        Ipv4EndPoint wanted = before ?? new Ipv4EndPoint(_addresses[0], packet.Source.Port);
        if (before != null)
        {
            wanted = policy switch
            {
                NatPortPolicy.NextPort => wanted with { Port = NextPort(wanted.Port) },
                NatPortPolicy.RandomPort => wanted with { Port = _random.Next(FirstPort, 65536) },
                NatPortPolicy.OtherAddress => wanted with { Address = _addresses[(Array.IndexOf(_addresses, wanted.Address) + 1) % _addresses.Length] },
                _ => wanted,
            };
        }

        while (Live(_in, (packet.Protocol, wanted, packet.Destination)) != null)
            wanted = wanted with { Port = NextPort(wanted.Port) };

        return wanted;
    }

    private static int NextPort(int port)
    {
        return port >= 65535 ? FirstPort : port + 1;
    }

    private void Note(NatMapping mapping, Packet packet, bool outward)
    {
        mapping.UsedUs = Network.NowUs;
        if (packet is not TcpSegment segment)
        {
            mapping.Replies += outward ? 0 : 1;
            if (outward || Settings.InboundRefreshes)
                mapping.ExpiresUs = After(mapping.Replies > 1 && Settings.UdpStreamTimeoutMs > 0 ? Settings.UdpStreamTimeoutMs : Settings.UdpTimeoutMs);

            return;
        }

        // A connection taken up in the middle counts as open.
        mapping.IsOpen |= !outward || !segment.IsSyn;
        if (segment.IsSyn && outward && (mapping.IsReset || mapping.FinUp || mapping.FinDown))
            mapping.IsReset = mapping.FinUp = mapping.FinDown = mapping.IsOpen = false;

        mapping.IsReset |= segment.IsReset;
        mapping.FinUp |= outward && segment.IsFin;
        mapping.FinDown |= !outward && segment.IsFin;
        bool transitory = !mapping.IsOpen || mapping.IsReset || (mapping.FinUp && mapping.FinDown);
        mapping.ExpiresUs = After(transitory ? Settings.TcpTransitoryTimeoutMs : Settings.TcpTimeoutMs);
    }

    private long After(int ms)
    {
        return Network.NowUs + (ms * 1000L);
    }

    private void Forget(NatMapping mapping)
    {
        _out.Remove((mapping.Protocol, mapping.Inside, mapping.Remote));
        _in.Remove((mapping.Protocol, mapping.Outside, mapping.Remote));
    }
}
