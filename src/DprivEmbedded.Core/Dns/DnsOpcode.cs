namespace DprivEmbedded.Dns;

/// <summary>Kinds of message. Source: RFC 1035 section 4.1.1 and RFC 6895 section 2.2.</summary>
public static class DnsOpcode
{
    /// <summary>A standard query. Source: RFC 1035 section 4.1.1.</summary>
    public const int Query = 0;

    /// <summary>An inverse query, obsolete. Source: RFC 3425.</summary>
    public const int InverseQuery = 1;

    /// <summary>A server status request. Source: RFC 1035 section 4.1.1.</summary>
    public const int Status = 2;

    /// <summary>A zone change notification. Source: RFC 1996.</summary>
    public const int Notify = 4;

    /// <summary>A dynamic update. Source: RFC 2136.</summary>
    public const int Update = 5;

    /// <summary>A stateful operation. Source: RFC 8490.</summary>
    public const int Stateful = 6;

    private static readonly int[] Codes =
    {
        Query, InverseQuery, Status, Notify, Update, Stateful,
    };

    private static readonly string[] Names =
    {
        "QUERY", "IQUERY", "STATUS", "NOTIFY", "UPDATE", "DSO",
    };

    /// <summary>The mnemonic of a number, or <c>OPCODEnnn</c> where it has none.</summary>
    /// <param name="opcode">The number, 0..15.</param>
    /// <returns>The text.</returns>
    public static string ToText(int opcode)
    {
        string name = DnsText.NameOf(opcode, Codes, Names);
        return name != null ? name : "OPCODE" + opcode.ToString();
    }

    /// <summary>The number behind a mnemonic or <c>OPCODEnnn</c>, whatever the case.</summary>
    /// <param name="text">For example <c>QUERY</c>.</param>
    /// <returns>0..15; -1 where the text is neither.</returns>
    public static int FromText(string text)
    {
        return DnsText.CodeOf(text, Codes, Names, "OPCODE", 15);
    }
}
