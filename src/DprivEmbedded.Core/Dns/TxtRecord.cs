namespace DprivEmbedded.Dns;

/// <summary>Text strings. Source: RFC 1035 section 3.3.14.</summary>
public sealed class TxtRecord : DnsRecord
{
    internal TxtRecord(DnsName name, int dnsClass, int ttl, RdataReader rdata)
        : base(name, DnsType.Txt, dnsClass, ttl)
    {
        // Counted first: the smallest runtimes have no growing lists.
        byte[] all = rdata.Bytes(rdata.Remaining);
        int strings = 0;
        int at = 0;
        while (at < all.Length)
        {
            at += 1 + all[at];
            strings++;
        }

        if (strings == 0 || at != all.Length)
            rdata.Fail(); // one string at least, and none cut short

        Strings = new byte[at == all.Length ? strings : 0][];
        at = 0;
        for (int i = 0; i < Strings.Length; i++)
        {
            Strings[i] = new byte[all[at]];
            System.Array.Copy(all, at + 1, Strings[i], 0, all[at]);
            at += 1 + all[at];
        }
    }

    /// <summary>The strings, one at least, each of 0..255 bytes; not to be written to.</summary>
    public byte[][] Strings { get; }

    /// <inheritdoc/>
    public override string RdataText
    {
        get
        {
            var text = new DnsTextBuilder(RdataLength + 16);
            for (int i = 0; i < Strings.Length; i++)
            {
                if (i > 0)
                    text.Append(' ');

                text.AppendQuoted(Strings[i], 0, Strings[i].Length);
            }

            return text.ToString();
        }
    }
}
