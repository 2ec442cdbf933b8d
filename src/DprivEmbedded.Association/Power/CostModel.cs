namespace DprivEmbedded.Power;

/// <summary>What each exchange costs on one device over one protocol: a policy's table. Energies are nanojoules (microwatts times milliseconds); those of an exchange count what goes beyond the radio's tail power, which is charged for the time on.</summary>
public sealed class CostModel
{
    /// <summary>Energy of an exchange beside waiting and the time on: sending, receiving, computing.</summary>
    public readonly long[] NanoJoules = new long[ExchangeKind.Count];

    /// <summary>Time of an exchange beside its round trips.</summary>
    public readonly int[] Ms = new int[ExchangeKind.Count];

    /// <summary>Round trips of an exchange.</summary>
    public readonly int[] RoundTrips = new int[ExchangeKind.Count];

    /// <summary>What waiting for an answer takes beyond the tail's power, in microwatts.</summary>
    public int WaitMicroWatts;

    /// <summary>The radio's power while it is on, in microwatts.</summary>
    public int TailMicroWatts;

    /// <summary>How long it stays on after the last byte.</summary>
    public int TailMs;

    /// <summary>How long it takes to wake.</summary>
    public int PromotionMs;

    /// <summary>What a wake takes beyond the tail's power.</summary>
    public long PromotionNanoJoules;

    /// <summary>Whether the server's close wakes the radio.</summary>
    public bool ServerCloseWakes;

    /// <summary>Whether sleep loses the association.</summary>
    public bool SleepLosesMemory;

    /// <summary>Half a DTIM period where the radio dozes while an answer is awaited.</summary>
    public int DozeDelayMs;

    /// <summary>After how long it dozes.</summary>
    public int DozeAfterMs;

    /// <summary>What a millisecond of latency is worth, in microwatts: nanojoules per millisecond.</summary>
    public int LatencyMicroWatts;

    /// <summary>How long other traffic that wakes the radio is busy with it; -1, the default, where unknown: as long as a lookup.</summary>
    public int OtherTrafficMs = -1;

    /// <summary>The shortest silence that counts as a loss; else it is three round trips.</summary>
    public int MinSilenceMs = 100;

    /// <summary>Fills the table.</summary>
    /// <param name="device">The device.</param>
    /// <param name="table">The protocol.</param>
    /// <param name="latencyMicroWatts">What latency is worth: see <see cref="LatencyMicroWatts"/>.</param>
    public static CostModel Create(DeviceProfile device, ExchangeTable table, int latencyMicroWatts)
    {
        RadioProfile radio = device.Radio;
        CostModel model = new CostModel();
        for (int kind = 0; kind < ExchangeKind.Count; kind++)
        {
            int packetUs = table.Packets[kind] * radio.PacketMicroseconds / 2;
            long upUs = table.UpBytes[kind] * 8000000L / radio.UplinkBitsPerSecond + packetUs;
            long downUs = table.DownBytes[kind] * 8000000L / radio.DownlinkBitsPerSecond + packetUs;
            int cpuMs = device.Cpu.HandshakeMs[table.Handshake[kind]];
            model.NanoJoules[kind] = (upUs * (radio.TransmitMicroWatts - radio.TailMicroWatts) + downUs * (radio.ReceiveMicroWatts - radio.TailMicroWatts)) / 1000
                + (long)cpuMs * device.Cpu.ActiveMicroWatts;
            model.Ms[kind] = (int)((upUs + downUs + 999) / 1000) + cpuMs;
            model.RoundTrips[kind] = table.RoundTrips[kind];
        }

        model.WaitMicroWatts = radio.ListenMicroWatts - radio.TailMicroWatts;
        model.TailMicroWatts = radio.TailMicroWatts;
        model.TailMs = radio.EffectiveTailMs();
        model.PromotionMs = radio.PromotionMs;
        model.PromotionNanoJoules = RadioMeter.PromotionExtra(radio);
        model.ServerCloseWakes = radio.Reachable && !device.Cpu.SleepLosesMemory;
        model.SleepLosesMemory = device.Cpu.SleepLosesMemory;
        model.DozeDelayMs = radio.DozeDelayMs;
        model.DozeAfterMs = radio.DozeAfterMs;
        model.LatencyMicroWatts = latencyMicroWatts;
        return model;
    }

    /// <summary>How long an exchange takes once the radio is on.</summary>
    /// <param name="kind">One of <see cref="ExchangeKind"/>.</param>
    /// <param name="rttMs">The path's round trip.</param>
    /// <returns>Milliseconds.</returns>
    public int DurationMs(int kind, int rttMs)
    {
        return Ms[kind] + RoundTrips[kind] * RoundTripMs(rttMs);
    }

    /// <summary>A round trip as it is seen through the radio.</summary>
    /// <param name="rttMs">The path's round trip.</param>
    /// <returns>Milliseconds.</returns>
    public int RoundTripMs(int rttMs)
    {
        return DozeDelayMs > 0 && rttMs > DozeAfterMs ? rttMs + DozeDelayMs : rttMs;
    }

    /// <summary>What an exchange takes beyond the tail's power. While a probe's answer is awaited the radio takes no more than that.</summary>
    /// <param name="kind">One of <see cref="ExchangeKind"/>.</param>
    /// <param name="rttMs">The path's round trip.</param>
    /// <returns>Nanojoules.</returns>
    public long ExtraNanoJoules(int kind, int rttMs)
    {
        if (kind == ExchangeKind.Probe || kind == ExchangeKind.Vain)
            return NanoJoules[kind];

        return NanoJoules[kind] + (long)RoundTrips[kind] * OnRoundTripMs(rttMs) * WaitMicroWatts;
    }

    /// <summary>How long the radio is on in a round trip: it may doze until the answer comes.</summary>
    /// <param name="rttMs">The path's round trip.</param>
    /// <returns>Milliseconds.</returns>
    public int OnRoundTripMs(int rttMs)
    {
        return DozeDelayMs > 0 && rttMs > DozeAfterMs ? DozeAfterMs : rttMs;
    }

    /// <summary>How long the radio is on for an exchange, its tail left out.</summary>
    /// <param name="kind">One of <see cref="ExchangeKind"/>.</param>
    /// <param name="rttMs">The path's round trip.</param>
    /// <returns>Milliseconds.</returns>
    public int OnMs(int kind, int rttMs)
    {
        return Ms[kind] + RoundTrips[kind] * OnRoundTripMs(rttMs);
    }

    /// <summary>How long the radio is on while silence turns into a loss.</summary>
    /// <param name="rttMs">The path's round trip.</param>
    /// <returns>Milliseconds.</returns>
    public int OnSilenceMs(int rttMs)
    {
        int silence = SilenceMs(rttMs);
        return DozeDelayMs > 0 && silence > 2 * DozeAfterMs ? 2 * DozeAfterMs : silence;
    }

    /// <summary>What an exchange takes while the radio is on anyway: energy and time on.</summary>
    /// <param name="kind">One of <see cref="ExchangeKind"/>.</param>
    /// <param name="rttMs">The path's round trip.</param>
    /// <returns>Nanojoules.</returns>
    public long RidingNanoJoules(int kind, int rttMs)
    {
        return ExtraNanoJoules(kind, rttMs) + (long)OnMs(kind, rttMs) * TailMicroWatts;
    }

    /// <summary>What an exchange takes beside other traffic that has just woken the radio and keeps it on by itself.</summary>
    /// <param name="kind">One of <see cref="ExchangeKind"/>.</param>
    /// <param name="rttMs">The path's round trip.</param>
    /// <returns>Nanojoules.</returns>
    public long BesideNanoJoules(int kind, int rttMs)
    {
        int others = OtherTrafficMs >= 0 ? OtherTrafficMs : DurationMs(ExchangeKind.Reuse, rttMs);
        int longer = DurationMs(kind, rttMs) - others;
        int most = OnMs(kind, rttMs) + (longer > TailMs ? TailMs : 0);
        if (longer > most)
            longer = most;
        if (longer < 0)
            longer = 0;

        return ExtraNanoJoules(kind, rttMs) + (long)longer * TailMicroWatts;
    }

    /// <summary>What it takes to wake the radio and to let it go to sleep again.</summary>
    /// <returns>Nanojoules.</returns>
    public long WakeNanoJoules()
    {
        return PromotionNanoJoules + (long)(PromotionMs + TailMs) * TailMicroWatts;
    }

    /// <summary>How long silence lasts before it counts as a loss.</summary>
    /// <param name="rttMs">The path's round trip.</param>
    /// <returns>Milliseconds.</returns>
    public int SilenceMs(int rttMs)
    {
        int silence = 3 * RoundTripMs(rttMs);
        return silence > MinSilenceMs ? silence : MinSilenceMs;
    }
}
