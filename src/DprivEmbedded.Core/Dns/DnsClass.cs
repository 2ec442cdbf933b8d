namespace DprivEmbedded.Dns;

/// <summary>Record classes. Source: RFC 1035 section 3.2.4.</summary>
public static class DnsClass
{
    /// <summary>IN: the Internet. Source: RFC 1035 section 3.2.4.</summary>
    public const int Internet = 1;

    /// <summary>CH: the Chaos system; servers answer questions about themselves in it. Source: RFC 1035 section 3.2.4.</summary>
    public const int Chaos = 3;

    /// <summary>HS: Hesiod. Source: RFC 1035 section 3.2.4.</summary>
    public const int Hesiod = 4;

    /// <summary>NONE: no class, in updates. Source: RFC 2136 section 2.4.</summary>
    public const int None = 254;

    /// <summary>ANY: any class, in questions. Source: RFC 1035 section 3.2.5.</summary>
    public const int Any = 255;

    private static readonly int[] Codes =
    {
        Internet, Chaos, Hesiod, None, Any,
    };

    private static readonly string[] Names =
    {
        "IN", "CH", "HS", "NONE", "ANY",
    };

    /// <summary>The mnemonic of a number, or <c>CLASSnnn</c> where it has none. Source: RFC 3597 section 5.</summary>
    /// <param name="dnsClass">The number, 0..65535.</param>
    /// <returns>The text.</returns>
    public static string ToText(int dnsClass)
    {
        string name = DnsText.NameOf(dnsClass, Codes, Names);
        return name != null ? name : "CLASS" + dnsClass.ToString();
    }

    /// <summary>The number behind a mnemonic or <c>CLASSnnn</c>, whatever the case.</summary>
    /// <param name="text">For example <c>IN</c>.</param>
    /// <returns>0..65535; -1 where the text is neither.</returns>
    public static int FromText(string text)
    {
        return DnsText.CodeOf(text, Codes, Names, "CLASS", 65535);
    }
}
