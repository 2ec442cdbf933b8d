using System;
using System.Linq;
using System.Net;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Dns;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Sessions;
using DprivEmbedded.Sockets;

namespace DprivEmbedded.Interop.Clients;

/// <summary>The client under test, set up for the run's certificates.</summary>
public static class Dpriv
{
    private static readonly Lazy<TrustAnchors> s_anchors = new(() => TrustAnchors.FromFile(PeerCertificates.Shared.CaPath));

    /// <summary>The key of every session store in these tests.</summary>
    public static byte[] StoreKey { get; } = Convert.FromHexString("000102030405060708090a0b0c0d0e0f");

    /// <summary>Options for one server that is authenticated by name.</summary>
    /// <param name="version">One version alone; 0 for both.</param>
    /// <param name="store">Sessions that outlive a resolver.</param>
    public static DprivResolverOptions Options(IPEndPoint server, int version = 0, IBlobStore? store = null)
    {
        var options = new DprivResolverOptions { TrustAnchors = s_anchors.Value };
        options.Servers.Add(Server(server));
        if (version != 0)
            options.MinVersion = options.MaxVersion = version;
        if (store is not null)
        {
            options.SessionStore = store;
            options.SessionStoreKey = StoreKey;
        }

        return options;
    }

    public static DprivServer Server(IPEndPoint server) => new(server.Address, server.Port) { AuthenticationName = PeerCertificates.ServerName };

    public static DprivResolver Resolver(IPEndPoint server, int version = 0, IBlobStore? store = null, Action<DprivResolverOptions>? change = null)
    {
        var options = Options(server, version, store);
        change?.Invoke(options);
        return new DprivResolver(options);
    }

    /// <summary>A resolver that asks over DTLS first.</summary>
    /// <param name="datagrams">Where the server (or the relay) speaks DTLS.</param>
    /// <param name="stream">Where it speaks TLS, for what does not fit into a datagram; null: nothing listens there.</param>
    /// <param name="change">Changes the options; Servers[0] is the server.</param>
    public static DprivResolver DtlsResolver(IPEndPoint datagrams, IPEndPoint? stream = null, IBlobStore? store = null, Action<DprivResolverOptions>? change = null)
    {
        var options = Options(stream ?? datagrams, 0, store);
        options.Servers[0].Transport = DprivTransport.Dodtls;
        options.Servers[0].DatagramPort = datagrams.Port;
        change?.Invoke(options);
        return new DprivResolver(options);
    }

    /// <summary>The answer section as <see cref="KdigAnswer.Answers"/> has it.</summary>
    public static string[] Lines(DprivLookup lookup) =>
        [.. lookup.Message.Answers.Select(r => $"{r.Name} {DnsType.ToText(r.Type)} {Data(r)}").Order(StringComparer.Ordinal)];

    // RFC 9460 section 2.1 allows both: we write alpn="h2,h3", kdig alpn=h2,h3.
    private static string Data(DnsRecord record) =>
        record.Type is DnsType.Svcb or DnsType.Https ? record.RdataText.Replace("\"", "", StringComparison.Ordinal) : record.RdataText;

    /// <summary>Whether the recorded connection was ended from the server's side: its close_notify, FIN or RST came before ours went.</summary>
    public static bool ServerEnded(FlightRecorder recorder) =>
        !recorder.TakeFlights().First(f => f.Parts.Any(p => p is "close_notify" or "TCP FIN" or "TCP RST")).Up;

    public static string Rcode(DprivLookup lookup) => DnsResponseCode.ToText(lookup.Message.ResponseCode);
}
