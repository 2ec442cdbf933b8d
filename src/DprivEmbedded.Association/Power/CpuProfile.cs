namespace DprivEmbedded.Power;

/// <summary>A processor as numbers.</summary>
public sealed class CpuProfile
{
    /// <summary>What computing takes beside the radio's power, in microwatts.</summary>
    public int ActiveMicroWatts;

    /// <summary>How long each <see cref="HandshakeKind"/> computes, in milliseconds; the element of <see cref="HandshakeKind.None"/> is that of a record and a DNS message.</summary>
    public readonly int[] HandshakeMs = new int[HandshakeKind.Count];

    /// <summary>Whether sleep loses memory, and with it the association: deep sleep. Tickets are on stable storage.</summary>
    public bool SleepLosesMemory;
}
