using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Dns;
using DprivEmbedded.Harness;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Sockets;

namespace DprivEmbedded.Cli;

/// <summary><c>dpriv serve</c>: a DNS-over-TLS and DNS-over-DTLS server over a zone file or in front of a DNS server, with switches to lose its state, refuse, delay and close.</summary>
internal static class ServeCommand
{
    private static readonly Option<string?> ZoneFile = new("--zone") { Description = "The zone file (RFC 1035 section 5); a demonstration zone, example., by default.", HelpName = "FILE" };
    private static readonly Option<string?> Forward = new("--forward") { Description = "Instead of a zone: the DNS server that answers, over plain UDP and TCP. A trusted one on this machine or network; it and the way to it see every query.", HelpName = "ADDR[:PORT]" };
    private static readonly Option<int?> Dot = new("--dot") { Description = "The port for DNS over TLS; 0 for any free one. 8853 where --dodtls is not given either.", HelpName = "PORT" };
    private static readonly Option<int?> Dodtls = new("--dodtls") { Description = "The port for DNS over DTLS; 0 for any free one.", HelpName = "PORT" };
    private static readonly Option<string> Address = new("--address") { Description = "The address to listen on.", HelpName = "ADDR", DefaultValueFactory = _ => "127.0.0.1" };
    private static readonly Option<string?> Cert = new("--cert") { Description = "The certificate chain, PEM; a self-signed one for --name by default.", HelpName = "FILE" };
    private static readonly Option<string?> Key = new("--key") { Description = "The private key, PEM (PKCS #8).", HelpName = "FILE" };
    private static readonly Option<string> ServerName = new("--name") { Description = "The name in the self-signed certificate.", HelpName = "NAME", DefaultValueFactory = _ => "dot.example" };
    private static readonly Option<string?> PskIdentity = new("--psk-identity") { Description = "The identity of a pre-shared key, as text.", HelpName = "TEXT" };
    private static readonly Option<string?> PskKey = new("--psk-key") { Description = "The pre-shared key, hexadecimal.", HelpName = "HEX" };
    private static readonly Option<string?> Tls = new("--tls") { Description = "Only this version.", HelpName = "1.2|1.3" };
    private static readonly Option<int> Tickets = new("--tickets") { Description = "Tickets after a TLS 1.3 handshake; 0 for no tickets in either version.", HelpName = "N", DefaultValueFactory = _ => 2 };
    private static readonly Option<int> EarlyData = new("--early-data") { Description = "Bytes of early data to accept; 0 for none.", HelpName = "BYTES" };
    private static readonly Option<bool> FastOpen = new("--fast-open") { Description = "Accept data in the SYN where the system can (RFC 7413)." };
    private static readonly Option<int> Idle = new("--idle") { Description = "Close a connection after this time without queries, in milliseconds.", HelpName = "MS", DefaultValueFactory = _ => 30000 };
    private static readonly Option<int> AdvertiseIdle = new("--advertise-idle") { Description = "The time that edns-tcp-keepalive tells, where it differs from --idle; 0 asks clients to drain.", HelpName = "MS", DefaultValueFactory = _ => -1 };
    private static readonly Option<int> Delay = new("--delay") { Description = "Delay of each answer in milliseconds.", HelpName = "MS" };
    private static readonly Option<bool> OutOfOrder = new("--out-of-order") { Description = "Answer pipelined queries out of order." };
    private static readonly Option<int> CloseAfter = new("--close-after") { Description = "Close each connection after this many answers; 0 for never.", HelpName = "N" };
    private static readonly Option<bool> RetryCookie = new("--retry") { Description = "Answer each first ClientHello of TLS 1.3 with a HelloRetryRequest." };

    private static readonly Option<bool> NoCookie = new("--no-cookie") { Description = "DTLS: shake hands without the cookie exchange." };
    private static readonly Option<int?> CidLength = new("--cid-length") { Description = "DTLS: agree to connection ids and give out ones of this size, 0 to 32 bytes; without the option, do not know them.", HelpName = "BYTES" };
    private static readonly Option<bool> NoHeartbeat = new("--no-heartbeat") { Description = "DTLS: do not know heartbeats." };
    private static readonly Option<string> Unknown = new("--unknown") { Description = "DTLS: what to say to records of associations that are not known.", HelpName = "alert|silence", DefaultValueFactory = _ => "silence" };
    private static readonly Option<string> Prefix = new("--prefix") { Description = "DTLS: messages without a length prefix (RFC 8094), with one, or each answer as its query.", HelpName = "raw|prefix|mirror", DefaultValueFactory = _ => "mirror" };
    private static readonly Option<int> MaxDatagram = new("--max-datagram") { Description = "DTLS: the largest datagram to send, in bytes.", HelpName = "BYTES", DefaultValueFactory = _ => 1232 };

    public static Command Create()
    {
        var command = new Command("serve", "Serve a zone, or another DNS server's answers, over TLS and DTLS. While it runs, lines on standard input are commands: lose-state, lose-associations, lose-tickets, refuse, accept, delay MS, drain, status, quit.")
        {
            ZoneFile, Forward, Dot, Dodtls, Address, Cert, Key, ServerName, PskIdentity, PskKey, Tls, Tickets, EarlyData, FastOpen, Idle, AdvertiseIdle, Delay, OutOfOrder, CloseAfter, RetryCookie,
            NoCookie, CidLength, NoHeartbeat, Unknown, Prefix, MaxDatagram,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string? zoneFile = CommandInput.FileName(parsed, ZoneFile);
        IPEndPoint? upstream = ParseForward(parsed.GetValue(Forward));
        if (zoneFile != null && upstream != null)
            throw new BadInputException("--zone and --forward exclude each other: the answers come from a file or from a server.");

        Zone? zone = upstream == null ? LoadZone(zoneFile) : null;
        ServerCredential credential = LoadCredential(parsed, out byte[] pin);
        DotServerOptions options = MakeOptions(parsed, credential);
        DodtlsServerOptions dtlsOptions = MakeDtlsOptions(parsed, credential);
        ServerPsk? psk = MakePsk(parsed);
        if (!IPAddress.TryParse(parsed.GetValue(Address), out IPAddress? address))
            throw new BadInputException($"--address takes an IP address, not '{parsed.GetValue(Address)}'.");

        int? dtlsPort = CheckPort(parsed.GetValue(Dodtls), "--dodtls", "RFC 8094 section 3.1");
        int? port = CheckPort(parsed.GetValue(Dot), "--dot", "RFC 7858 section 3.1") ?? (dtlsPort == null ? 8853 : null);
        var hosts = new ServedHosts { Forwarder = upstream == null ? null : new UpstreamForwarder(upstream) };
        await using (hosts)
        {
            string what = zone != null ? $"serving {zone.Apex} ({zone.RecordCount} records)" : $"forwarding to {upstream}";
            if (port != null)
            {
                DotServer server = zone != null ? new DotServer(new BouncyCastleProvider(), new ZoneResponder(zone), options) : new DotServer(new BouncyCastleProvider(), hosts.Forwarder!, options);
                Add(server.State, psk);
                hosts.Dot = Listen(address, port.Value, endPoint => DotServerHost.Start(server, [endPoint], parsed.GetValue(FastOpen)));
                Console.WriteLine($"{what} over TLS on {new IPEndPoint(address, hosts.Dot.Port)}{(hosts.Dot.FastOpen ? ", Fast Open" : "")}");
            }

            if (dtlsPort != null)
            {
                DodtlsServer server = zone != null ? new DodtlsServer(new BouncyCastleProvider(), new ZoneResponder(zone), dtlsOptions) : new DodtlsServer(new BouncyCastleProvider(), hosts.Forwarder!, dtlsOptions);
                Add(server.State, psk);
                hosts.Dodtls = Listen(address, dtlsPort.Value, endPoint => DodtlsServerHost.Start(server, [endPoint]));
                Console.WriteLine($"{what} over DTLS on {new IPEndPoint(address, hosts.Dodtls.Port)}");
            }

            Console.WriteLine($"pin {Convert.ToBase64String(pin)}");
            await CommandLoopAsync(hosts, cancellationToken).ConfigureAwait(false);
            hosts.WriteStatus();
        }

        return ExitCode.Answered;
    }

    private static T Listen<T>(IPAddress address, int port, Func<IPEndPoint, T> start)
    {
        try
        {
            return start(new IPEndPoint(address, port));
        }
        catch (SocketException e)
        {
            throw new BadInputException($"{address} port {port} cannot be listened on: {e.Message}");
        }
    }

    private static int? CheckPort(int? port, string option, string source)
    {
        return port is < 0 or > 65535 or 53 ? throw new BadInputException($"{option} takes a port from 0 to 65535, but not 53 ({source}).") : port;
    }

    private static IPEndPoint? ParseForward(string? text)
    {
        if (text == null)
            return null;

        if (IPAddress.TryParse(text, out IPAddress? address))
            return new IPEndPoint(address, 53);

        return IPEndPoint.TryParse(text, out IPEndPoint? endPoint) && endPoint.Port != 0
            ? endPoint
            : throw new BadInputException($"--forward takes the IP address of a DNS server, with a port if it is not 53, such as 127.0.0.1, 127.0.0.1:5353 or [::1]:5353, not '{text}'.");
    }

    private static Zone LoadZone(string? file)
    {
        if (file == null)
            return DemoZone.Create();

        try
        {
            return Zone.Load(file);
        }
        catch (ZoneFormatException e)
        {
            throw new BadInputException("--zone: " + e.Message);
        }
        catch (Exception e) when (e is IOException || e is UnauthorizedAccessException)
        {
            throw new BadInputException($"--zone: '{file}' cannot be read: {e.Message}");
        }
    }

    private static ServerCredential LoadCredential(ParseResult parsed, out byte[] pin)
    {
        string? certificate = CommandInput.FileName(parsed, Cert);
        string? key = CommandInput.FileName(parsed, Key);
        if ((certificate == null) != (key == null))
            throw new BadInputException("--cert and --key belong together: give both or neither.");

        string name = parsed.GetValue(ServerName)!;
        if (certificate == null && (DnsName.TryParse(name, out _) == null || name.Contains(' ', StringComparison.Ordinal)))
            throw new BadInputException($"--name takes a host name, such as dot.example, not '{name}'.");

        ServerCredential credential = certificate != null ? ServerSetup.Load(certificate, key!) : new ServerCredential(ServerSetup.MakeCertificate(name));
        pin = System.Security.Cryptography.SHA256.HashData(credential.PublicKeyInfo);
        return credential;
    }

    private static DotServerOptions MakeOptions(ParseResult parsed, ServerCredential credential)
    {
        int idle = parsed.GetValue(Idle);
        int advertised = parsed.GetValue(AdvertiseIdle);
        if (idle < 1)
            throw new BadInputException("--idle must be 1 millisecond or more.");
        if (advertised < -1)
            throw new BadInputException("--advertise-idle must be 0 or more milliseconds.");
        if (parsed.GetValue(Tickets) is < 0 or > 16)
            throw new BadInputException("--tickets must be 0 to 16.");
        if (parsed.GetValue(Delay) < 0 || parsed.GetValue(EarlyData) < 0 || parsed.GetValue(CloseAfter) < 0)
            throw new BadInputException("--delay, --early-data and --close-after must be 0 or more.");

        string? version = parsed.GetValue(Tls);
        if (version is not (null or "1.2" or "1.3"))
            throw new BadInputException($"--tls takes 1.2 or 1.3, not '{version}'.");

        var options = new DotServerOptions
        {
            IdleTimeoutMs = idle,
            AdvertisedKeepaliveMs = advertised < 0 ? idle : advertised,
            Draining = advertised == 0,
            AnswerDelayMs = parsed.GetValue(Delay),
            AnswerJitterMs = parsed.GetValue(OutOfOrder) ? 20 : 0,
            OutOfOrder = parsed.GetValue(OutOfOrder),
            CloseAfterAnswers = parsed.GetValue(CloseAfter),
        };
        options.Tls.Credentials = [credential];
        options.Tls.Tls12 = version != "1.3";
        options.Tls.Tls13 = version != "1.2";
        options.Tls.Tickets = parsed.GetValue(Tickets) > 0;
        options.Tls.TicketCount = parsed.GetValue(Tickets);
        options.Tls.EarlyData = parsed.GetValue(EarlyData) > 0 ? EarlyDataMode.Accept : EarlyDataMode.Off;
        if (parsed.GetValue(EarlyData) > 0)
            options.Tls.MaxEarlyDataBytes = parsed.GetValue(EarlyData);
        if (parsed.GetValue(RetryCookie))
            options.Tls.HelloRetry = HelloRetryMode.Cookie;

        return options;
    }

    private static DodtlsServerOptions MakeDtlsOptions(ParseResult parsed, ServerCredential credential)
    {
        int? cidLength = parsed.GetValue(CidLength);
        if (cidLength is < 0 or > 32)
            throw new BadInputException("--cid-length must be 0 to 32 bytes.");
        if (parsed.GetValue(MaxDatagram) is < 256 or > 16384)
            throw new BadInputException("--max-datagram must be 256 to 16384 bytes.");

        var options = new DodtlsServerOptions
        {
            AnswerDelayMs = parsed.GetValue(Delay),
            AnswerJitterMs = parsed.GetValue(OutOfOrder) ? 20 : 0,
            OutOfOrder = parsed.GetValue(OutOfOrder),
            MaxAnswerBytes = parsed.GetValue(MaxDatagram),
            Prefix = parsed.GetValue(Prefix) switch
            {
                "raw" => PrefixMode.Raw,
                "prefix" => PrefixMode.Prefix,
                "mirror" => PrefixMode.Mirror,
                string other => throw new BadInputException($"--prefix takes raw, prefix or mirror, not '{other}'."),
                null => throw new BadInputException("--prefix takes raw, prefix or mirror."),
            },
        };
        options.Dtls.Credentials = [credential];
        options.Dtls.Cookie = !parsed.GetValue(NoCookie);
        options.Dtls.ConnectionIdBytes = cidLength ?? -1;
        options.Dtls.Heartbeat = parsed.GetValue(NoHeartbeat) ? HeartbeatPolicy.Off : HeartbeatPolicy.Answer;
        options.Dtls.IdleTimeoutMs = parsed.GetValue(Idle);
        options.Dtls.MaxDatagramBytes = parsed.GetValue(MaxDatagram);
        options.Dtls.Tickets = parsed.GetValue(Tickets) > 0;
        options.Dtls.UnknownRecord = parsed.GetValue(Unknown) switch
        {
            "alert" => UnknownRecordPolicy.Alert,
            "silence" => UnknownRecordPolicy.Silence,
            string other => throw new BadInputException($"--unknown takes alert or silence, not '{other}'."),
            null => throw new BadInputException("--unknown takes alert or silence."),
        };
        return options;
    }

    private static ServerPsk? MakePsk(ParseResult parsed)
    {
        string? identity = parsed.GetValue(PskIdentity);
        string? key = parsed.GetValue(PskKey);
        if ((identity == null) != (key == null))
            throw new BadInputException("--psk-identity and --psk-key belong together: give both or neither.");

        return key == null ? null : new ServerPsk(CommandInput.ParseIdentity(identity!), CommandInput.ParseKey(key));
    }

    private static void Add(ServerState state, ServerPsk? psk)
    {
        if (psk != null)
            state.Psks.Add(psk);
    }

    private static async Task CommandLoopAsync(ServedHosts hosts, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            string? line;
            try
            {
                // The console's reader blocks its caller and knows no cancellation: it must not hold up a signal.
                line = await Task.Run(Console.In.ReadLine, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (line == null)
            {
                // No standard input (a service, for example): serve until the signal.
                await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
                return;
            }

            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
                continue;
            if (words[0] == "quit")
                return;

            string? reply = hosts.Execute(words);
            if (reply != null)
                Console.WriteLine(reply);
        }
    }
}
