using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Text;
using DprivEmbedded.Association;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

/// <summary>Prints the table of hostile peers.</summary>
public static class HostileTable
{
    private static readonly Dictionary<int, string> s_names = Names();

    /// <summary>The table as Markdown, a section a topic.</summary>
    public static string Markdown()
    {
        StringBuilder text = new();
        foreach (IGrouping<string, HostilePeer> topic in HostilePeers.Rows().GroupBy(r => r.Topic))
        {
            text.Append("## ").Append(topic.Key).Append("\n\n");
            text.Append("| The peer | What is demanded | TLS 1.2 | TLS 1.3 | DTLS 1.2 | Bounds |\n|---|---|---|---|---|---|\n");
            foreach (HostilePeer row in topic)
            {
                text.Append("| ").Append(row.Act).Append(" | ").Append(row.Rule);
                foreach (HostileTransport transport in new[] { HostileTransport.Tls12, HostileTransport.Tls13, HostileTransport.Dtls12 })
                    text.Append(" | ").Append(row.Outcomes.TryGetValue(transport, out HostileOutcome? outcome) ? Cell(outcome) : "–");

                text.Append(CultureInfo.InvariantCulture, $" | {row.MaxDurationMs / 1000.0:0.###} s, {row.MaxAllocatedBytes / 1024} KiB, {row.MaxSentBytes:N0} B |\n");
            }

            text.Append('\n');
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>An outcome in a few words.</summary>
    /// <param name="outcome">The outcome.</param>
    public static string Cell(HostileOutcome outcome)
    {
        switch (outcome.Kind)
        {
            case HostileOutcomeKind.Answered:
                return "answered";
            case HostileOutcomeKind.Ends when outcome.Error == TlsError.None:
                return "ends as closed by the server";
            default:
                string what = outcome.Kind == HostileOutcomeKind.Ends ? "" : "query: ";
                return what + Name(outcome.Error) + (outcome.Alert < 0 ? "" : ", " + TlsError.AlertName(outcome.Alert));
        }
    }

    private static string Name(int error)
    {
        return error >= TlsError.AlertReceived ? "`AlertReceived` " + TlsError.AlertName(error - TlsError.AlertReceived) : "`" + s_names[error] + "`";
    }

    private static Dictionary<int, string> Names()
    {
        return new[] { typeof(TlsError), typeof(DotError) }
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral && f.FieldType == typeof(int)))
            .ToDictionary(f => (int)f.GetRawConstantValue()!, f => f.Name);
    }
}
