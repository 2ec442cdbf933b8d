using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Power;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>A device that looks a name up every few seconds while somebody on its own link floods it with forged packets; all that the device and its server send is kept, and what that takes is computed.</summary>
internal sealed class FloodRun
{
    private static readonly Ipv4Address ForgerAddress = Ipv4Address.Parse("10.0.0.66");

    private readonly DeviceRig _rig;
    private readonly SimulatedHost _forger;
    private readonly Random _random = new(7);
    private readonly List<(long Us, bool Up, int Bytes, bool Carries)> _packets = [];
    private readonly Ipv4EndPoint?[] _locals = new Ipv4EndPoint?[2];
    private readonly byte[] _junk = new byte[25];
    private int _opensBefore;

    private FloodRun(FloodKind kind, int transport, int lookups, int everyMs)
    {
        Kind = kind;
        Transport = transport;
        Lookups = lookups;
        EveryMs = everyMs;
        _rig = new DeviceRig(new DnsNetRig(tlsVersion: ProtocolVersion.Tls13), transport, configure: options => options.MaxAttempts = 16);
        NetRig net = _rig.Dns.Net;
        net.Trace.IsRunning = false;
        net.AtServer.IsRunning = false;
        _forger = new SimulatedHost(net.Network, "forger", ForgerAddress);
        net.Network.Connect(net.Client, _forger, new LinkSettings());
        _rig.Device.SocketOpened = (path, local) => _locals[path] = local;
        _rig.Device.Commanded += (command, path) =>
        {
            if (command == AssociationCommand.ClosePath)
                _locals[path] = null;
        };
        _random.NextBytes(_junk);
    }

    public FloodKind Kind { get; }

    public int Transport { get; }

    public int Lookups { get; }

    public int EveryMs { get; }

    public int Forged { get; private set; }

    public int Answered => _rig.Answered.Count - 1;

    public int Failed => _rig.Failed.Count;

    public ServerAssociation Core => _rig.Core;

    /// <summary>Paths opened since the flood began: handshakes that were started.</summary>
    public int Handshakes { get; private set; }

    public int PacketsUp => _packets.Count(p => p.Up);

    public long BytesUp => _packets.Where(p => p.Up).Sum(p => (long)p.Bytes);

    public long BytesDown => _packets.Where(p => !p.Up).Sum(p => (long)p.Bytes);

    /// <summary>Bare acknowledgements of the device: the system's TCP, not the library.</summary>
    public int BareAcknowledgements => _packets.Count(p => p.Up && !p.Carries);

    /// <summary>Paths opened while no query was under way.</summary>
    public int OpensInQuiet { get; private set; }

    public long Seconds => (long)Lookups * EveryMs / 1000;

    /// <summary>Connects, then looks up so often, under the flood.</summary>
    /// <param name="kind">The flood.</param>
    /// <param name="transport">One of <see cref="AssociationTransport"/>.</param>
    /// <param name="lookups">How many.</param>
    /// <param name="everyMs">How often.</param>
    /// <param name="perSecond">Forged packets a second.</param>
    /// <param name="onMs">How much of each <paramref name="everyMs"/> is flooded, around the query in its middle.</param>
    public static FloodRun Of(FloodKind kind, int transport, int lookups, int everyMs, int perSecond, int onMs = int.MaxValue)
    {
        FloodRun run = new(kind, transport, lookups, everyMs);
        run.Go(perSecond, onMs);
        return run;
    }

    /// <summary>What the genuine traffic takes on a device beside its idle power, in nanojoules: radio with wakes and tails, and the handshakes' computing. The reception of forged packets is left out.</summary>
    public long NanoJoules(DeviceProfile device, ExchangeTable table)
    {
        RadioProfile radio = device.Radio;
        RadioMeter meter = new(radio, 0);
        foreach ((long us, bool up, int bytes, _) in _packets)
        {
            long ms = us / 1000;
            long airUs = (bytes * 8_000_000L / (up ? radio.UplinkBitsPerSecond : radio.DownlinkBitsPerSecond)) + radio.PacketMicroseconds;
            long extra = airUs * ((up ? radio.TransmitMicroWatts : radio.ReceiveMicroWatts) - radio.TailMicroWatts) / 1000;
            long wakes = ms >= meter.OnUntilMs ? radio.PromotionMs : 0;
            meter.Add(ms, wakes + (airUs / 1000) + 1, extra);
        }

        long computing = (long)Handshakes * device.Cpu.HandshakeMs[table.Handshake[ExchangeKind.Resume]] * device.Cpu.ActiveMicroWatts;
        return meter.NanoJoules + computing;
    }

    /// <summary>What one resumption with its query takes on a device whose radio sleeps, in nanojoules, by the model that policies use.</summary>
    public static long ResumptionNanoJoules(DeviceProfile device, ExchangeTable table)
    {
        CostModel model = CostModel.Create(device, table, 0);
        return model.WakeNanoJoules() + model.RidingNanoJoules(ExchangeKind.Resume, 2 * NetRig.OneWayMs);
    }

    private void Go(int perSecond, int onMs)
    {
        _rig.Connect();
        _opensBefore = _rig.Opens;
        SimulatedPath access = _rig.Dns.Net.Access;
        SimulatedNetwork network = _rig.Network;
        access.Up.OnSent += p => _packets.Add((network.NowUs, true, p.IpBytes, p.Carries));
        access.Down.OnArrived += p => _packets.Add((network.NowUs, false, p.IpBytes, p.Carries));
        int batch = Math.Max(1, perSecond / 1000);
        int stepMs = 1000 * batch / perSecond;
        for (int i = 0; i < Lookups; i++)
        {
            for (int ms = 0; ms < EveryMs; ms += stepMs)
            {
                if (ms == EveryMs / 2)
                    _rig.Ask();
                if (Kind != FloodKind.None && Math.Abs(ms - (EveryMs / 2)) <= onMs / 2)
                {
                    for (int k = 0; k < batch; k++)
                        Forge();
                }

                int opens = _rig.Opens;
                bool quiet = _rig.Answered.Count + _rig.Failed.Count == i + (ms < EveryMs / 2 ? 1 : 2);
                network.RunUntil(network.NowMs + stepMs);
                OpensInQuiet += quiet ? _rig.Opens - opens : 0;
            }
        }

        Handshakes = _rig.Opens - _opensBefore;
        network.RunFor(20_000);
    }

    private void Forge()
    {
        if (Packet() is not { } packet)
            return;

        Forged++;
        _forger.SendForged(packet);
    }

    private Packet? Packet()
    {
        Ipv4EndPoint server = _rig.Device.Server;
        int path = _locals[0] != null && (_locals[1] == null || Forged % 2 == 0) ? 0 : 1;
        if (_locals[path] is not { } local)
            return null;

        switch (Kind)
        {
            case FloodKind.Alert:
                return new UdpDatagram { Source = server, Destination = local, Data = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, (byte)(Forged >> 8), (byte)Forged, 0, 2, 2, 10] };
            case FloodKind.Record:
                byte[] record = new byte[13 + _junk.Length];
                byte[] header = [23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, (byte)(Forged >> 8), (byte)Forged, 0, (byte)_junk.Length];
                header.CopyTo(record, 0);
                _junk.CopyTo(record, header.Length);
                return new UdpDatagram { Source = server, Destination = local, Data = record };
            case FloodKind.Unreachable:
                UdpDatagram original = new() { Source = local, Destination = server, Data = _junk };
                return new IcmpMessage { Source = new Ipv4EndPoint(server.Address, 0), Destination = new Ipv4EndPoint(local.Address, 0), Original = original };
            case FloodKind.GuessedReset:
                return Reset(server, local, (uint)_random.NextInt64(1L << 32));
            case FloodKind.NearReset:
                return _rig.Device.Connection(path) is { IsEstablished: true } near ? Reset(server, local, near.ReceiveNext + 1) : null;
            default:
                return _rig.Device.Connection(path) is { IsEstablished: true } exact ? Reset(server, local, exact.ReceiveNext) : null;
        }
    }

    private static TcpSegment Reset(Ipv4EndPoint server, Ipv4EndPoint local, uint sequence)
    {
        return new TcpSegment { Source = server, Destination = local, Sequence = sequence, Flags = TcpFlags.Rst, Window = 0 };
    }
}
