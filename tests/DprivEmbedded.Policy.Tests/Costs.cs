using DprivEmbedded.Power;

namespace DprivEmbedded.Policy.Tests;

/// <summary>A device of round numbers.</summary>
internal static class Costs
{
    public static DeviceProfile Device(bool reachable = true, int tailMs = 50)
    {
        var device = new DeviceProfile { Name = "round", BatteryJoules = 1000 };
        device.Radio.IdleMicroWatts = 1000;
        device.Radio.PromotionMs = 10;
        device.Radio.PromotionMicroJoules = 5000;
        device.Radio.TailMicroWatts = 300_000;
        device.Radio.TailMs = tailMs;
        device.Radio.ListenMicroWatts = 300_000;
        device.Radio.ReceiveMicroWatts = 300_000;
        device.Radio.TransmitMicroWatts = 600_000;
        device.Radio.UplinkBitsPerSecond = 1_000_000;
        device.Radio.DownlinkBitsPerSecond = 1_000_000;
        device.Radio.Reachable = reachable;
        device.Cpu.ActiveMicroWatts = 100_000;
        device.Cpu.HandshakeMs[HandshakeKind.Full] = 1000;
        device.Cpu.HandshakeMs[HandshakeKind.ResumedSymmetric] = 20;
        return device;
    }

    public static CostModel Model(int latencyMicroWatts = 200_000, bool reachable = true)
    {
        var table = new ExchangeTable { Name = "round", Transport = 1 };
        Set(table, ExchangeKind.Reuse, 200, 500, 1, HandshakeKind.None);
        Set(table, ExchangeKind.HedgeExtra, 400, 400, 0, HandshakeKind.None);
        Set(table, ExchangeKind.Resume, 700, 1000, 2, HandshakeKind.ResumedSymmetric);
        Set(table, ExchangeKind.Reconnect, 900, 1700, 3, HandshakeKind.Full);
        Set(table, ExchangeKind.Refused, 200, 0, 0, HandshakeKind.None);
        Set(table, ExchangeKind.Probe, 100, 100, 1, HandshakeKind.None);
        Set(table, ExchangeKind.Close, 70, 0, 0, HandshakeKind.None);
        Set(table, ExchangeKind.ServerClose, 70, 70, 0, HandshakeKind.None);
        Set(table, ExchangeKind.Vain, 200, 0, 0, HandshakeKind.None);
        Set(table, ExchangeKind.QuietResume, 500, 450, 1, HandshakeKind.ResumedSymmetric);
        Set(table, ExchangeKind.QuietReconnect, 700, 1200, 3, HandshakeKind.Full);
        return CostModel.Create(Device(reachable), table, latencyMicroWatts);
    }

    private static void Set(ExchangeTable table, int kind, int up, int down, int roundTrips, int handshake)
    {
        table.UpBytes[kind] = up;
        table.DownBytes[kind] = down;
        table.RoundTrips[kind] = roundTrips;
        table.Handshake[kind] = handshake;
    }
}
