using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using DprivEmbedded.Dns;
using DprivEmbedded.Dtls;
using DprivEmbedded.Harness;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Harness.Trials;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Fuzz;

/// <summary>Makes the corpus: handshakes and lookups of the clients that the targets use with the harness's servers, recorded; and what the other readers read.</summary>
internal static class CorpusMaker
{
    private static readonly IssuedCertificate s_authority = CertificateTarget.Authority();
    private static readonly CertificateMaker s_maker = new(new SeededRandomSource(4));
    private static readonly DateTimeOffset s_from = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    private static readonly DateTimeOffset s_until = DateTimeOffset.FromUnixTimeSeconds(1_900_000_000);
    private static readonly ServerCredential s_credential = new(s_maker.MakeServer(s_authority, [TlsFuzzClient.Name], [], s_from, s_until, false));

    /// <summary>Writes the corpus.</summary>
    /// <param name="folder">Receives a folder a target; what is there is replaced.</param>
    /// <returns>Number of files.</returns>
    public static int Make(string folder)
    {
        int files = 0;
        foreach (IGrouping<string, (string Target, string Name, byte[] Input)> target in Inputs().GroupBy(i => i.Target))
        {
            string path = Path.Combine(folder, target.Key);
            if (Directory.Exists(path))
                Directory.Delete(path, true);

            Directory.CreateDirectory(path);
            foreach ((_, string name, byte[] input) in target)
            {
                File.WriteAllBytes(Path.Combine(path, name + ".bin"), input);
                files++;
            }
        }

        return files;
    }

    private static IEnumerable<(string Target, string Name, byte[] Input)> Inputs()
    {
        return [.. Messages(), .. Streams(), .. Datagrams(), .. Records(), .. Certificates(), .. Sessions(), .. Zones(), .. Scenarios(), .. AssociationRecorder.Inputs(s_credential)];
    }

    private static IEnumerable<(string, string, byte[])> Messages()
    {
        ZoneResponder responder = new(DemoZone.Create());
        foreach ((string name, int type) in DemoQueries())
        {
            byte[] buffer = new byte[512];
            byte[] response = new byte[8192];
            int count = DnsQuery.Write(buffer, 0, buffer.Length, 0x1234, DnsName.Parse(name), type, DnsClass.Internet, new EdnsOptions());
            yield return ("dns", name.Replace('*', 'x') + "-" + type, response[..responder.Respond(buffer, 0, count, response, 0, response.Length, 0)]);
        }
    }

    private static IEnumerable<(string Name, int Type)> DemoQueries()
    {
        return DemoZone.Create().Records.Where(r => r.Type != DnsType.Opt).Select(r => (r.Name.ToString(), r.Type)).Distinct().Append(("nothing.example", DnsType.A)).Take(24);
    }

    private static IEnumerable<(string, string, byte[])> Streams()
    {
        (string Name, int First, int Second, Action<TlsServerOptions> Configure)[] flows =
        [
            ("full-12", 0x00, 0x00, _ => { }),
            ("full-12-slow", 0xC0, 0x90, o => o.RequestClientCertificate = true),
            ("full-12-id", 0x00, 0x08, o => o.SessionIds = true),
            ("full-12-small-records", 0x20, 0x00, o => o.MaxRecordContentBytes = 100),
            ("raw-key-12", 0x00, 0x01, o => o.PreferRawPublicKey = true),
            ("psk-12", 0x04, 0x00, _ => { }),
            ("resumed-12", 0x08, 0x00, _ => { }),
            ("full-13", 0x01, 0x00, _ => { }),
            ("full-13-compatibility", 0x03, 0x80, o => o.RequestClientCertificate = true),
            ("full-13-retry", 0x01, 0x00, o => o.HelloRetry = HelloRetryMode.Cookie),
            ("full-13-retry-group", 0x82, 0x00, o => o.Groups = [DprivEmbedded.Crypto.NamedGroup.Secp256r1]),
            ("full-13-padded", 0x21, 0x00, o => o.PaddingBlockBytes = 64),
            ("raw-key-13", 0x01, 0x01, o => o.PreferRawPublicKey = true),
            ("psk-13", 0x05, 0x00, _ => { }),
            ("psk-ke-13", 0x05, 0x04, _ => { }),
            ("resumed-13", 0x09, 0x00, _ => { }),
            ("early-13", 0x19, 0x00, o => o.EarlyData = EarlyDataMode.Accept),
            ("early-13-retry", 0x1A, 0x00, o => o.HelloRetry = HelloRetryMode.Cookie),
            ("psk-or-certificate-13", 0x0E, 0x20, _ => { }),
        ];
        foreach ((string name, int first, int second, Action<TlsServerOptions> configure) in flows)
        {
            (byte[] down, byte[] up) = RecordStream(first, second, configure);
            yield return ("tls", name, [(byte)first, (byte)second, .. down]);
            yield return ("server", "tls-" + name, [0, 0, .. up]);
        }
    }

    private static (byte[] Down, byte[] Up) RecordStream(int first, int second, Action<TlsServerOptions> configure)
    {
        NullCryptoProvider crypto = new(2);
        TlsServerOptions tls = new() { Credentials = [s_credential], StatefulTickets = true };
        configure(tls);
        DotServer server = new(crypto, new ZoneResponder(DemoZone.Create()), new DotServerOptions { Tls = tls, IdleTimeoutMs = -1 });
        server.State.Psks.Add(new ServerPsk([1, 2, 3, 4], new byte[16]));
        bool tls13 = (first & 3) != 0;
        KnowSession(server.State, tls13 ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12, new byte[40], tls13 ? CipherSuite.Aes128GcmSha256 : CipherSuite.EcdheEcdsaAes128GcmSha256);
        DotConnection connection = server.Accept(1000)!;
        TlsFuzzClient client = new(first, second);
        List<byte> down = [];
        List<byte> up = [];
        Exchange();
        if (!client.WasConnected || client.Answers == 0)
            throw new InvalidOperationException("A recorded conversation did not come to an answer: " + first + " " + second + " " + TlsError.Describe(client.Session.Tls.Error) + " " + TlsError.Describe(connection.Tls.Error));

        if (connection.Tls.Version == ProtocolVersion.Tls13)
        {
            connection.Tls.SendTicket();
            connection.Tls.SendKeyUpdate(true);
        }
        else
            connection.Tls.SendHelloRequest();

        Exchange();
        connection.End(CloseManner.Notify);
        Exchange();
        return ([.. down], [.. up]);

        void Exchange()
        {
            byte[] wire = new byte[20_000];
            for (int quiet = 0; quiet < 2;)
            {
                quiet++;
                client.Drain();
                int count;
                while ((count = client.Transmit(wire)) > 0)
                {
                    up.AddRange(wire.AsSpan(0, count));
                    connection.Receive(wire, 0, count, 1000);
                    quiet = 0;
                }

                connection.HandleTimeout(1000);
                while ((count = connection.Transmit(wire, 0, wire.Length)) > 0)
                {
                    down.AddRange(wire.AsSpan(0, count));
                    for (int at = 0; at < count && client.Session.IsOpen;)
                    {
                        at += client.Session.Receive(wire, at, count - at, client.NowMs);
                        client.Drain();
                    }

                    quiet = 0;
                }
            }
        }
    }

    /// <summary>Lets a server know the session that the targets' clients offer.</summary>
    internal static void KnowSession(ServerState state, int version, byte[] id, int suite)
    {
        state.Keep(id, new ServerSession
        {
            Version = version,
            CipherSuite = suite,
            Secret = new byte[version == ProtocolVersion.Tls13 ? 32 : 48],
            IssuedMs = 0,
            LifetimeSeconds = 3600,
            MaxEarlyDataBytes = 1024,
            ExtendedMasterSecret = true,
            ServerName = TlsFuzzClient.Name,
            ApplicationProtocol = version == ProtocolVersion.Dtls12 ? null : "dot",
        });
    }

    private static IEnumerable<(string, string, byte[])> Datagrams()
    {
        (string Name, int First, int Second, Action<DtlsServerOptions> Configure)[] flows =
        [
            ("full", 0x10, 0x00, o => o.Cookie = false),
            ("full-cookie", 0x10, 0x80, _ => { }),
            ("full-small-datagrams", 0x30, 0x00, o => o.MaxDatagramBytes = 256),
            ("full-connection-ids", 0x18, 0x00, o => o.ConnectionIdBytes = 4),
            ("full-empty-connection-id", 0x14, 0x00, o => o.ConnectionIdBytes = 0),
            ("full-long-connection-id", 0x1C, 0x00, o => o.ConnectionIdBytes = 8),
            ("raw-key", 0x50, 0x00, o => o.PreferRawPublicKey = true),
            ("full-certificate-request", 0x10, 0x00, o => o.RequestClientCertificate = true),
            ("full-prefix", 0x90, 0x00, _ => { }),
            ("psk", 0x11, 0x00, _ => { }),
            ("psk-connection-ids", 0x19, 0x40, o => o.ConnectionIdBytes = 2),
            ("resumed", 0x12, 0x00, o => o.Cookie = false),
            ("resumed-renewed", 0x1A, 0x00, o => (o.RenewTickets, o.Cookie) = (true, false)),
            ("resumed-by-id", 0x12, 0x04, o => (o.SessionIds, o.Cookie) = (true, false)),
            ("no-tickets", 0x10, 0x08, o => o.SessionIds = true),
        ];
        foreach ((string name, int first, int second, Action<DtlsServerOptions> configure) in flows)
        {
            (byte[] down, byte[] up) = RecordDatagrams(first, second, configure);
            yield return ("dtls", name, [(byte)first, (byte)second, .. down]);
            yield return ("server", "dtls-" + name, [(byte)(name == "full-cookie" ? 3 : 1), 0, .. up]);
        }
    }

    private static (byte[] Down, byte[] Up) RecordDatagrams(int first, int second, Action<DtlsServerOptions> configure)
    {
        object address = "client";
        NullCryptoProvider crypto = new(2);
        DodtlsServerOptions options = new();
        options.Dtls.Credentials = [s_credential];
        options.Dtls.StatefulTickets = true;
        configure(options.Dtls);
        DodtlsServer server = new(crypto, new ZoneResponder(DemoZone.Create()), options);
        server.State.Psks.Add(new ServerPsk([1, 2, 3, 4], new byte[16]));
        KnowSession(server.State, ProtocolVersion.Dtls12, new byte[40], CipherSuite.EcdheEcdsaAes128GcmSha256);
        KnowSession(server.State, ProtocolVersion.Dtls12, new byte[32], CipherSuite.EcdheEcdsaAes128GcmSha256);
        DtlsFuzzClient client = new(first, second);
        List<byte> down = [];
        List<byte> up = [];
        Exchange();
        DtlsServer? association = server.Socket.Find(address);
        if (!client.WasConnected || client.Answers == 0 || association == null)
            throw new InvalidOperationException("A recorded conversation did not come to an answer: " + first + " " + second + " " + TlsError.Describe(client.Session.Dtls.Error));

        association.SendHeartbeat(16, 16);
        Exchange();
        association.Close();
        Exchange();
        return ([.. down], [.. up]);

        void Exchange()
        {
            byte[] wire = new byte[4096];
            for (int quiet = 0; quiet < 2;)
            {
                quiet++;
                client.Drain();
                int count;
                while ((count = client.Transmit(wire)) > 0)
                {
                    up.AddRange(wire.AsSpan(0, count));
                    server.Receive(address, wire, 0, count, 1000);
                    quiet = 0;
                }

                server.HandleTimeout(1000);
                while ((count = server.Transmit(wire, 0, wire.Length, out _)) > 0)
                {
                    down.AddRange([(byte)(count >> 8), (byte)count]);
                    down.AddRange(wire.AsSpan(0, count));
                    client.Session.Receive(wire, 0, count, 1000);
                    client.Drain();
                    quiet = 0;
                }
            }
        }
    }

    private static IEnumerable<(string, string, byte[])> Records()
    {
        NullCryptoProvider crypto = new(1);
        int[] suites = [CipherSuite.Aes128GcmSha256, CipherSuite.ChaCha20Poly1305Sha256, CipherSuite.Aes128Ccm8Sha256, CipherSuite.EcdheEcdsaAes128GcmSha256, CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256, CipherSuite.PskAes128Ccm8];
        for (int i = 0; i < suites.Length; i++)
        {
            RecordProtection tls = new(crypto, suites[i]);
            byte[] record = new byte[100];
            int bytes = tls.Seal(ContentType.Handshake, record, 0, 20);
            yield return ("records", "tls-" + i, [(byte)i, .. record[..bytes]]);
            if (i < 3)
                continue;

            DtlsRecordProtection dtls = new(crypto, suites[i]) { ConnectionId = new byte[i - 3] };
            bytes = dtls.Seal(ContentType.Handshake, 1, 5, record, 0, 20);
            yield return ("records", "dtls-" + i, [(byte)(((i - 3) << 5) / 6 * 6 + i), .. record[..bytes]]);
        }
    }

    private static IEnumerable<(string, string, byte[])> Certificates()
    {
        yield return ("certificate", "server", [0x08, .. s_credential.Chain[0]]);
        yield return ("certificate", "server-bytes", [0x0A, .. s_credential.Chain[0]]);
        yield return ("certificate", "authority", [0x0E, .. s_authority.Der]);
        yield return ("certificate", "expired", [0x08, .. s_maker.MakeServer(s_authority, ["*.example"], [System.Net.IPAddress.Loopback], s_from, s_from.AddDays(1)).Der]);
        yield return ("certificate", "rsa", [0x08, .. s_maker.MakeServer(s_authority, [TlsFuzzClient.Name], [], s_from, s_until, true).Der]);
        yield return ("certificate", "raw", [0x01, .. s_credential.PublicKeyInfo]);
        yield return ("certificate", "raw-bytes", [0x03, .. s_credential.PublicKeyInfo]);
    }

    private static IEnumerable<(string, string, byte[])> Sessions()
    {
        SessionSerializer serializer = new();
        byte[] buffer = new byte[4096];
        SessionCache cache = new(4, 2, 1024);
        foreach ((string name, bool tls13) in new[] { ("tls12", false), ("tls13", true) })
        {
            int count = serializer.Write("192.0.2.1:853", TlsFuzzClient.MakeSession(tls13, tls13), buffer, 0, buffer.Length);
            yield return ("sessions", name, [0, .. buffer[..count]]);
            cache.Append("192.0.2.1:853", TlsFuzzClient.MakeSession(tls13, tls13));
        }

        TlsSession byId = TlsFuzzClient.MakeSession(false, false);
        byId.Version = ProtocolVersion.Dtls12;
        byId.Ticket = null;
        byId.SessionId = [1, 2, 3, 4];
        int last = serializer.Write("[2001:db8::1]:853", byId, buffer, 0, buffer.Length);
        yield return ("sessions", "dtls12-id", [0, .. buffer[..last]]);
        cache.Append("[2001:db8::1]:853", byId);
        SessionTarget.BlockStore blobs = new();
        SealedSessionStore store = new(cache, blobs, new NullCryptoProvider(1), new byte[32]);
        store.Save(1_750_000_000_000);
        yield return ("sessions", "block", [1, .. blobs.Block!]);
        yield return ("sessions", "block-exclusive", [3, .. blobs.Block!]);
    }

    private static IEnumerable<(string, string, byte[])> Zones()
    {
        string[] zones =
        [
            """
            $ORIGIN example.
            $TTL 1h
            @               SOA     ns hostmaster ( 2024010101 1h 15m 1w 1m )
                            NS      ns
                            A       192.0.2.1
                            AAAA    2001:db8::1
                            MX      10 mail
                            TXT     "v=spf1 mx -all" two\.three "\034\"quoted\""
                            HTTPS   1 . alpn="h2,h3" ipv4hint=192.0.2.1 ipv6hint=2001:db8::1
            ns        300   A       192.0.2.53
            www       IN 5m CNAME   @
            _dns            SVCB    1 ns alpn="dot" port=853 mandatory=alpn,port key667="hello"
            _mqtts._tcp     SRV     0 5 8883 broker.example.
            *.things        A       192.0.2.99 ; a comment
            raw             TYPE731 \# 6 abcdef 01 23 45

            """,
            "example. 3600 IN SOA a. b. 1 2 3 4 5\nx\\.y.example. 0 IN PTR example.\n",
        ];
        for (int i = 0; i < zones.Length; i++)
            yield return ("zone", "zone-" + (i + 1), Encoding.Latin1.GetBytes(zones[i]));
    }

    /// <summary>The shipped scenarios, and one with a device of its own.</summary>
    private static IEnumerable<(string, string, byte[])> Scenarios()
    {
        foreach (string name in ShippedData.Scenarios)
            yield return ("scenario", name, Encoding.UTF8.GetBytes(ShippedData.ScenarioText(name)));

        string device = ShippedData.ProfileText("esp32-dtim3")!;
        string own = "{ \"format\": \"dpriv-scenario/1\", \"name\": \"own\", \"device\": " + System.Text.RegularExpressions.Regex.Replace(device, ", \"source\": \"[^\"]*\"", ", \"source\": \"x\"") + ", \"protocol\": \"dot\", \"workload\": { \"kind\": \"trace\", \"times\": [0, 1.5, 60] } }";
        yield return ("scenario", "own-device", Encoding.UTF8.GetBytes(own));
    }
}
