namespace DprivEmbedded.Dns;

/// <summary>Sections of a message that hold records. Source: RFC 1035 section 4.1.</summary>
public static class DnsSection
{
    /// <summary>The answer section.</summary>
    public const int Answer = 1;

    /// <summary>The authority section.</summary>
    public const int Authority = 2;

    /// <summary>The additional section.</summary>
    public const int Additional = 3;
}
