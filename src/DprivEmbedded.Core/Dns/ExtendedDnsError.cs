namespace DprivEmbedded.Dns;

/// <summary>Why a server answered as it did, in its own words. Immutable. Source: RFC 8914.</summary>
public sealed class ExtendedDnsError
{
    internal ExtendedDnsError(int infoCode, string extraText)
    {
        InfoCode = infoCode;
        ExtraText = extraText;
    }

    /// <summary>One of <see cref="ExtendedDnsErrorCode"/>, 0..65535.</summary>
    public int InfoCode { get; }

    /// <summary>The server's text, empty where there is none. It is not authenticated beyond the server itself; control characters are replaced.</summary>
    public string ExtraText { get; }

    /// <summary>The code's name and the text.</summary>
    /// <returns>For example <c>Blocked: by policy</c>.</returns>
    public override string ToString()
    {
        string name = ExtendedDnsErrorCode.ToText(InfoCode);
        return ExtraText.Length == 0 ? name : name + ": " + ExtraText;
    }
}
