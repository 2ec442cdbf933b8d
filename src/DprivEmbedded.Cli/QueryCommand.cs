using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Dns;
using DprivEmbedded.Sockets;
using DprivEmbedded.Sockets.Storage;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Cli;

/// <summary><c>dpriv query</c>: lookups at real servers.</summary>
internal static class QueryCommand
{
    private const int MaxBufferBytes = 65536;

    private static readonly Argument<string> Name = new("NAME") { Description = "The name to look up." };
    private static readonly Argument<string> Type = new("TYPE") { Description = "The record type.", DefaultValueFactory = _ => "A" };
    private static readonly Option<string[]> Server = new("--server") { Description = "A server, ADDR or ADDR:PORT ([ADDR]:PORT for IPv6); may be given several times, in order of preference.", HelpName = "ADDR[:PORT]", Required = true };
    private static readonly Option<string?> AuthName = new("--auth-name") { Description = "The authentication domain name, checked against the certificate and sent as server_name.", HelpName = "NAME" };
    private static readonly Option<string[]> Pin = new("--pin") { Description = "An SPKI pin, base64 or hexadecimal; may be given several times.", HelpName = "PIN" };
    private static readonly Option<string?> Ca = new("--ca") { Description = "A PEM or DER file with the trusted authorities; the system's by default.", HelpName = "FILE" };
    private static readonly Option<string?> PskIdentity = new("--psk-identity") { Description = "The identity of a pre-shared key, as text.", HelpName = "TEXT" };
    private static readonly Option<string?> PskKey = new("--psk-key") { Description = "The pre-shared key, hexadecimal.", HelpName = "HEX" };
    private static readonly Option<bool> Opportunistic = new("--opportunistic") { Description = "Go on with a server that cannot be authenticated (RFC 8310 section 5)." };
    private static readonly Option<string> Transport = new("--transport") { Description = "dot: over TLS; dodtls: over DTLS, and over TLS for what does not fit into a datagram.", HelpName = "dot|dodtls", DefaultValueFactory = _ => "dot" };
    private static readonly Option<bool> Heartbeat = new("--heartbeat") { Description = "DTLS: after each lookup send a heartbeat and tell whether it was answered (RFC 6520)." };
    private static readonly Option<string?> ConnectionId = new("--cid") { Description = "DTLS: the connection id that the server is to use (RFC 9146), hexadecimal; 'none' offers no connection ids. By default they are offered and the server's records carry none.", HelpName = "HEX|none" };
    private static readonly Option<bool> Prefix = new("--prefix") { Description = "DTLS: put a 2-byte length before each message, as some servers want it." };
    private static readonly Option<bool> Rebind = new("--rebind") { Description = "DTLS: go on from a new local port after each lookup; with a connection id the association survives." };
    private static readonly Option<string?> Tls = new("--tls") { Description = "Only this version.", HelpName = "1.2|1.3" };
    private static readonly Option<bool> EarlyData = new("--early-data") { Description = "Send the query as early data when a session is resumed; it can be replayed (RFC 8446 appendix E.5)." };
    private static readonly Option<bool> FastOpen = new("--fast-open") { Description = "Send the ClientHello in the SYN where the system can (RFC 7413)." };
    private static readonly Option<bool> Compatibility = new("--compatibility") { Description = "Look like TLS 1.2 to middleboxes (RFC 8446 appendix D.4)." };
    private static readonly Option<string?> TicketStore = new("--ticket-store") { Description = "Keep sessions in this file, sealed with the key in FILE.key.", HelpName = "FILE" };
    private static readonly Option<int> Repeat = new("--repeat") { Description = "How often to look the name up.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Interval = new("--interval") { Description = "Pause between lookups in milliseconds.", HelpName = "MS" };
    private static readonly Option<string?> Policy = new("--policy") { Description = "What a lookup does after a quiet time, and what quiet time does; 'dpriv query' in docs/cli.md says what each means.", HelpName = PolicyText.Forms };
    private static readonly Option<string?> Every = new("--every") { Description = "Look the name up again every so many seconds, until --count or a signal ends it.", HelpName = "SECONDS" };
    private static readonly Option<int?> Count = new("--count") { Description = "With --every: how often in all.", HelpName = "N" };
    private static readonly Option<bool> Reconnect = new("--reconnect") { Description = "Close the connection after each lookup, so that the next one resumes." };
    private static readonly Option<int> Timeout = new("--timeout") { Description = "How long a lookup may take in milliseconds.", HelpName = "MS", DefaultValueFactory = _ => 10000 };
    private static readonly Option<int> Buffer = new("--buffer") { Description = "Size of the TLS receive buffer in bytes, 2048 or more; a small one is announced to the server.", HelpName = "BYTES", DefaultValueFactory = _ => TlsClient.FullReceiveBufferBytes };
    private static readonly Option<string?> KeyLog = new("--key-log") { Description = "Append the connection's secrets to this file, for a packet analyser.", HelpName = "FILE" };
    private static readonly Option<bool> Trace = new("--trace") { Description = "Draw the exchanged flights as a ladder." };
    private static readonly Option<bool> Json = new("--json") { Description = "Print one JSON object a lookup." };

    public static Command Create()
    {
        var command = new Command("query", "Look a name up over TLS.")
        {
            Name, Type, Server, AuthName, Pin, Ca, PskIdentity, PskKey, Opportunistic, Transport, Heartbeat, ConnectionId, Prefix, Rebind, Tls, EarlyData, FastOpen, Compatibility,
            Policy, TicketStore, Repeat, Interval, Every, Count, Reconnect, Timeout, Buffer, KeyLog, Trace, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string name = Word(parsed, Name);
        string type = Word(parsed, Type).ToUpperInvariant();
        DnsName parsedName = ParseName(name);
        int typeNumber = DnsType.FromText(type);
        if (typeNumber < 0)
            throw new BadInputException($"'{type}' is no record type: give a name such as A, AAAA or HTTPS, or TYPE and a number.");

        (int repeat, TimeSpan pause, bool fixedRate) = Repetition(parsed);
        bool trace = parsed.GetValue(Trace);
        bool json = parsed.GetValue(Json);
        DprivResolverOptions options = MakeOptions(parsed);
        FlightRecorder? recorder = trace ? options.Recorder = new FlightRecorder() : null;
        await using DprivResolver resolver = MakeResolver(options);
        if (resolver.SessionStoreErrorText != null && resolver.SessionStoreError != Sessions.SessionStoreError.NotFound)
            await Console.Error.WriteLineAsync("dpriv: the ticket store is passed over: " + resolver.SessionStoreErrorText).ConfigureAwait(false);

        int exit = ExitCode.Answered;
        bool detailed = parsed.GetValue(Policy) != null || parsed.GetValue(Every) != null;
        var clock = Stopwatch.StartNew();
        for (int i = 0; i < repeat; i++)
        {
            // From start to start with --every, from end to start with --interval.
            TimeSpan wait = fixedRate ? (pause * i) - clock.Elapsed : pause;
            if (i > 0 && wait > TimeSpan.Zero)
                await Task.Delay(wait, cancellationToken).ConfigureAwait(false);

            try
            {
                DprivLookup lookup = await resolver.QueryAsync(parsedName, typeNumber, cancellationToken).ConfigureAwait(false);
                DprivProbe? probe = parsed.GetValue(Heartbeat) ? await ProbeAsync(resolver, lookup, cancellationToken).ConfigureAwait(false) : null;
                if (json)
                    Console.Out.WriteLine(LookupText.ToJson(name, type, lookup, probe));
                else
                    LookupText.WriteText(Console.Out, lookup, probe, detailed);
            }
            catch (DprivException e)
            {
                if (json)
                    Console.Out.WriteLine(LookupText.ToJson(name, type, e));

                Console.Error.WriteLine("dpriv: " + e.Message);
                exit = ExitCode.For(e.ErrorCode);
            }

            if (parsed.GetValue(Reconnect))
                resolver.CloseConnections();
            if (parsed.GetValue(Rebind))
                resolver.NetworkChanged();
            if (recorder != null)
                DrawTrace(recorder, json);
        }

        if (resolver.SessionStoreSaveError != Sessions.SessionStoreError.None)
            Console.Error.WriteLine("dpriv: the ticket store could not be written: " + resolver.SessionStoreSaveErrorText);

        return exit;
    }

    /// <summary>How often, how far apart, and whether from start to start.</summary>
    private static (int Count, TimeSpan Pause, bool FixedRate) Repetition(ParseResult parsed)
    {
        int repeat = parsed.GetValue(Repeat);
        if (repeat < 1)
            throw new BadInputException("--repeat must be 1 or more.");
        if (parsed.GetValue(Interval) < 0)
            throw new BadInputException("--interval must be 0 or more milliseconds.");

        string? every = parsed.GetValue(Every);
        int? count = parsed.GetValue(Count);
        if (every == null && count != null)
            throw new BadInputException("--count goes with --every; without a pause it is --repeat.");
        if (every == null)
            return (repeat, TimeSpan.FromMilliseconds(parsed.GetValue(Interval)), false);
        if (IsGiven(parsed, Repeat) || IsGiven(parsed, Interval))
            throw new BadInputException("--every goes with --count, not with --repeat or --interval.");

        long ms = PolicyText.ParseMilliseconds(every);
        if (ms < 1)
            throw new BadInputException($"--every takes a time in seconds, such as 30 or 0.5, not '{every}'.");
        if (count < 1)
            throw new BadInputException("--count must be 1 or more.");

        return (count ?? int.MaxValue, TimeSpan.FromMilliseconds(ms), true);
    }

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static byte[] ParseConnectionId(string text)
    {
        try
        {
            byte[] id = Convert.FromHexString(text);
            if (id.Length <= 32)
                return id;
        }
        catch (FormatException)
        {
        }

        throw new BadInputException("--cid takes hexadecimal digits, two a byte, for at most 32 bytes, or 'none'.");
    }

    private static async Task<DprivProbe?> ProbeAsync(DprivResolver resolver, DprivLookup lookup, CancellationToken cancellationToken)
    {
        foreach (DprivProbe probe in await resolver.ProbeAsync(cancellationToken).ConfigureAwait(false))
        {
            if (probe.Server == lookup.Server)
                return probe;
        }

        return null;
    }

    private static void DrawTrace(FlightRecorder recorder, bool json)
    {
        IReadOnlyList<Flight> flights = recorder.TakeFlights();
        if (flights.Count == 0)
            return;

        // With --json the drawing goes beside it, so that standard output stays one object a line.
        TextWriter output = json ? Console.Error : Console.Out;
        Ladder.Write(output, flights, flights[0].AtMs);
        output.WriteLine();
    }

    /// <summary>An argument; a mistyped option must not pass for one.</summary>
    private static string Word(ParseResult parsed, Argument<string> argument)
    {
        string word = parsed.GetValue(argument)!;
        if (word.StartsWith('-') && !parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash))
            throw new BadInputException($"there is no option '{word}'; 'dpriv query --help' lists them. (A name that begins with a hyphen goes behind a lone --.)");

        return word;
    }

    private static DnsName ParseName(string name)
    {
        DnsName? parsed = DnsName.TryParse(name, out string reason);
        return parsed ?? throw new BadInputException($"'{name}' is no DNS name: {reason}");
    }

    private static DprivResolver MakeResolver(DprivResolverOptions options)
    {
        try
        {
            return new DprivResolver(options);
        }
        catch (ArgumentException e)
        {
            throw new BadInputException(BadInputException.Plain(e));
        }
        catch (TrustAnchorException e)
        {
            throw new BadInputException(e.Message);
        }
    }

    private static DprivResolverOptions MakeOptions(ParseResult parsed)
    {
        var options = new DprivResolverOptions
        {
            Profile = parsed.GetValue(Opportunistic) ? DprivProfile.Opportunistic : DprivProfile.Strict,
            EarlyData = parsed.GetValue(EarlyData),
            FastOpen = parsed.GetValue(FastOpen),
            CompatibilityMode = parsed.GetValue(Compatibility),
            QueryTimeoutMs = parsed.GetValue(Timeout),
            ReceiveBufferBytes = parsed.GetValue(Buffer),
        };
        if (options.QueryTimeoutMs < 1)
            throw new BadInputException("--timeout must be 1 millisecond or more.");
        if (options.ReceiveBufferBytes < TlsClient.MinReceiveBufferBytes)
            throw new BadInputException("--buffer must be 2048 bytes or more.");
        if (options.ReceiveBufferBytes > MaxBufferBytes)
            throw new BadInputException($"--buffer must be {MaxBufferBytes} bytes or less; {TlsClient.FullReceiveBufferBytes} hold every legal record.");

        options.ConnectTimeoutMs = Math.Min(options.ConnectTimeoutMs, options.QueryTimeoutMs);
        options.HandshakeTimeoutMs = Math.Min(options.HandshakeTimeoutMs, options.QueryTimeoutMs);
        switch (parsed.GetValue(Tls))
        {
            case null:
                break;
            case "1.2":
                options.MaxVersion = ProtocolVersion.Tls12;
                break;
            case "1.3":
                options.MinVersion = ProtocolVersion.Tls13;
                break;
            default:
                throw new BadInputException($"--tls takes 1.2 or 1.3, not '{parsed.GetValue(Tls)}'.");
        }

        if (parsed.GetValue(Policy) is { } policy)
        {
            Func<Association.IAssociationPolicy> make = PolicyText.Parse("--policy", policy);
            options.Policy = _ => make();
        }

        AddServers(parsed, options);
        AddFiles(parsed, options);
        string? wrong = options.Validate();
        if (wrong != null)
            throw new BadInputException(Rephrase(wrong));

        return options;
    }

    private static string Rephrase(string wrong)
    {
        return wrong.StartsWith("Nothing can authenticate", StringComparison.Ordinal)
            ? wrong.Substring(0, wrong.IndexOf(':', wrong.IndexOf(": ", StringComparison.Ordinal))) + ": give --auth-name, --pin, or --psk-identity with --psk-key. (--opportunistic goes on without.)"
            : wrong;
    }

    private static void AddServers(ParseResult parsed, DprivResolverOptions options)
    {
        if (parsed.GetValue(AuthName) is { Length: 0 })
            throw new BadInputException("--auth-name needs a name, such as dot.example.");

        string? transport = parsed.GetValue(Transport);
        if (transport is not ("dot" or "dodtls"))
            throw new BadInputException($"--transport takes dot or dodtls, not '{transport}'.");
        if (transport == "dot" && (parsed.GetValue(Heartbeat) || parsed.GetValue(Prefix) || parsed.GetValue(Rebind) || parsed.GetValue(ConnectionId) != null))
            throw new BadInputException("--heartbeat, --cid, --prefix and --rebind are for --transport dodtls.");

        options.ConnectionId = parsed.GetValue(ConnectionId) switch
        {
            null => [],
            "none" => null,
            string text => ParseConnectionId(text),
        };
        byte[]? psk = null;
        byte[]? pskIdentity = null;
        string? pskText = parsed.GetValue(PskKey);
        string? identity = parsed.GetValue(PskIdentity);
        if ((pskText == null) != (identity == null))
            throw new BadInputException("--psk-identity and --psk-key belong together: give both or neither.");
        if (pskText != null)
        {
            psk = CommandInput.ParseKey(pskText);
            pskIdentity = CommandInput.ParseIdentity(identity!);
        }

        foreach (string text in parsed.GetValue(Server)!)
        {
            DprivServer server;
            try
            {
                server = DprivServer.Parse(text);
            }
            catch (FormatException e)
            {
                throw new BadInputException("--server: " + e.Message);
            }

            server.Transport = transport == "dodtls" ? DprivTransport.Dodtls : DprivTransport.Dot;
            server.LengthPrefix = parsed.GetValue(Prefix);
            server.AuthenticationName = parsed.GetValue(AuthName);
            server.PskIdentity = pskIdentity;
            server.Psk = psk;
            foreach (string pin in parsed.GetValue(Pin) ?? [])
            {
                try
                {
                    server.Pins.Add(SpkiPin.Parse(pin));
                }
                catch (ArgumentException e)
                {
                    throw new BadInputException("--pin: " + BadInputException.Plain(e));
                }
            }

            options.Servers.Add(server);
        }
    }

    private static void AddFiles(ParseResult parsed, DprivResolverOptions options)
    {
        string? ca = CommandInput.FileName(parsed, Ca);
        if (ca != null)
        {
            try
            {
                options.TrustAnchors = TrustAnchors.FromFile(ca);
            }
            catch (TrustAnchorException e)
            {
                throw new BadInputException("--ca: " + e.Message);
            }
        }

        string? store = CommandInput.FileName(parsed, TicketStore);
        if (store != null)
        {
            byte[]? key = FileKey.LoadOrCreate(store + ".key", 16, out string? error);
            if (key == null)
                throw new BadInputException("--ticket-store: " + error);

            options.SessionStore = new FileBlobStore(store);
            options.SessionStoreKey = key;
        }

        string? keyLog = CommandInput.FileName(parsed, KeyLog);
        if (keyLog != null)
        {
            try
            {
                options.KeyLog = new KeyLogFile(keyLog);
            }
            catch (Exception e) when (e is IOException || e is UnauthorizedAccessException)
            {
                throw new BadInputException($"--key-log: '{keyLog}' cannot be written: {e.Message}");
            }
        }
    }
}
