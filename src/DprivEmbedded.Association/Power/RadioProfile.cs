namespace DprivEmbedded.Power;

/// <summary>A radio as numbers: microwatts, microjoules, milliseconds. Powers are those of the whole device in that state, less its processor's work.</summary>
public sealed class RadioProfile
{
    /// <summary>Asleep between uses: DTIM, DRX or eDRX cycles averaged, or the floor of PSM.</summary>
    public int IdleMicroWatts;

    /// <summary>How long it takes from idle to the first byte: random access and connection setup, or boot, association and DHCP.</summary>
    public int PromotionMs;

    /// <summary>What that takes in all.</summary>
    public int PromotionMicroJoules;

    /// <summary>On and connected without traffic: the tail, with its connected-mode DRX averaged in.</summary>
    public int TailMicroWatts;

    /// <summary>How long it stays on after the last byte.</summary>
    public int TailMs;

    /// <summary>Whether the client tells the network that it is done (release assistance indication).</summary>
    public bool ReleaseAssistance;

    /// <summary>How long it stays on then.</summary>
    public int ReleaseMs;

    /// <summary>On, waiting for an answer.</summary>
    public int ListenMicroWatts;

    /// <summary>Receiving.</summary>
    public int ReceiveMicroWatts;

    /// <summary>Sending.</summary>
    public int TransmitMicroWatts;

    /// <summary>Effective rate of sending.</summary>
    public int UplinkBitsPerSecond;

    /// <summary>Effective rate of receiving.</summary>
    public int DownlinkBitsPerSecond;

    /// <summary>What each packet costs beside its bytes: contention, headers, acknowledgement, in microseconds on the air.</summary>
    public int PacketMicroseconds;

    /// <summary>A radio that dozes while an answer is awaited hears it this much later (half a DTIM period); 0 for one that does not.</summary>
    public int DozeDelayMs;

    /// <summary>After how long without traffic it dozes.</summary>
    public int DozeAfterMs;

    /// <summary>Whether a packet from the server wakes it: false in PSM and deep sleep.</summary>
    public bool Reachable;

    /// <summary>The tail that counts: <see cref="ReleaseMs"/> with release assistance.</summary>
    /// <returns>Milliseconds.</returns>
    public int EffectiveTailMs()
    {
        return ReleaseAssistance ? ReleaseMs : TailMs;
    }

    /// <summary>A round trip as it is seen through the radio.</summary>
    /// <param name="rttMs">The path's round trip in milliseconds.</param>
    /// <returns>Milliseconds.</returns>
    public int RoundTripMs(int rttMs)
    {
        return DozeDelayMs > 0 && rttMs > DozeAfterMs ? rttMs + DozeDelayMs : rttMs;
    }
}
