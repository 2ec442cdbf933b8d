using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
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

/// <summary><c>dpriv serve</c>: a DNS-over-TLS server over a zone file, with switches to lose its state, refuse, delay and close.</summary>
internal static class ServeCommand
{
    private static readonly Option<string?> ZoneFile = new("--zone") { Description = "The zone file (RFC 1035 section 5); a demonstration zone, example., by default.", HelpName = "FILE" };
    private static readonly Option<int> Dot = new("--dot") { Description = "The port for DNS over TLS; 0 for any free one.", HelpName = "PORT", DefaultValueFactory = _ => 8853 };
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

    public static Command Create()
    {
        var command = new Command("serve", "Serve a zone over TLS. While it runs, lines on standard input are commands: lose-state, lose-tickets, refuse, accept, delay MS, drain, status, quit.")
        {
            ZoneFile, Dot, Address, Cert, Key, ServerName, PskIdentity, PskKey, Tls, Tickets, EarlyData, FastOpen, Idle, AdvertiseIdle, Delay, OutOfOrder, CloseAfter, RetryCookie,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        Zone zone = LoadZone(CommandInput.FileName(parsed, ZoneFile));
        ServerCredential credential = LoadCredential(parsed, out byte[] pin);
        DotServerOptions options = MakeOptions(parsed, credential);
        var server = new DotServer(new BouncyCastleProvider(), new ZoneResponder(zone), options);
        AddPsk(parsed, server);
        if (!IPAddress.TryParse(parsed.GetValue(Address), out IPAddress? address))
            throw new BadInputException($"--address takes an IP address, not '{parsed.GetValue(Address)}'.");
        if (parsed.GetValue(Dot) is < 0 or > 65535 or 53)
            throw new BadInputException("--dot takes a port from 0 to 65535, but not 53 (RFC 7858 section 3.1).");

        DotServerHost host;
        try
        {
            host = DotServerHost.Start(server, [new IPEndPoint(address, parsed.GetValue(Dot))], parsed.GetValue(FastOpen));
        }
        catch (SocketException e)
        {
            throw new BadInputException($"{address} port {parsed.GetValue(Dot)} cannot be listened on: {e.Message}");
        }

        await using (host)
        {
            Console.WriteLine($"serving {zone.Apex} ({zone.RecordCount} records) over TLS on {new IPEndPoint(address, host.Port)}{(host.FastOpen ? ", Fast Open" : "")}");
            Console.WriteLine($"pin {Convert.ToBase64String(pin)}");
            await CommandLoopAsync(host, cancellationToken).ConfigureAwait(false);
            WriteStatus(host);
        }

        return ExitCode.Answered;
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

    private static void AddPsk(ParseResult parsed, DotServer server)
    {
        string? identity = parsed.GetValue(PskIdentity);
        string? key = parsed.GetValue(PskKey);
        if ((identity == null) != (key == null))
            throw new BadInputException("--psk-identity and --psk-key belong together: give both or neither.");
        if (key == null)
            return;

        server.State.Psks.Add(new ServerPsk(CommandInput.ParseIdentity(identity!), CommandInput.ParseKey(key)));
    }

    private static async Task CommandLoopAsync(DotServerHost host, CancellationToken cancellationToken)
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

            string? reply = Execute(host, words);
            if (reply != null)
                Console.WriteLine(reply);
        }
    }

    private static string? Execute(DotServerHost host, string[] words)
    {
        switch (words[0])
        {
            case "lose-state":
                host.LoseState();
                return "connections, tickets and session ids forgotten";
            case "lose-tickets":
                host.Change(server => server.State.LoseState());
                return "tickets and session ids forgotten";
            case "refuse":
                host.Change(server => server.Options.RefuseConnections = true);
                return "connections are refused";
            case "accept":
                host.Change(server => server.Options.RefuseConnections = false);
                return "connections are accepted";
            case "drain":
                host.Change(server => server.Options.Draining = true);
                return "clients are asked to drain";
            case "delay" when words.Length != 2 || !int.TryParse(words[1], out int ms) || ms < 0:
                return "delay takes milliseconds, 0 or more, such as delay 250";
            case "delay":
                int delay = int.Parse(words[1], CultureInfo.InvariantCulture);
                host.Change(server => server.Options.AnswerDelayMs = delay);
                return $"answers are delayed by {delay} ms";
            case "status":
                WriteStatus(host);
                return null;
            default:
                return $"'{words[0]}' is no command; commands: lose-state, lose-tickets, refuse, accept, delay MS, drain, status, quit";
        }
    }

    private static void WriteStatus(DotServerHost host)
    {
        DotServerCounters counters = host.Counters;
        Console.WriteLine($"connections {counters.Connections}, full handshakes {counters.FullHandshakes}, resumed {counters.ResumedHandshakes}, failed {counters.FailedHandshakes}, early data {counters.EarlyDataAccepted}, queries {counters.Queries}, answers {counters.Answers}");
    }
}
