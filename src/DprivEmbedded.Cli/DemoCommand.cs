using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Harness;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Sockets;
using DprivEmbedded.Tls;
using Spectre.Console;

namespace DprivEmbedded.Cli;

/// <summary><c>dpriv demo</c>: a resolver in this process, a handful of lookups, its state lost in between, resumption shown.</summary>
internal static class DemoCommand
{
    private const int MaxAnswer = 24;

    private static readonly Option<string?> Tls = new("--tls") { Description = "Only this version.", HelpName = "1.2|1.3" };
    private static readonly Option<bool> Trace = new("--trace") { Description = "Draw the exchanged flights of each lookup as a ladder." };
    private static readonly Option<bool> Json = new("--json") { Description = "Print one JSON object a lookup." };

    public static Command Create()
    {
        var command = new Command("demo", "A resolver in this process, a handful of private lookups, state lost in between: no network needed.") { Tls, Trace, Json };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string? version = parsed.GetValue(Tls);
        if (version is not (null or "1.2" or "1.3"))
            throw new BadInputException($"--tls takes 1.2 or 1.3, not '{version}'.");

        bool json = parsed.GetValue(Json);
        IssuedCertificate certificate = ServerSetup.MakeCertificate("dot.example");
        var serverOptions = new DotServerOptions();
        serverOptions.Tls.Credentials = [new ServerCredential(certificate)];
        serverOptions.Tls.EarlyData = EarlyDataMode.Accept;
        var server = new DotServer(new BouncyCastleProvider(), new ZoneResponder(DemoZone.Create()), serverOptions);
        await using DotServerHost host = DotServerHost.StartOnLoopback(server);

        var options = new DprivResolverOptions
        {
            TrustAnchors = TrustAnchors.FromCertificates(certificate.Der),
            EarlyData = true,
            MinVersion = version == "1.3" ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12,
            MaxVersion = version == "1.2" ? ProtocolVersion.Tls12 : ProtocolVersion.Tls13,
        };
        options.Servers.Add(new DprivServer(IPAddress.Loopback, host.Port) { AuthenticationName = "dot.example", Pins = { certificate.SpkiSha256() } });
        FlightRecorder? recorder = parsed.GetValue(Trace) ? options.Recorder = new FlightRecorder() : null;
        await using var resolver = new DprivResolver(options);

        // What happens before each lookup, the lookup, and whether early data is allowed for it.
        var steps = new List<(string What, Action? Before, string Name, string Type)>
        {
            ("first lookup", null, "www.example", "A"),
            ("the connection is there", null, "shop.example", "AAAA"),
            ("and again", null, "www.example", "HTTPS"),
            ("the client slept", resolver.CloseConnections, "example", "MX"),
            ("the connection is lost: RST", () => ForgetConnections(host), "example", "TXT"),
            ("all state is lost, tickets too", () => host.LoseState(), "_mqtts._tcp.example", "SRV"),
            ("no such name", null, "nosuch.example", "A"),
        };

        var table = new Table().Border(TableBorder.Rounded);
        foreach (string heading in (string[])["before the lookup", "name", "type", "answer", "handshake", "round trips", "bytes up", "bytes down", "ms"])
            table.AddColumn(table.Columns.Count < 5 ? new TableColumn(heading).NoWrap() : new TableColumn(heading.Replace(' ', '\n')).RightAligned());

        foreach (var (what, before, name, type) in steps)
        {
            before?.Invoke();
            DprivLookup lookup = await resolver.QueryAsync(name, type, cancellationToken).ConfigureAwait(false);
            if (json)
                Console.WriteLine(LookupText.ToJson(name, type, lookup));
            else
                AddRow(table, what, name, type, lookup);

            if (recorder != null)
            {
                IReadOnlyList<Flight> flights = recorder.TakeFlights();
                var output = json ? Console.Error : Console.Out;
                output.WriteLine($"{name} {type}: {what}");
                if (flights.Count > 0)
                    Ladder.Write(output, flights, flights[0].AtMs);

                output.WriteLine();
            }
        }

        if (json)
            return ExitCode.Answered;

        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = 150;

        AnsiConsole.Write(table);
        ResolverStatistics done = resolver.Statistics;
        Console.WriteLine($"{done.Answers} lookups over {done.Connections} connections: {done.FullHandshakes} full handshakes, {done.ResumedHandshakes} resumed ({done.EarlyDataAccepted} with early data), {done.Retries} queries sent again.");
        return ExitCode.Answered;
    }

    private static void ForgetConnections(DotServerHost host)
    {
        host.Change(server =>
        {
            foreach (DotConnection connection in server.Connections.ToArray())
                connection.End(CloseManner.Forget);
        });
    }

    private static void AddRow(Table table, string what, string name, string type, DprivLookup lookup)
    {
        string answer = lookup.Message.Answers.Length == 0
            ? Dns.DnsResponseCode.ToText(lookup.Message.ResponseCode)
            : lookup.Message.Answers[lookup.Message.Answers.Length - 1].RdataText;
        if (answer.Length > MaxAnswer)
            answer = answer.Substring(0, MaxAnswer - 1) + "…";

        table.AddRow(
            new Text(what),
            new Text(name),
            new Text(type),
            new Text(answer),
            new Text(LookupText.HandshakeName(lookup.Handshake) + (lookup.Handshake == DprivHandshake.None ? "" : " " + ProtocolVersion.Name(lookup.Version))),
            new Text(lookup.RoundTrips.ToString(CultureInfo.InvariantCulture)),
            new Text(lookup.BytesUp.ToString(CultureInfo.InvariantCulture)),
            new Text(lookup.BytesDown.ToString(CultureInfo.InvariantCulture)),
            new Text(lookup.Elapsed.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)));
    }
}
