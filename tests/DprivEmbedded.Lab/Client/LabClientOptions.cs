namespace DprivEmbedded.Lab.Client;

/// <summary>What the lab's client is told in its first line, as JSON.</summary>
public sealed record LabClientOptions
{
    public required string Server { get; init; }

    public required int Port { get; init; }

    public bool Dtls { get; init; }

    public string AuthenticationName { get; init; } = "";

    /// <summary>PEM file of the authorities.</summary>
    public string CaPath { get; init; } = "";

    /// <summary>"1.2" or "1.3"; null for both.</summary>
    public string? Tls { get; init; }

    public bool FastOpen { get; init; }

    public bool EarlyData { get; init; }

    /// <summary>The policy's thresholds; null for the driver's own policy.</summary>
    public LabPolicy? Policy { get; init; }

    /// <summary>The shortest silence that counts as a loss. Low, so that three round trips of the lab are more.</summary>
    public int MinSilenceMs { get; init; } = 100;

    public int QueryTimeoutMs { get; init; } = 8000;

    public int IdleTimeoutMs { get; init; } = 60000;
}
