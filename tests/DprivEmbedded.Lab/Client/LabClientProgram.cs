using System;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Dns;
using DprivEmbedded.Sockets;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Lab.Client;

/// <summary>
/// The mode <c>client</c>: a <see cref="DprivResolver"/> that does what standard input says, one command a line, and answers each with a line of JSON when it is done. The first line is a <see cref="LabClientOptions"/>.
/// Commands: <c>query NAME</c>, <c>queries N NAME</c> (at once), <c>close</c>, <c>probe</c>, <c>moved</c>, <c>power PERMISSION</c>, <c>status</c>; the end of the input ends it.
/// </summary>
internal static class LabClientProgram
{
    private static readonly Lock s_gate = new();

    public static async Task<int> RunAsync()
    {
        if (Console.ReadLine() is not { } first)
            return 2;
        var options = JsonSerializer.Deserialize<LabClientOptions>(first) ?? throw new InvalidOperationException("no options");
        await using var resolver = new DprivResolver(Options(options));
        Say(new LabReply { Event = "ready" });
        var number = 0;
        while (Console.ReadLine() is { } line)
            _ = AnswerAsync(resolver, ++number, line.Split(' '));
        return 0;
    }

    // Commands do not wait for each other: an address may change while queries are under way.
    private static async Task AnswerAsync(DprivResolver resolver, int number, string[] words)
    {
        LabReply reply;
        try
        {
            reply = await Task.Run(() => DoAsync(resolver, words)).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            reply = new LabReply { Event = "failed", Error = e.ToString() };
        }

        Say(reply with { Number = number });
    }

    private static DprivResolverOptions Options(LabClientOptions options)
    {
        var server = new DprivServer(IPAddress.Parse(options.Server), options.Port) { AuthenticationName = options.AuthenticationName };
        if (options.Dtls)
        {
            server.Transport = DprivTransport.Dodtls;
            server.DatagramPort = options.Port;
        }

        var result = new DprivResolverOptions
        {
            TrustAnchors = TrustAnchors.FromFile(options.CaPath),
            FastOpen = options.FastOpen,
            EarlyData = options.EarlyData,
            QueryTimeoutMs = options.QueryTimeoutMs,
            MinSilenceMs = options.MinSilenceMs,
            IdleTimeoutMs = options.IdleTimeoutMs,
        };
        result.Servers.Add(server);
        if (options.Policy is { } policy)
            result.Policy = _ => new ThresholdPolicy { ReuseUpToMs = policy.ReuseUpToMs, HedgeUpToMs = policy.HedgeUpToMs, ProbeAfterMs = policy.ProbeAfterMs };
        if (options.Tls == "1.2")
            result.MaxVersion = ProtocolVersion.Tls12;
        if (options.Tls == "1.3")
            result.MinVersion = ProtocolVersion.Tls13;
        return result;
    }

    private static async Task<LabReply> DoAsync(DprivResolver resolver, string[] words)
    {
        var start = NowUs();
        switch (words[0])
        {
            case "query":
                return await QueryAsync(resolver, words[1]).ConfigureAwait(false);
            case "queries":
                var all = await Task.WhenAll(Enumerable.Range(0, int.Parse(words[1], CultureInfo.InvariantCulture)).Select(_ => QueryAsync(resolver, words[2]))).ConfigureAwait(false);
                return new LabReply
                {
                    Event = "answer", StartUs = start, EndUs = NowUs(), Answers = all.Sum(a => a.Answers), Failures = all.Sum(a => a.Failures),
                    Error = all.FirstOrDefault(a => a.Error.Length > 0)?.Error ?? "",
                };
            case "close":
                resolver.CloseConnections();
                break;
            case "power":
                resolver.SetPower(int.Parse(words[1], CultureInfo.InvariantCulture));
                break;
            case "moved":
                resolver.NetworkChanged();
                break;
            case "probe":
                var probe = (await resolver.ProbeAsync().ConfigureAwait(false)).FirstOrDefault();
                return new LabReply { Event = "probe", StartUs = start, EndUs = NowUs(), IsAnswered = probe?.IsAnswered ?? false, ProbeKind = probe?.Kind ?? 0 };
            case "status":
                var statistics = resolver.Statistics;
                return new LabReply
                {
                    Event = "status", Connections = statistics.Connections, FullHandshakes = statistics.FullHandshakes, ResumedHandshakes = statistics.ResumedHandshakes,
                    Answers = (int)statistics.Answers, Failures = (int)statistics.Failures, ProbesSent = statistics.ProbesSent, ProbesAnswered = statistics.ProbesAnswered,
                    SignalRecoveries = statistics.SignalRecoveries + statistics.ResetRecoveries, SignalsIgnored = statistics.SignalsIgnored, Hedges = statistics.Hedges,
                };
            default:
                return new LabReply { Event = "failed", Error = "no such command: " + words[0] };
        }

        return new LabReply { Event = "done", StartUs = start, EndUs = NowUs() };
    }

    private static async Task<LabReply> QueryAsync(DprivResolver resolver, string name)
    {
        var start = NowUs();
        try
        {
            var lookup = await resolver.QueryAsync(name).ConfigureAwait(false);
            return new LabReply
            {
                Event = "answer", StartUs = start, EndUs = NowUs(), Answers = 1, Rcode = DnsResponseCode.ToText(lookup.Message.ResponseCode), RoundTrips = lookup.RoundTrips, Attempts = lookup.Attempts,
                Handshake = lookup.Handshake.ToString(), Transport = lookup.Transport, UsedFastOpen = lookup.UsedFastOpen, Action = lookup.Action,
            };
        }
        catch (DprivException e)
        {
            return new LabReply { Event = "failed", StartUs = start, EndUs = NowUs(), Failures = 1, Error = e.Message };
        }
    }

    private static long NowUs() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static void Say(LabReply reply)
    {
        lock (s_gate)
        {
            Console.WriteLine(JsonSerializer.Serialize(reply));
            Console.Out.Flush();
        }
    }
}
