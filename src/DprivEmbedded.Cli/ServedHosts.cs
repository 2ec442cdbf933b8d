using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading.Tasks;
using DprivEmbedded.Harness;

namespace DprivEmbedded.Cli;

/// <summary>The servers that <c>dpriv serve</c> runs, and the commands that it understands while it runs.</summary>
internal sealed class ServedHosts : IAsyncDisposable
{
    private const string Commands = "commands: lose-state, lose-associations, lose-tickets, refuse, accept, delay MS, drain, status, quit";

    /// <summary>DNS over TLS; null where it is not served.</summary>
    public DotServerHost? Dot { get; set; }

    /// <summary>DNS over DTLS; null where it is not served.</summary>
    public DodtlsServerHost? Dodtls { get; set; }

    /// <summary>Who answers instead of a zone; null where a zone does.</summary>
    public UpstreamForwarder? Forwarder { get; set; }

    /// <summary>Does a command.</summary>
    /// <returns>What there is to say; null for nothing more.</returns>
    public string? Execute(string[] words)
    {
        switch (words[0])
        {
            case "lose-state":
                Dot?.LoseState();
                Dodtls?.LoseState();
                return "connections, tickets and session ids forgotten";
            case "lose-associations":
                Dot?.Change(server => server.LoseConnections());
                Dodtls?.Change(server => server.LoseAssociations());
                return "connections and associations forgotten; tickets and session ids are kept";
            case "lose-tickets":
                Dot?.Change(server => server.State.LoseState());
                Dodtls?.Change(server => server.State.LoseState());
                return "tickets and session ids forgotten";
            case "refuse":
                Refuse(true);
                return "connections are refused";
            case "accept":
                Refuse(false);
                return "connections are accepted";
            case "drain":
                Dot?.Change(server => server.Options.Draining = true);
                return Dot == null ? "only clients of DNS over TLS can be asked to drain" : "clients are asked to drain";
            case "delay" when words.Length != 2 || !int.TryParse(words[1], out int ms) || ms < 0:
                return "delay takes milliseconds, 0 or more, such as delay 250";
            case "delay":
                int delay = int.Parse(words[1], CultureInfo.InvariantCulture);
                Dot?.Change(server => server.Options.AnswerDelayMs = delay);
                Dodtls?.Change(server => server.Options.AnswerDelayMs = delay);
                return $"answers are delayed by {delay} ms";
            case "status":
                WriteStatus();
                return null;
            default:
                return $"'{words[0]}' is no command; {Commands}";
        }
    }

    /// <summary>Writes a line of numbers for each server.</summary>
    public void WriteStatus()
    {
        foreach (string line in Status())
            Console.WriteLine(line);
    }

    public async ValueTask DisposeAsync()
    {
        if (Dot != null)
            await Dot.DisposeAsync().ConfigureAwait(false);
        if (Dodtls != null)
            await Dodtls.DisposeAsync().ConfigureAwait(false);
        if (Forwarder != null)
            await Forwarder.DisposeAsync().ConfigureAwait(false);
    }

    private void Refuse(bool refuse)
    {
        Dot?.Change(server => server.Options.RefuseConnections = refuse);
        Dodtls?.Change(server => server.Options.Dtls.RefuseHandshakes = refuse);
    }

    private IEnumerable<string> Status()
    {
        if (Dot != null)
        {
            DotServerCounters tls = Dot.Counters;
            yield return $"connections {tls.Connections}, full handshakes {tls.FullHandshakes}, resumed {tls.ResumedHandshakes}, failed {tls.FailedHandshakes}, early data {tls.EarlyDataAccepted}, queries {tls.Queries}, answers {tls.Answers}";
        }

        if (Dodtls != null)
        {
            DtlsServerCounters dtls = Dodtls.DtlsCounters;
            DodtlsServerCounters dns = Dodtls.Counters;
            yield return $"DTLS: full handshakes {dtls.FullHandshakes}, resumed {dtls.ResumedHandshakes}, failed {dtls.FailedHandshakes}, cookies {dtls.HelloVerifyRequests}, heartbeats {dtls.HeartbeatsAnswered}, moved {dtls.AddressChanges}, unknown records {dtls.UnknownRecords}, queries {dns.Queries}, answers {dns.Answers}, truncated {dns.Truncated}";
        }

        if (Forwarder != null)
            yield return $"forwarded {Forwarder.Forwarded}, of them over TCP {Forwarder.OverTcp}, without an answer {Forwarder.Failed}";
    }
}
