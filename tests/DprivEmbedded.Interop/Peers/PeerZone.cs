using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace DprivEmbedded.Interop.Peers;

/// <summary>The one zone that every DNS peer serves. No peer asks anyone outside of this machine.</summary>
public static class PeerZone
{
    public const string Origin = "peers.example.";

    /// <summary>In the zone, but not there: NXDOMAIN.</summary>
    public const string MissingName = "nx.peers.example.";

    /// <summary>Out of the zone: REFUSED.</summary>
    public const string ForeignName = "elsewhere.example.";

    /// <summary>A TXT set of about 6 KB.</summary>
    public const string BigName = "big.peers.example.";

    /// <summary>Owner, type and data in the presentation format that kdig prints.</summary>
    public static readonly IReadOnlyList<(string Owner, string Type, string Data)> Records = Make();

    /// <summary>The lines "owner TYPE data" that an answer to this question holds, sorted by ordinal.</summary>
    public static string[] Expected(string name, string type)
    {
        var lines = new List<string>();
        foreach (var record in Records.Where(r => r.Owner == name))
        {
            if (record.Type == type)
                lines.Add($"{record.Owner} {record.Type} {record.Data}");
            else if (record.Type == "CNAME")
                lines.AddRange(Expected(record.Data, type).Prepend($"{record.Owner} CNAME {record.Data}"));
        }

        lines.Sort(StringComparer.Ordinal);
        return [.. lines];
    }

    /// <summary>The zone as a master file; each record has its TTL, for servers differ in what $TTL means after an explicit one.</summary>
    public static string MasterFile()
    {
        var text = new StringBuilder("$ORIGIN " + Origin + "\n");
        text.Append("peers.example. 3600 IN SOA ns.peers.example. hostmaster.peers.example. 1 7200 3600 86400 300\n");
        text.Append("peers.example. 3600 IN NS ns.peers.example.\n");
        foreach (var (owner, type, data) in Records)
            text.Append(owner).Append(" 300 IN ").Append(type).Append(' ').Append(data).Append('\n');
        return text.ToString();
    }

    private static List<(string Owner, string Type, string Data)> Make()
    {
        var records = new List<(string, string, string)>
        {
            ("ns.peers.example.", "A", "127.0.0.1"),
            ("a.peers.example.", "A", "192.0.2.1"),
            ("aaaa.peers.example.", "AAAA", "2001:db8::1"),
            ("txt.peers.example.", "TXT", "\"plain text\" \"with \\\"quotes\\\" and ; semicolon\""),
            ("cname.peers.example.", "CNAME", "a.peers.example."),
            ("mx.peers.example.", "MX", "10 a.peers.example."),
            ("srv.peers.example.", "SRV", "1 2 853 a.peers.example."),
            ("https.peers.example.", "HTTPS", "1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1"),
        };
        for (var i = 0; i < 24; i++)
            records.Add((BigName, "TXT", $"\"{i:00}{new string('x', 240)}\""));
        return records;
    }
}
