using System.IO;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Dtls;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Harness.Tests.Pair;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>A network with a DNS server that speaks TLS and DTLS behind it, and options for clients.</summary>
internal sealed class DnsNetRig
{
    private readonly ICryptoProvider _serverCrypto;

    public DnsNetRig(int seed = 1, NatSettings? nat = null, LinkSettings? link = null, int tlsVersion = ProtocolVersion.Tls12, bool fastOpen = false, TcpSettings? tcp = null)
    {
        Net = new NetRig(seed, nat, link, tcp, tcp);
        ClientCrypto = new BouncyCastleProvider(new SeededRandomSource(seed));
        _serverCrypto = new BouncyCastleProvider(new SeededRandomSource(seed + 1_000_000));
        DotOptions = new DotServerOptions { IdleTimeoutMs = -1, AdvertisedKeepaliveMs = -1 };
        DotOptions.Tls = new TlsServerOptions { Credentials = [PairKeys.Ecdsa], Tls12 = tlsVersion == ProtocolVersion.Tls12, Tls13 = tlsVersion == ProtocolVersion.Tls13 };
        DodOptions = new DodtlsServerOptions();
        DodOptions.Dtls = new DtlsServerOptions { Credentials = [PairKeys.Ecdsa], Cookie = false, UnknownRecord = UnknownRecordPolicy.Alert };
        Dot = new SimulatedDotService(Net.Server, new DotServer(_serverCrypto, Responder(), DotOptions), fastOpen: fastOpen);
        Dod = new SimulatedDodtlsService(Net.Server, new DodtlsServer(_serverCrypto, Responder(), DodOptions));
        Tls = new TlsClientOptions
        {
            ServerName = PairKeys.Name,
            Verifier = new SpkiPinVerifier([PairKeys.Pin(PairKeys.Ecdsa)], ClientCrypto.CreateSha256()),
            Tickets = true,
            KeyLog = Keys,
        };
        Dtls = new DtlsClientOptions
        {
            ServerName = PairKeys.Name,
            ApplicationProtocol = null!,
            Verifier = new SpkiPinVerifier([PairKeys.Pin(PairKeys.Ecdsa)], ClientCrypto.CreateSha256()),
            KeyLog = Keys,
        };
    }

    public NetRig Net { get; }

    public SimulatedNetwork Network => Net.Network;

    public ICryptoProvider ClientCrypto { get; }

    public DotServerOptions DotOptions { get; }

    public DodtlsServerOptions DodOptions { get; }

    public SimulatedDotService Dot { get; }

    public SimulatedDodtlsService Dod { get; }

    public TlsClientOptions Tls { get; }

    public DtlsClientOptions Dtls { get; }

    public KeyLogText Keys { get; } = new();

    /// <summary>A second server of the same address and the same ticket keys, beyond the same router.</summary>
    public SimulatedHost AddTwin()
    {
        SimulatedHost twin = new(Network, "twin", NetRig.ServerAddress);
        Network.Connect(Net.Router, twin, new LinkSettings());
        DotServer dot = new(_serverCrypto, Responder(), DotOptions);
        dot.State.ShareTicketKeys(Dot.Server.State);
        DodtlsServer dod = new(_serverCrypto, Responder(), DodOptions);
        dod.State.ShareTicketKeys(Dod.Server.State);
        _ = new SimulatedDotService(twin, dot);
        _ = new SimulatedDodtlsService(twin, dod);
        return twin;
    }

    public DotNetClient NewDot(TcpSettings? tcp = null) => new(this, tcp);

    public DodNetClient NewDod() => new(this);

    public byte[] Capture()
    {
        using MemoryStream stream = new();
        PcapngWriter.Write(stream, Net.Trace.Packets, Network.Clock.UtcOffsetMs * 1000, Keys.Text);
        return stream.ToArray();
    }

    private static ZoneResponder Responder() => new(DemoZone.Create());
}
