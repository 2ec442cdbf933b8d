namespace DprivEmbedded.Harness;

/// <summary>When a server sends a HelloRetryRequest. Source: RFC 8446 section 4.1.4.</summary>
public enum HelloRetryMode
{
    /// <summary>When no offered key share is of an acceptable group.</summary>
    WhenNeeded,

    /// <summary>As <see cref="WhenNeeded"/>, and also when the offered share is not of the most preferred common group.</summary>
    ForPreferredGroup,

    /// <summary>Always, with a cookie and no change of group; with a group where one is needed anyway.</summary>
    Cookie,
}
