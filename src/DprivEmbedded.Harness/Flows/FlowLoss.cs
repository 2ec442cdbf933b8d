namespace DprivEmbedded.Harness.Flows;

/// <summary>What is lost in a scenario.</summary>
internal enum FlowLoss
{
    /// <summary>The server's host crashed and is up again; its ticket keys outlive it.</summary>
    Server,

    /// <summary>The NAT or firewall forgot its flows.</summary>
    Nat,
}
