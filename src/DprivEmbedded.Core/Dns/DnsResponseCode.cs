namespace DprivEmbedded.Dns;

/// <summary>Response codes: the header's 4 bits, extended to 12 by EDNS(0). Source: RFC 6895 section 2.3, RFC 6891 section 6.1.3.</summary>
public static class DnsResponseCode
{
    /// <summary>No error. Source: RFC 1035 section 4.1.1.</summary>
    public const int NoError = 0;

    /// <summary>The server could not read the query. Source: RFC 1035 section 4.1.1.</summary>
    public const int FormatError = 1;

    /// <summary>The server failed. Source: RFC 1035 section 4.1.1.</summary>
    public const int ServerFailure = 2;

    /// <summary>The name does not exist. Source: RFC 1035 section 4.1.1, RFC 8020.</summary>
    public const int NameError = 3;

    /// <summary>The server does not know this kind of query. Source: RFC 1035 section 4.1.1.</summary>
    public const int NotImplemented = 4;

    /// <summary>The server's policy forbids it. Source: RFC 1035 section 4.1.1.</summary>
    public const int Refused = 5;

    /// <summary>A name exists that should not. Source: RFC 2136 section 2.2, RFC 6672.</summary>
    public const int NameExists = 6;

    /// <summary>A record set exists that should not. Source: RFC 2136 section 2.2.</summary>
    public const int RecordSetExists = 7;

    /// <summary>A record set does not exist that should. Source: RFC 2136 section 2.2.</summary>
    public const int RecordSetMissing = 8;

    /// <summary>The server is not authoritative, or does not trust the requester. Source: RFC 2136 section 2.2, RFC 8945.</summary>
    public const int NotAuthorized = 9;

    /// <summary>A name is outside the zone. Source: RFC 2136 section 2.2.</summary>
    public const int NotInZone = 10;

    /// <summary>This stateful operation is not known. Source: RFC 8490.</summary>
    public const int StatefulTypeNotImplemented = 11;

    /// <summary>The EDNS version is not known. Source: RFC 6891 section 9.</summary>
    public const int BadVersion = 16;

    /// <summary>A key was not recognised. Source: RFC 8945.</summary>
    public const int BadKey = 17;

    /// <summary>A signature is out of its time window. Source: RFC 8945.</summary>
    public const int BadTime = 18;

    /// <summary>A bad TKEY mode. Source: RFC 2930.</summary>
    public const int BadMode = 19;

    /// <summary>A duplicate key name. Source: RFC 2930.</summary>
    public const int BadName = 20;

    /// <summary>An algorithm that is not supported. Source: RFC 2930.</summary>
    public const int BadAlgorithm = 21;

    /// <summary>A bad truncation of a signature. Source: RFC 8945.</summary>
    public const int BadTruncation = 22;

    /// <summary>A bad or missing server cookie. Source: RFC 7873.</summary>
    public const int BadCookie = 23;

    private static readonly int[] Codes =
    {
        NoError, FormatError, ServerFailure, NameError, NotImplemented, Refused, NameExists, RecordSetExists, RecordSetMissing,
        NotAuthorized, NotInZone, StatefulTypeNotImplemented, BadVersion, BadKey, BadTime, BadMode, BadName, BadAlgorithm, BadTruncation,
        BadCookie,
    };

    private static readonly string[] Names =
    {
        "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE",
        "DSOTYPENI", "BADVERS", "BADKEY", "BADTIME", "BADMODE", "BADNAME", "BADALG", "BADTRUNC", "BADCOOKIE",
    };

    /// <summary>The mnemonic of a number, or <c>RCODEnnn</c> where it has none.</summary>
    /// <param name="responseCode">The number, 0..4095.</param>
    /// <returns>The text.</returns>
    public static string ToText(int responseCode)
    {
        string name = DnsText.NameOf(responseCode, Codes, Names);
        return name != null ? name : "RCODE" + responseCode.ToString();
    }

    /// <summary>The number behind a mnemonic or <c>RCODEnnn</c>, whatever the case.</summary>
    /// <param name="text">For example <c>NXDOMAIN</c>.</param>
    /// <returns>0..4095; -1 where the text is neither.</returns>
    public static int FromText(string text)
    {
        return DnsText.CodeOf(text, Codes, Names, "RCODE", 4095);
    }
}
