namespace DprivEmbedded.Dns;

/// <summary>Info codes of extended DNS errors. Source: RFC 8914 section 4 and the IANA registry "Extended DNS Error Codes".</summary>
public static class ExtendedDnsErrorCode
{
    /// <summary>Other Error. Source: RFC 8914 section 4.1.</summary>
    public const int OtherError = 0;

    /// <summary>Unsupported DNSKEY Algorithm. Source: RFC 8914 section 4.2.</summary>
    public const int UnsupportedDnskeyAlgorithm = 1;

    /// <summary>Unsupported DS Digest Type. Source: RFC 8914 section 4.3.</summary>
    public const int UnsupportedDsDigestType = 2;

    /// <summary>Stale Answer. Source: RFC 8914 section 4.4.</summary>
    public const int StaleAnswer = 3;

    /// <summary>Forged Answer. Source: RFC 8914 section 4.5.</summary>
    public const int ForgedAnswer = 4;

    /// <summary>DNSSEC Indeterminate. Source: RFC 8914 section 4.6.</summary>
    public const int DnssecIndeterminate = 5;

    /// <summary>DNSSEC Bogus. Source: RFC 8914 section 4.7.</summary>
    public const int DnssecBogus = 6;

    /// <summary>Signature Expired. Source: RFC 8914 section 4.8.</summary>
    public const int SignatureExpired = 7;

    /// <summary>Signature Not Yet Valid. Source: RFC 8914 section 4.9.</summary>
    public const int SignatureNotYetValid = 8;

    /// <summary>DNSKEY Missing. Source: RFC 8914 section 4.10.</summary>
    public const int DnskeyMissing = 9;

    /// <summary>RRSIGs Missing. Source: RFC 8914 section 4.11.</summary>
    public const int RrsigsMissing = 10;

    /// <summary>No Zone Key Bit Set. Source: RFC 8914 section 4.12.</summary>
    public const int NoZoneKeyBitSet = 11;

    /// <summary>NSEC Missing. Source: RFC 8914 section 4.13.</summary>
    public const int NsecMissing = 12;

    /// <summary>Cached Error. Source: RFC 8914 section 4.14.</summary>
    public const int CachedError = 13;

    /// <summary>Not Ready. Source: RFC 8914 section 4.15.</summary>
    public const int NotReady = 14;

    /// <summary>Blocked. Source: RFC 8914 section 4.16.</summary>
    public const int Blocked = 15;

    /// <summary>Censored. Source: RFC 8914 section 4.17.</summary>
    public const int Censored = 16;

    /// <summary>Filtered. Source: RFC 8914 section 4.18.</summary>
    public const int Filtered = 17;

    /// <summary>Prohibited. Source: RFC 8914 section 4.19.</summary>
    public const int Prohibited = 18;

    /// <summary>Stale NXDOMAIN Answer. Source: RFC 8914 section 4.20.</summary>
    public const int StaleNxdomainAnswer = 19;

    /// <summary>Not Authoritative. Source: RFC 8914 section 4.21.</summary>
    public const int NotAuthoritative = 20;

    /// <summary>Not Supported. Source: RFC 8914 section 4.22.</summary>
    public const int NotSupported = 21;

    /// <summary>No Reachable Authority. Source: RFC 8914 section 4.23.</summary>
    public const int NoReachableAuthority = 22;

    /// <summary>Network Error. Source: RFC 8914 section 4.24.</summary>
    public const int NetworkError = 23;

    /// <summary>Invalid Data. Source: RFC 8914 section 4.25.</summary>
    public const int InvalidData = 24;

    private static readonly int[] Codes =
    {
        OtherError, UnsupportedDnskeyAlgorithm, UnsupportedDsDigestType, StaleAnswer, ForgedAnswer, DnssecIndeterminate, DnssecBogus,
        SignatureExpired, SignatureNotYetValid, DnskeyMissing, RrsigsMissing, NoZoneKeyBitSet, NsecMissing, CachedError, NotReady, Blocked,
        Censored, Filtered, Prohibited, StaleNxdomainAnswer, NotAuthoritative, NotSupported, NoReachableAuthority, NetworkError,
        InvalidData,
    };

    private static readonly string[] Names =
    {
        "Other Error", "Unsupported DNSKEY Algorithm", "Unsupported DS Digest Type", "Stale Answer", "Forged Answer",
        "DNSSEC Indeterminate", "DNSSEC Bogus", "Signature Expired", "Signature Not Yet Valid", "DNSKEY Missing", "RRSIGs Missing",
        "No Zone Key Bit Set", "NSEC Missing", "Cached Error", "Not Ready", "Blocked", "Censored", "Filtered", "Prohibited",
        "Stale NXDOMAIN Answer", "Not Authoritative", "Not Supported", "No Reachable Authority", "Network Error", "Invalid Data",
    };

    /// <summary>The mnemonic of a number, or <c>EDEnnn</c> where it has none.</summary>
    /// <param name="infoCode">The number, 0..65535.</param>
    /// <returns>The text.</returns>
    public static string ToText(int infoCode)
    {
        string name = DnsText.NameOf(infoCode, Codes, Names);
        return name != null ? name : "EDE" + infoCode.ToString();
    }

    /// <summary>The number behind a mnemonic or <c>EDEnnn</c>, whatever the case.</summary>
    /// <param name="text">For example <c>Blocked</c>.</param>
    /// <returns>0..65535; -1 where the text is neither.</returns>
    public static int FromText(string text)
    {
        return DnsText.CodeOf(text, Codes, Names, "EDE", 65535);
    }
}
