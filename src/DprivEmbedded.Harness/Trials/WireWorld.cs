using System;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Dtls;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Power;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Trials;

/// <summary>Device, NAT and server of a scenario on the simulated network. The NAT stands beside the server; it and the server forget when they are told to.</summary>
internal sealed class WireWorld : IConversationFactory
{
    /// <summary>The network's time at which the scenario begins: whole seconds stay whole.</summary>
    public const long StartMs = 1000;

    private const string ServerName = "dot.example";

    private static readonly Lazy<IssuedCertificate> s_certificate = new(MakeCertificate);
    private static readonly byte[] s_psk = [8, 0, 9, 4, 7, 8, 5, 8, 8, 4, 4, 6, 9, 1, 4, 6];
    private static readonly byte[] s_identity = "sensor"u8.ToArray();
    private static readonly Ipv4Address s_server = Ipv4Address.Parse("192.0.2.53");

    private readonly Scenario _scenario;
    private readonly ICryptoProvider _crypto;
    private readonly SimulatedDotService? _dot;
    private readonly SimulatedDodtlsService? _dod;
    private readonly DodtlsServerOptions _dodOptions = new();
    private readonly DotServerOptions _dotOptions = new() { IdleTimeoutMs = -1, AdvertisedKeepaliveMs = -1 };
    private readonly SessionCache _sessions = new();
    private readonly AssociationOptions _options;
    private readonly IAssociationPolicy _policy;
    private readonly bool _psk;
    private readonly bool _fast;
    private int _moves;

    public WireWorld(Scenario scenario, int seed, IAssociationPolicy policy)
    {
        _scenario = scenario;
        _policy = policy;
        _psk = scenario.Protocol.Name == "dodtls-psk";
        _fast = scenario.Protocol.Name == "dot-fastopen";
        Network = new SimulatedNetwork(seed, new VirtualClock(StartMs));
        _crypto = new BouncyCastleProvider(new SeededRandomSource(seed));
        ICryptoProvider serverCrypto = new BouncyCastleProvider(new SeededRandomSource(seed + 1_000_000));
        SimulatedHost client = new(Network, "client", Ipv4Address.Parse("10.0.0.2")) { Tcp = new TcpSettings { QuickAcks = int.MaxValue } };
        SimulatedHost server = new(Network, "server", s_server) { FastOpenKey = [8, 5, 3] };
        Nat = new SimulatedNat(Network, "nat", new NatSettings { UdpTimeoutMs = int.MaxValue, TcpTimeoutMs = int.MaxValue, PortPolicy = NatPortPolicy.NextPort }, Ipv4Address.Parse("203.0.113.1"));
        Access = Network.Connect(client, Nat, LinkSettings.WithDelay(scenario.Phases[0].RttMs / 2.0));
        Network.Connect(Nat, server, LinkSettings.WithDelay(0));
        ServerCredential credential = new(s_certificate.Value);
        bool datagrams = scenario.Protocol.Transport == AssociationTransport.Dodtls;
        if (datagrams)
        {
            DtlsServerOptions dtls = _dodOptions.Dtls;
            dtls.Credentials = _psk ? [] : [credential];
            dtls.PreferRawPublicKey = true;
            dtls.Heartbeat = scenario.Probe == ProbeKind.Heartbeat ? HeartbeatPolicy.Answer : HeartbeatPolicy.Off;
            dtls.ConnectionIdBytes = scenario.ConnectionId ? 4 : -1;
            dtls.RenewTickets = true;
            dtls.RenewalExtends = true;
            dtls.TicketSparesCookie = true;
            dtls.MaxAssociations = 1_000_000;
            _dod = new SimulatedDodtlsService(server, new DodtlsServer(serverCrypto, new FixedResponder(), _dodOptions));
            if (_psk)
                _dod.Server.State.Psks.Add(new ServerPsk(s_identity, s_psk));
        }
        else
        {
            _dotOptions.Tls = new TlsServerOptions { Credentials = [credential], EarlyData = _fast ? EarlyDataMode.Accept : EarlyDataMode.Off, TicketCount = 1, PreferRawPublicKey = true };
            _dot = new SimulatedDotService(server, new DotServer(serverCrypto, new FixedResponder(), _dotOptions), fastOpen: _fast);
        }

        _options = new AssociationOptions
        {
            Transport = scenario.Protocol.Transport,
            SessionKey = ServerName,
            FastOpen = _fast,
            QueryTimeoutMs = 60_000,
            SignalBudgetPerHour = 3600,
            Keepalive = scenario.Probe == ProbeKind.Keepalive,
        };
        Device = new SimulatedDevice(client, new Ipv4EndPoint(s_server, 853), scenario.Protocol.Transport, Associate);
    }

    public SimulatedNetwork Network { get; }

    public SimulatedNat Nat { get; }

    public SimulatedPath Access { get; }

    public SimulatedDevice Device { get; }

    public DotSession CreateDot(int maxQueries, int maxQueryBytes)
    {
        TlsClientOptions options = new() { MinVersion = ProtocolVersion.Tls13, EarlyData = _fast, PskKe = false };
        DotSessionOptions session = new() { MaxQueries = maxQueries, MaxQueryBytes = maxQueryBytes, IdleTimeoutMs = int.MaxValue, MaxIdleTimeoutMs = int.MaxValue, QueryTimeoutMs = 60_000 };
        return new DotSession(session, new TlsClient(Common(options), _crypto, new byte[TlsClient.FullReceiveBufferBytes], new byte[8192]), _crypto, new byte[4096]);
    }

    public DodSession CreateDod(int maxQueries, int maxQueryBytes)
    {
        DtlsClientOptions options = new() { ApplicationProtocol = null!, ConnectionId = _scenario.ConnectionId ? [] : null!, Heartbeat = _scenario.Probe == ProbeKind.Heartbeat };
        DodSessionOptions session = new() { MaxQueries = maxQueries, MaxQueryBytes = maxQueryBytes, QueryTimeoutMs = 60_000 };
        return new DodSession(session, new DtlsClient((DtlsClientOptions)Common(options), _crypto, new byte[4096], new byte[2048], new byte[2048]), _crypto);
    }

    /// <summary>Conditions as they are from now on.</summary>
    public void Set(Conditions now)
    {
        TlsServerOptions tls = _dod != null ? _dodOptions.Dtls : _dotOptions.Tls;
        tls.TicketLifetimeSeconds = (int)now.TicketSeconds;
        _dotOptions.AdvertisedKeepaliveMs = now.TellsIdle ? (int)(now.IdleSeconds * 1000) : -1;
    }

    /// <summary>The round trip from now on.</summary>
    public void SetRtt(int ms)
    {
        LinkSettings settings = LinkSettings.WithDelay(ms / 2.0);
        Access.Up.Settings = settings;
        Access.Down.Settings = settings;
    }

    /// <summary>The NAT or firewall forgets.</summary>
    /// <param name="silent">Whether it says nothing to who goes on.</param>
    public void LosePath(bool silent)
    {
        Nat.LoseState();
        Nat.Settings = Nat.Settings with { TcpWithoutState = silent ? NatTcpPolicy.Silence : NatTcpPolicy.Reset };
        _dodOptions.Dtls.UnknownRecord = silent ? UnknownRecordPolicy.Silence : UnknownRecordPolicy.Alert;
        if (!_scenario.ConnectionId)
            ForgetAtServer();
    }

    /// <summary>The server ends what it has.</summary>
    /// <param name="end">How.</param>
    /// <param name="reaches">Whether its close reaches the device.</param>
    public void LoseServer(ServerEnd end, bool reaches)
    {
        if (end != ServerEnd.Fin || !reaches)
        {
            LosePath(end == ServerEnd.Silent);
            ForgetAtServer();
            return;
        }

        Nat.Settings = Nat.Settings with { TcpWithoutState = NatTcpPolicy.Reset };
        _dodOptions.Dtls.UnknownRecord = UnknownRecordPolicy.Alert;
        _dot?.Upgrade(CloseManner.Notify);
        _dod?.Upgrade(true);
    }

    /// <summary>The server starts again.</summary>
    public void Restart(bool keepsTickets)
    {
        _dodOptions.Dtls.UnknownRecord = UnknownRecordPolicy.Alert;
        _dot?.CrashHost(0, keepsTickets);
        _dod?.CrashHost(0, keepsTickets);
        if (!keepsTickets && _psk)
            _dod!.Server.State.Psks.Add(new ServerPsk(s_identity, s_psk));
    }

    /// <summary>The device gets another address.</summary>
    public void Move()
    {
        _moves++;
        Device.MoveTo(Access, new Ipv4Address(Ipv4Address.Parse("10.0.0.2").Value + (uint)(_moves % 200 + 1)));
        if (!_scenario.ConnectionId)
            ForgetAtServer();
    }

    /// <summary>The device starts again, as after a deep sleep. Sessions and what the policy learned were stored.</summary>
    public void Reboot()
    {
        Nat.LoseState();
        ForgetAtServer();
        Device.Reboot(Associate);
    }

    /// <summary>What the server keeps of connections that are gone costs time only.</summary>
    public void ForgetAtServer()
    {
        _dot?.Upgrade(CloseManner.Forget);
        _dod?.Server.LoseAssociations();
    }

    private ServerAssociation Associate(IPathFacts paths) => new(_options, this, _sessions, _policy, _crypto, paths);

    private TlsClientOptions Common(TlsClientOptions options)
    {
        options.ServerName = ServerName;
        options.Tickets = true;
        if (_psk)
        {
            options.Psk = s_psk;
            options.PskIdentity = s_identity;
            options.CipherSuites = [CipherSuite.PskAes128Ccm8];
        }
        else
            options.Verifier = new SpkiPinVerifier([s_certificate.Value.SpkiSha256()], _crypto.CreateSha256());

        return options;
    }

    private static IssuedCertificate MakeCertificate()
    {
        DateTimeOffset from = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        DateTimeOffset until = DateTimeOffset.FromUnixTimeSeconds(2_900_000_000);
        return new CertificateMaker(new SeededRandomSource(853)).MakeServer(null, [ServerName], [], from, until);
    }

    /// <summary>Answers anything with an empty answer of 468 bytes (RFC 8467).</summary>
    private sealed class FixedResponder : IDnsResponder
    {
        private readonly ZoneResponder _zone = new(DemoZone.Create());

        public int Respond(byte[] query, int offset, int count, byte[] response, int responseOffset, int capacity, int keepaliveTimeoutMs) =>
            _zone.Respond(query, offset, count, response, responseOffset, capacity, keepaliveTimeoutMs);
    }
}
