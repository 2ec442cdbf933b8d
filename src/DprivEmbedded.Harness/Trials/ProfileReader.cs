using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Power;

namespace DprivEmbedded.Harness.Trials;

/// <summary>Reads device profiles and the table of exchanges.</summary>
public static class ProfileReader
{
    private static readonly string[] ExchangeNames = ["reuse", "hedgeExtra", "resume", "reconnect", "refused", "probe", "close", "serverClose", "vain", "quietResume", "quietReconnect"];

    private static readonly string[] HandshakeNames = ["none", "full", "resumedKeyAgreement", "resumedSymmetric", "helloKeyAgreement", "helloSymmetric"];

    /// <summary>A shipped device.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The profile; null where there is none of that name.</returns>
    public static DeviceProfile? Shipped(string name)
    {
        string? text = name == "exchanges" ? null : ShippedData.ProfileText(name);
        return text == null ? null : Read(name + ".json", text);
    }

    /// <summary>Reads a device profile: each number is an object with value and source.</summary>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="text">Its text.</param>
    /// <exception cref="TrialInputException">Something is wrong with it.</exception>
    public static DeviceProfile Read(string file, string text) => Device(JsonItem.Parse(file, text));

    /// <summary>The shipped protocols.</summary>
    public static IReadOnlyList<ExchangeTable> Protocols()
    {
        string file = "exchanges.json";
        JsonItem root = JsonItem.Parse(file, ShippedData.ProfileText("exchanges")!);
        root.Text("format", null);
        root.Text("about", "");
        JsonItem protocols = root.Need("protocols");
        var tables = new List<ExchangeTable>();
        foreach (string name in protocols.Names)
        {
            JsonItem item = protocols.Need(name);
            item.Text("source", null);
            var table = new ExchangeTable { Name = name, Transport = item.Choice("transport", 0, "dot", "dodtls") };
            for (int kind = 0; kind < ExchangeKind.Count; kind++)
            {
                JsonItem exchange = item.Need(ExchangeNames[kind]);
                table.UpBytes[kind] = exchange.Whole("up", 0, 0, 100000);
                table.DownBytes[kind] = exchange.Whole("down", 0, 0, 100000);
                table.Packets[kind] = exchange.Whole("packets", 2, 0, 1000);
                table.RoundTrips[kind] = exchange.Whole("roundTrips", 0, 0, 20);
                table.Handshake[kind] = exchange.Choice("cpu", 0, HandshakeNames);
                exchange.NothingElse(ExchangeNames[kind]);
            }

            item.NothingElse(name);
            tables.Add(table);
        }

        root.NothingElse("the table of exchanges");
        return tables;
    }

    internal static ExchangeTable? Protocol(string name) => Protocols().FirstOrDefault(table => table.Name == name);

    internal static DeviceProfile Device(JsonItem root)
    {
        root.MustBeObject("A device");
        if (root.Text("format", "dpriv-device/1") != "dpriv-device/1")
            throw root.Need("format").Wrong("\"format\" must be dpriv-device/1.");

        var device = new DeviceProfile { Name = root.Text("name", null) };
        root.Text("about", "");
        device.BatteryJoules = Sourced(root, "batteryJoules", 0, 100_000_000);
        device.BaseMicroWatts = Sourced(root, "baseMicroWatts", 0, 100_000_000);
        device.ProbePermission = root.Choice("permission", ProbePermission.StandAlone, "never", "rideAlong", "standAlone");
        JsonItem radio = root.Need("radio");
        RadioProfile to = device.Radio;
        to.IdleMicroWatts = Sourced(radio, "idleMicroWatts", 0, 100_000_000);
        to.PromotionMs = Sourced(radio, "promotionMs", 0, 600_000);
        to.PromotionMicroJoules = Sourced(radio, "promotionMicroJoules", 0, 1_000_000_000);
        to.TailMicroWatts = Sourced(radio, "tailMicroWatts", 0, 100_000_000);
        to.TailMs = Sourced(radio, "tailMs", 0, 3_600_000);
        to.ReleaseAssistance = radio.Flag("releaseAssistance", false);
        to.ReleaseMs = to.ReleaseAssistance ? Sourced(radio, "releaseMs", 0, 3_600_000) : 0;
        to.ListenMicroWatts = Sourced(radio, "listenMicroWatts", 0, 100_000_000);
        to.ReceiveMicroWatts = Sourced(radio, "receiveMicroWatts", 0, 100_000_000);
        to.TransmitMicroWatts = Sourced(radio, "transmitMicroWatts", 0, 100_000_000);
        to.UplinkBitsPerSecond = Sourced(radio, "uplinkBitsPerSecond", 100, 2_000_000_000);
        to.DownlinkBitsPerSecond = Sourced(radio, "downlinkBitsPerSecond", 100, 2_000_000_000);
        to.PacketMicroseconds = Sourced(radio, "packetMicroseconds", 0, 10_000_000);
        to.DozeDelayMs = radio.Find("dozeDelayMs") == null ? 0 : Sourced(radio, "dozeDelayMs", 0, 60_000);
        to.DozeAfterMs = radio.Find("dozeAfterMs") == null ? 0 : Sourced(radio, "dozeAfterMs", 0, 60_000);
        to.Reachable = radio.Flag("reachable", true);
        radio.NothingElse("a radio");
        JsonItem cpu = root.Need("cpu");
        device.Cpu.ActiveMicroWatts = Sourced(cpu, "activeMicroWatts", 0, 100_000_000);
        device.Cpu.SleepLosesMemory = cpu.Flag("sleepLosesMemory", false);
        JsonItem times = cpu.Need("handshakeMs");
        for (int kind = 0; kind < HandshakeKind.Count; kind++)
            device.Cpu.HandshakeMs[kind] = Sourced(times, HandshakeNames[kind], 0, 600_000);

        times.NothingElse("handshakeMs");
        cpu.NothingElse("a processor");
        root.NothingElse("a device");
        return device;
    }

    private static int Sourced(JsonItem parent, string name, int least, int most)
    {
        JsonItem item = parent.Need(name);
        item.MustBeObject($"\"{name}\"");
        int value = item.Find("value") == null ? throw item.Wrong($"\"{name}\" needs a \"value\".") : item.Whole("value", 0, least, most);
        if (string.IsNullOrWhiteSpace(item.Text("source", null)))
            throw item.Wrong($"\"{name}\" needs a \"source\".");

        item.NothingElse($"\"{name}\"");
        return value;
    }
}
