using System;
using System.Collections.Generic;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Dns;
using DprivEmbedded.Dtls;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Flows;

/// <summary>A device, a NAT where the scenario has one, and a server, on a network of constant delay.</summary>
internal sealed class FlowWorld : IConversationFactory
{
    private const string ServerName = "dot.example";
    private const int Seed = 853;
    private const long StartMs = 1000;
    private const int QuietMs = 1000;

    private static readonly Ipv4Address s_client = Ipv4Address.Parse("10.0.0.2");
    private static readonly Ipv4Address s_nat = Ipv4Address.Parse("203.0.113.1");
    private static readonly Ipv4Address s_server = Ipv4Address.Parse("192.0.2.53");
    private static readonly Lazy<IssuedCertificate> s_certificate = new(MakeCertificate);

    private readonly FlowScenario _scenario;
    private readonly ICryptoProvider _crypto;
    private readonly SimulatedNetwork _network;
    private readonly SimulatedNat? _nat;
    private readonly SimulatedDotService? _dot;
    private readonly SimulatedDodtlsService? _dod;
    private readonly SimulatedDevice _device;
    private readonly PacketTrace _trace;
    private readonly PacketTrace _beyondNat;
    private readonly FlowLabels _labels;
    private readonly KeyLogText _keys = new();
    private readonly int _rttMs;

    public FlowWorld(FlowScenario scenario, int rttMs)
    {
        _scenario = scenario;
        _rttMs = rttMs;
        _network = new SimulatedNetwork(Seed, new VirtualClock(StartMs));
        _crypto = new BouncyCastleProvider(new SeededRandomSource(Seed));
        SimulatedHost client = new(_network, "client", s_client);
        SimulatedHost server = new(_network, "server", s_server) { FastOpenKey = [8, 5, 3] };
        SimulatedPath access;
        SimulatedPath beyond;
        if (scenario.Nat == null)
            access = beyond = _network.Connect(client, server, LinkSettings.WithDelay(rttMs / 2.0));
        else
        {
            // In the middle, as the figures draw it: what the NAT answers itself comes back in half a round-trip time, and counts as a round trip.
            LinkSettings half = LinkSettings.WithDelay(rttMs / 4.0);
            _nat = new SimulatedNat(_network, "nat", scenario.Nat, s_nat);
            access = _network.Connect(client, _nat, half);
            beyond = _network.Connect(_nat, server, half);
        }

        _trace = PacketTrace.AtFirst(access);
        _beyondNat = PacketTrace.AtFirst(beyond);
        _labels = new FlowLabels(_trace);
        ICryptoProvider serverCrypto = new BouncyCastleProvider(new SeededRandomSource(Seed + 1));
        ZoneResponder responder = new(DemoZone.Create());
        ServerCredential credential = new(s_certificate.Value);
        if (scenario.Datagrams)
        {
            DodtlsServerOptions options = new();
            options.Dtls.Credentials = [credential];
            options.Dtls.Cookie = false;
            options.Dtls.UnknownRecord = UnknownRecordPolicy.Alert;
            options.Dtls.ConnectionIdBytes = scenario.ConnectionId ? 4 : -1;
            _dod = new SimulatedDodtlsService(server, new DodtlsServer(serverCrypto, responder, options));
        }
        else
        {
            DotServerOptions options = new() { IdleTimeoutMs = -1, AdvertisedKeepaliveMs = -1 };
            options.Tls = new TlsServerOptions { Credentials = [credential], EarlyData = scenario.EarlyData ? EarlyDataMode.Accept : EarlyDataMode.Off };
            options.Tls.Tls12 = scenario.TlsVersion == ProtocolVersion.Tls12;
            options.Tls.Tls13 = scenario.TlsVersion == ProtocolVersion.Tls13;
            _dot = new SimulatedDotService(server, new DotServer(serverCrypto, responder, options), fastOpen: scenario.FastOpen);
        }

        int transport = scenario.Datagrams ? AssociationTransport.Dodtls : AssociationTransport.Dot;
        AssociationOptions association = new() { Transport = transport, SessionKey = ServerName, FastOpen = scenario.FastOpen, QueryTimeoutMs = 60_000 };
        ThresholdPolicy policy = new() { ReuseUpToMs = scenario.ReuseUpToMs, HedgeUpToMs = scenario.HedgeUpToMs };
        Ipv4EndPoint service = new(s_server, 853);
        _device = new SimulatedDevice(client, service, transport, paths => new ServerAssociation(association, this, new SessionCache(), policy, _crypto, paths)) { SocketOpened = _labels.SocketOpened };
    }

    /// <inheritdoc/>
    public DotSession CreateDot(int maxQueries, int maxQueryBytes)
    {
        TlsClientOptions options = new()
        {
            MinVersion = _scenario.TlsVersion,
            MaxVersion = _scenario.TlsVersion,
            EarlyData = _scenario.EarlyData,
        };
        DotSessionOptions session = new() { MaxQueries = maxQueries, MaxQueryBytes = maxQueryBytes, IdleTimeoutMs = 600_000 };
        return new DotSession(session, new TlsClient(Common(options), _crypto, new byte[TlsClient.FullReceiveBufferBytes], new byte[8192]), _crypto, new byte[65535]);
    }

    /// <inheritdoc/>
    public DodSession CreateDod(int maxQueries, int maxQueryBytes)
    {
        DtlsClientOptions options = new() { ApplicationProtocol = null!, ConnectionId = _scenario.ConnectionId ? [] : null! };
        DodSessionOptions session = new() { MaxQueries = maxQueries, MaxQueryBytes = maxQueryBytes };
        return new DodSession(session, new DtlsClient((DtlsClientOptions)Common(options), _crypto, new byte[4096], new byte[2048], new byte[2048]), _crypto);
    }

    /// <summary>Connects, goes quiet, loses the state, asks.</summary>
    public FlowRun Run()
    {
        Ask();
        _network.RunFor(_scenario.GapMs - QuietMs);
        Lose();
        _network.RunFor(QuietMs);
        int first = _trace.Position;
        long startUs = _network.NowUs;
        Ask();
        int until = _trace.Position;
        long elapsedUs = _network.NowUs - startUs;
        int roundTrips = _device.Association.EventRoundTrips;
        int action = _device.Association.EventAction;

        // What is on its way shows where it gets to.
        _network.RunFor(_rttMs);
        _labels.Settle();
        return new FlowRun(_scenario, TraceCounts.Of(Part(first, until)), Steps(first, until, startUs), _trace)
        {
            AssociationRoundTrips = roundTrips,
            Action = action,
            ElapsedUs = elapsedUs,
            RttMs = _rttMs,
            UtcOffsetUs = _network.Clock.UtcOffsetMs * 1000,
            KeyLog = _keys.Text,
            HasNat = _nat != null,
        };
    }

    private static IssuedCertificate MakeCertificate()
    {
        // Valid at the clock's time of day, and made alike in every run.
        DateTimeOffset from = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        DateTimeOffset until = DateTimeOffset.FromUnixTimeSeconds(1_900_000_000);
        return new CertificateMaker(new SeededRandomSource(Seed)).MakeServer(null, [ServerName], [], from, until);
    }

    private TlsClientOptions Common(TlsClientOptions options)
    {
        options.ServerName = ServerName;
        options.Verifier = new SpkiPinVerifier([s_certificate.Value.SpkiSha256()], _crypto.CreateSha256());
        options.Tickets = true;
        options.KeyLog = _keys;
        options.Observer = _labels.NewObserver();
        return options;
    }

    private void Ask()
    {
        byte[] buffer = new byte[512];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0, DnsName.Parse("www.example"), DnsType.A, DnsClass.Internet, new EdnsOptions());
        bool answered = false;
        bool failed = false;
        _device.Happened = happened =>
        {
            answered |= happened == AssociationEvent.Answer;
            failed |= happened == AssociationEvent.QueryFailed;
        };
        _device.Query(buffer[..count]);
        _network.RunUntil(() => answered || failed, 60_000);
        if (!answered)
            throw new InvalidOperationException("The flow " + _scenario.Name + " brought no answer.");
    }

    private void Lose()
    {
        if (_scenario.Loss == FlowLoss.Nat)
            _nat!.LoseState();
        else if (_dot != null)
            _dot.CrashHost();
        else
            _dod!.CrashHost();
    }

    private IEnumerable<TracedPacket> Part(int first, int until)
    {
        for (int i = first; i < until; i++)
            yield return _trace.Packets[i];
    }

    private List<FlowStep> Steps(int first, int until, long startUs)
    {
        List<FlowStep> steps = [];
        TracedPacket? before = null;
        for (int i = first; i < until; i++)
        {
            TracedPacket traced = _trace.Packets[i];
            if (!traced.Carries)
                continue;

            bool byNat = _nat != null && !PassedNat(traced);
            bool goesOn = before != null && before.Direction == traced.Direction && before.TimeUs == traced.TimeUs && before.Packet.Source == traced.Packet.Source && before.Packet.Destination == traced.Packet.Destination;
            if (!goesOn)
                steps.Add(new FlowStep(traced.TimeUs - startUs, traced.Direction, byNat));

            steps[^1].Parts.AddRange(_labels.Of(i, _scenario.Datagrams));
            steps[^1].Packets++;
            steps[^1].Bytes += traced.Packet.IpBytes;
            before = traced;
        }

        return steps;
    }

    /// <summary>Whether a packet at the client is seen beyond the NAT too, with its number.</summary>
    private bool PassedNat(TracedPacket traced)
    {
        foreach (TracedPacket other in _beyondNat.Packets)
        {
            if (other.Direction == traced.Direction && other.Packet.Identification == traced.Packet.Identification && other.Packet.Protocol == traced.Packet.Protocol && Math.Abs(other.TimeUs - traced.TimeUs) <= _rttMs * 1000L)
                return true;
        }

        return false;
    }
}
