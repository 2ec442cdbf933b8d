using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// named: TLS 1.2 by session id and by ticket, TLS 1.3 by ticket. It closes sooner on clients that never sent edns-tcp-keepalive. Its log says nothing about resumption.
/// </summary>
public sealed class Bind : Peer
{
    private Bind(PeerOptions options)
        : base("named", options)
    {
    }

    protected override bool HasPlainDns => true;

    protected override bool SupportsIpv6 => true;

    public static Task<Bind> StartAsync(PeerOptions? options = null) => StartAsync(new Bind(options ?? new PeerOptions()));

    protected override IReadOnlyList<string> Configure()
    {
        var text = new StringBuilder();
        text.Append("tls peers { cert-file \"").Append(Certificate.ChainPath).Append("\"; key-file \"").Append(Certificate.KeyPath).Append("\"; session-tickets yes; };\n");
        text.Append("controls { };\noptions {\n  directory \"").Append(Directory.Path).Append("\";\n  managed-keys-directory \"").Append(Directory.Path).Append("\";\n");
        text.Append("  pid-file none; session-keyfile none; recursion no; allow-query { any; }; dnssec-validation no; notify no;\n");
        text.Append("  listen-on port ").Append(Plain!.Port).Append(" { ").Append(Plain.Address).Append("; };\n");
        text.Append("  listen-on port ").Append(Tls.Port).Append(" tls peers { ").Append(Tls.Address).Append("; };\n");
        if (Tls6 is not null)
            text.Append("  listen-on-v6 port ").Append(Tls6.Port).Append(" tls peers { ::1; };\n");
        else
            text.Append("  listen-on-v6 { none; };\n");
        if (Options.IdleTimeout is { } idle)
        {
            // Units of 100 ms, as in the EDNS option.
            text.Append("  tcp-idle-timeout ").Append(Tenths(idle)).Append(";\n");
            text.Append("  tcp-keepalive-timeout ").Append(Tenths(Options.AdvertisedTimeout ?? idle)).Append(";\n");
            text.Append("  tcp-advertised-timeout ").Append(Tenths(Options.AdvertisedTimeout ?? idle)).Append(";\n");
        }

        text.Append("};\nzone \"peers.example\" { type primary; file \"").Append(Directory.Write("zone", PeerZone.MasterFile())).Append("\"; };\n");
        return ["-g", "-n", "1", "-c", Directory.Write("named.conf", text.ToString())];

        static string Tenths(TimeSpan time) => ((int)(time.TotalMilliseconds / 100)).ToString(CultureInfo.InvariantCulture);
    }
}
