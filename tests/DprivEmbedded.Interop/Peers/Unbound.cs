using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// unbound: TLS 1.2 by session id and by ticket, TLS 1.3 by ticket, SYN data, edns-tcp-keepalive, padded answers. Its log says nothing about resumption: look at the wire.
/// </summary>
public class Unbound : Peer
{
    protected Unbound(PeerOptions options)
        : base("unbound", options)
    {
    }

    protected override bool HasPlainDns => true;

    protected override bool SupportsIpv6 => true;

    public static Task<Unbound> StartAsync(PeerOptions? options = null) => StartAsync(new Unbound(options ?? new PeerOptions()));

    protected override IReadOnlyList<string> Configure()
    {
        var text = new StringBuilder();
        text.Append("server:\n");
        Line("directory", Directory.Path);
        Line("chroot", "");
        Line("username", "");
        Line("pidfile", "");
        Line("logfile", "");
        text.Append("  use-syslog: no\n  verbosity: 2\n  log-queries: yes\n  num-threads: 1\n  do-daemonize: no\n  module-config: \"iterator\"\n");
        text.Append("  interface: ").Append(Plain!.Address).Append('@').Append(Plain.Port).Append('\n');
        text.Append("  interface: ").Append(Tls.Address).Append('@').Append(Tls.Port).Append('\n');
        if (Tls6 is not null)
            text.Append("  interface: ::1@").Append(Tls6.Port).Append('\n');
        text.Append("  access-control: 0.0.0.0/0 allow\n  access-control: ::/0 allow\n");
        text.Append("  tls-port: ").Append(Tls.Port).Append('\n');
        Line("tls-service-key", Certificate.KeyPath);
        Line("tls-service-pem", Certificate.ChainPath);
        if (Options.IdleTimeout is { } idle)
        {
            if (Options.AdvertisedTimeout is { } advertised && advertised != idle)
                throw new NotSupportedException("unbound closes when it said it would");
            var milliseconds = ((long)idle.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            text.Append("  edns-tcp-keepalive: yes\n  edns-tcp-keepalive-timeout: ").Append(milliseconds).Append('\n');
            text.Append("  tcp-idle-timeout: ").Append(milliseconds).Append('\n');
        }

        text.Append("  local-zone: \".\" refuse\n  local-zone: \"").Append(PeerZone.Origin).Append("\" transparent\n");
        if (Options.ExtraConfiguration.Length > 0)
            text.Append(Options.ExtraConfiguration).Append('\n');
        text.Append("remote-control:\n  control-enable: no\n");
        text.Append("auth-zone:\n");
        Line("name", PeerZone.Origin);
        Line("zonefile", Directory.Write("zone", PeerZone.MasterFile()));
        text.Append("  for-downstream: yes\n  for-upstream: yes\n  fallback-enabled: no\n");
        return ["-d", "-c", Directory.Write("unbound.conf", text.ToString())];

        void Line(string key, string value) => text.Append("  ").Append(key).Append(": \"").Append(value).Append("\"\n");
    }
}
