namespace DprivEmbedded.Dns;

/// <summary>Keys of service parameters. Source: RFC 9460 section 14.3.2.</summary>
public static class SvcParamKey
{
    /// <summary>The keys that a client must understand. Source: RFC 9460 section 8.</summary>
    public const int Mandatory = 0;

    /// <summary>Application protocols. Source: RFC 9460 section 7.1.</summary>
    public const int Alpn = 1;

    /// <summary>The scheme's default protocol is not supported. Source: RFC 9460 section 7.1.</summary>
    public const int NoDefaultAlpn = 2;

    /// <summary>The port. Source: RFC 9460 section 7.2.</summary>
    public const int Port = 3;

    /// <summary>IPv4 addresses to try early. Source: RFC 9460 section 7.3.</summary>
    public const int Ipv4Hint = 4;

    /// <summary>A configuration for Encrypted ClientHello. Source: RFC 9848.</summary>
    public const int Ech = 5;

    /// <summary>IPv6 addresses to try early. Source: RFC 9460 section 7.3.</summary>
    public const int Ipv6Hint = 6;

    /// <summary>The URI template of DNS over HTTPS. Source: RFC 9461 section 5.</summary>
    public const int DohPath = 7;

    private static readonly int[] Codes =
    {
        Mandatory, Alpn, NoDefaultAlpn, Port, Ipv4Hint, Ech, Ipv6Hint, DohPath,
    };

    private static readonly string[] Names =
    {
        "mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath",
    };

    /// <summary>The mnemonic of a number, or <c>keynnn</c> where it has none.</summary>
    /// <param name="key">The number, 0..65535.</param>
    /// <returns>The text.</returns>
    public static string ToText(int key)
    {
        string name = DnsText.NameOf(key, Codes, Names);
        return name != null ? name : "key" + key.ToString();
    }

    /// <summary>The number behind a mnemonic or <c>keynnn</c>, whatever the case.</summary>
    /// <param name="text">For example <c>alpn</c>.</param>
    /// <returns>0..65535; -1 where the text is neither.</returns>
    public static int FromText(string text)
    {
        return DnsText.CodeOf(text, Codes, Names, "key", 65535);
    }
}
