namespace DprivEmbedded.Dns;

/// <summary>Options of EDNS(0). Source: RFC 6891 section 6.1.2 and the IANA registry "DNS EDNS0 Option Codes (OPT)".</summary>
public static class EdnsOptionCode
{
    /// <summary>The server's identifier. Source: RFC 5001.</summary>
    public const int NameServerIdentifier = 3;

    /// <summary>The client's subnet, or the wish that none be used. Source: RFC 7871.</summary>
    public const int ClientSubnet = 8;

    /// <summary>A zone's expire timer. Source: RFC 7314.</summary>
    public const int Expire = 9;

    /// <summary>A DNS cookie. Source: RFC 7873.</summary>
    public const int Cookie = 10;

    /// <summary>edns-tcp-keepalive: how long a stream connection may idle. Source: RFC 7828.</summary>
    public const int TcpKeepalive = 11;

    /// <summary>Padding against the analysis of sizes. Source: RFC 7830.</summary>
    public const int Padding = 12;

    /// <summary>A chain of DNSSEC records. Source: RFC 7901.</summary>
    public const int Chain = 13;

    /// <summary>The client's trust anchors. Source: RFC 8145.</summary>
    public const int KeyTag = 14;

    /// <summary>An extended DNS error. Source: RFC 8914.</summary>
    public const int ExtendedError = 15;

    private static readonly int[] Codes =
    {
        NameServerIdentifier, ClientSubnet, Expire, Cookie, TcpKeepalive, Padding, Chain, KeyTag, ExtendedError,
    };

    private static readonly string[] Names =
    {
        "NSID", "ECS", "EXPIRE", "COOKIE", "TCP-KEEPALIVE", "PADDING", "CHAIN", "KEY-TAG", "EDE",
    };

    /// <summary>The mnemonic of a number, or <c>OPTnnn</c> where it has none.</summary>
    /// <param name="optionCode">The number, 0..65535.</param>
    /// <returns>The text.</returns>
    public static string ToText(int optionCode)
    {
        string name = DnsText.NameOf(optionCode, Codes, Names);
        return name != null ? name : "OPT" + optionCode.ToString();
    }

    /// <summary>The number behind a mnemonic or <c>OPTnnn</c>, whatever the case.</summary>
    /// <param name="text">For example <c>PADDING</c>.</param>
    /// <returns>0..65535; -1 where the text is neither.</returns>
    public static int FromText(string text)
    {
        return DnsText.CodeOf(text, Codes, Names, "OPT", 65535);
    }
}
