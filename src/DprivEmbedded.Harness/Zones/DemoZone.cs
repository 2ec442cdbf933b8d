using System.Globalization;
using System.IO;
using System.Text;

namespace DprivEmbedded.Harness;

/// <summary>A small zone for demonstrations and tests, below the reserved name example. (RFC 2606, addresses of RFC 5737 and RFC 3849).</summary>
public static class DemoZone
{
    /// <summary>The zone's text without the large record set.</summary>
    private const string Text = """
        $ORIGIN example.
        $TTL 1h
        @               SOA     ns hostmaster ( 2024010101 1h 15m 1w 1m )
                        NS      ns
                        A       192.0.2.1
                        AAAA    2001:db8::1
                        MX      10 mail
                        MX      20 mail2
                        TXT     "v=spf1 mx -all"
                        HTTPS   1 . alpn="h2,h3" ipv4hint=192.0.2.1 ipv6hint=2001:db8::1
        ns              A       192.0.2.53
                        AAAA    2001:db8::53
        mail            A       192.0.2.25
        mail2           A       192.0.2.26
        www             A       192.0.2.80
                        A       192.0.2.81
                        AAAA    2001:db8::80
                        HTTPS   1 . alpn="h2,h3" port=443 ipv4hint=192.0.2.80
        ; Two aliases in a row.
        shop            CNAME   store
        store      5m   CNAME   www
        away            CNAME   www.example.net.
        _dns            SVCB    1 ns alpn="dot" port=853
        _mqtts._tcp     SRV     0 5 8883 broker
        broker          A       192.0.2.88
        sensor          TXT     "room=attic" "unit=celsius"
        *.things        A       192.0.2.99

        """;

    /// <summary>Makes the zone.</summary>
    /// <returns>
    /// The zone example. with, among others: example. and www (A, AAAA, HTTPS), shop → store → www (CNAME), example. (MX, TXT), _mqtts._tcp (SRV), _dns (SVCB), *.things (a wildcard),
    /// and large (TXT, an answer of more than 4 KiB).
    /// </returns>
    public static Zone Create()
    {
        var text = new StringBuilder(Text);
        for (int i = 0; i < 24; i++)
        {
            text.Append("large TXT \"").Append(i.ToString("D2", CultureInfo.InvariantCulture)).Append(' ');
            for (int j = 0; j < 20; j++)
                text.Append("0123456789");

            text.Append("\"\n");
        }

        return Zone.Parse(new StringReader(text.ToString()), "demo zone");
    }
}
