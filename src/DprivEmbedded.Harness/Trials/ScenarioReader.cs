using System;
using System.IO;
using System.Text.Json;
using DprivEmbedded.Association;
using DprivEmbedded.Power;

namespace DprivEmbedded.Harness.Trials;

/// <summary>Reads scenario files: docs/formats/scenario.schema.json.</summary>
public static class ScenarioReader
{
    /// <summary>The format that files name.</summary>
    public const string Format = "dpriv-scenario/1";

    private const double MostSeconds = 100 * 365 * 86400.0;

    /// <summary>A shipped scenario.</summary>
    /// <param name="name">Its name.</param>
    public static Scenario Shipped(string name) => Read(name + ".json", ShippedData.ScenarioText(name), null);

    /// <summary>Reads a scenario.</summary>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="text">Its text.</param>
    /// <param name="folder">Where a trace or a device's file is looked for; null for nowhere.</param>
    /// <exception cref="TrialInputException">Something is wrong; the message has the line and the reason.</exception>
    public static Scenario Read(string file, string text, string? folder)
    {
        JsonItem root = JsonItem.Parse(file, text);
        root.MustBeObject("A scenario");
        root.Text("$schema", "");
        if (root.Text("format", null) != Format)
            throw root.Need("format").Wrong($"\"format\" must be {Format}.");

        var scenario = new Scenario { Source = text, Name = root.Text("name", null), About = root.Text("about", "") };
        if (scenario.Name.Length == 0)
            throw root.Need("name").Wrong("\"name\" must not be empty.");

        scenario.HeldOut = root.Choice("set", 0, "tuning", "heldOut") == 1;
        scenario.Device = Device(root.Need("device"), folder);
        JsonItem protocol = root.Need("protocol");
        scenario.Protocol = ProfileReader.Protocol(root.Text("protocol", null)) ?? throw protocol.Wrong("\"protocol\" must be one of " + string.Join(", ", Names()) + ".");
        scenario.LatencyMicroWatts = (int)(root.Number("latencyMilliWatts", 200, 0, 1_000_000) * 1000);
        scenario.Permission = root.Find("permission") == null ? scenario.Device.ProbePermission : root.Choice("permission", 0, "never", "rideAlong", "standAlone");
        int probe = root.Choice("probe", -1, "none", "heartbeat", "keepalive", "query");
        scenario.Probe = probe >= 0 ? probe : scenario.Protocol.Transport == AssociationTransport.Dot ? ProbeKind.Query : ProbeKind.Heartbeat;
        scenario.TellsNextWake = root.Flag("tellsNextWake", false);
        scenario.ConnectionId = root.Flag("connectionId", false);
        scenario.NetworkChangeHours = root.Number("networkChangeHours", 0, 0, 1e6);
        scenario.RestartHours = root.Number("restartHours", 0, 0, 1e6);
        scenario.RestartKeepsTickets = root.Flag("restartKeepsTickets", true);
        scenario.Days = root.Number("days", 14, 0.001, 36500);
        ReadWorkload(root.Need("workload"), scenario.Workload, folder);
        if (root.Find("otherTraffic") is { } traffic)
            ReadTraffic(traffic, scenario.Traffic);

        var first = new Conditions();
        ReadConditions(root, first);
        scenario.Phases.Add(first);
        if (root.Find("changes") is { } changes)
        {
            if (changes.Kind != JsonTokenType.StartArray)
                throw changes.Wrong("\"changes\" must be an array.");

            foreach (JsonItem change in changes.Items)
            {
                change.MustBeObject("A change");
                double at = change.Find("atHours") == null ? throw change.Wrong("\"atHours\" is missing.") : change.Number("atHours", 0, 0, 1e6);
                if (at <= scenario.Phases[^1].AtHours)
                    throw change.Need("atHours").Wrong("\"atHours\" must be later than that of the change before.");

                Conditions next = scenario.Phases[^1].CopyAt(at);
                ReadConditions(change, next);
                change.NothingElse("a change");
                scenario.Phases.Add(next);
            }
        }

        root.NothingElse("a scenario");
        return scenario;
    }

    private static System.Collections.Generic.IEnumerable<string> Names()
    {
        foreach (ExchangeTable table in ProfileReader.Protocols())
            yield return table.Name;
    }

    private static DeviceProfile Device(JsonItem item, string? folder)
    {
        if (item.Kind == JsonTokenType.StartObject)
            return ProfileReader.Device(item);
        if (item.Kind != JsonTokenType.String)
            throw item.Wrong("\"device\" must be the name of a device profile, a file, or an object.");

        string name = item.AsText();
        if (ProfileReader.Shipped(name) is { } shipped)
            return shipped;

        string? path = folder == null ? null : Path.Combine(folder, name);
        if (path != null && File.Exists(path))
            return ProfileReader.Read(name, File.ReadAllText(path));

        throw item.Wrong($"there is no device \"{name}\"; shipped are {string.Join(", ", ShippedData.Devices)}.");
    }

    private static void ReadWorkload(JsonItem item, WorkloadModel workload, string? folder)
    {
        item.MustBeObject("\"workload\"");
        item.Need("kind");
        workload.Kind = (WorkloadKind)item.Choice("kind", 0, "periodic", "poisson", "bursty", "diurnal", "trace");
        workload.Seconds = item.Number("seconds", workload.Kind == WorkloadKind.Trace ? 86400 : 3600, 0.05, MostSeconds);
        switch (workload.Kind)
        {
            case WorkloadKind.Periodic:
                workload.JitterPercent = item.Number("jitterPercent", 0, 0, 49);
                break;
            case WorkloadKind.Bursty:
                workload.BurstQueries = item.Number("burstQueries", workload.BurstQueries, 1, 10000);
                workload.WithinSeconds = item.Number("withinSeconds", workload.WithinSeconds, 0.001, MostSeconds);
                break;
            case WorkloadKind.Diurnal:
                workload.NightSeconds = item.Number("nightSeconds", workload.NightSeconds, 0.05, MostSeconds);
                workload.DayStartHour = item.Number("dayStartHour", workload.DayStartHour, 0, 24);
                workload.DayEndHour = item.Number("dayEndHour", workload.DayEndHour, 0, 24);
                if (workload.DayEndHour <= workload.DayStartHour)
                    throw item.Wrong("\"dayEndHour\" must be later than \"dayStartHour\".");

                break;
            case WorkloadKind.Trace:
                ReadTrace(item, workload, folder);
                break;
        }

        item.NothingElse("a workload of this kind");
    }

    private static void ReadTrace(JsonItem item, WorkloadModel workload, string? folder)
    {
        if (item.Find("times") is { } times)
        {
            foreach (JsonItem time in times.Items)
                workload.Times.Add(time.AsNumber());
        }
        else
        {
            JsonItem named = item.Need("file");
            string path = Path.Combine(folder ?? ".", item.Text("file", null));
            if (folder == null || !File.Exists(path))
                throw named.Wrong($"there is no trace file {path}.");

            int line = 0;
            foreach (string text in File.ReadLines(path))
            {
                line++;
                if (text.Trim().Length == 0 || text[0] == '#')
                    continue;
                if (!double.TryParse(text.Split(',')[0], System.Globalization.CultureInfo.InvariantCulture, out double time))
                    throw new TrialInputException(path, line, "a time in seconds is expected.");

                workload.Times.Add(time);
            }
        }

        if (workload.Times.Count == 0)
            throw item.Wrong("the trace is empty.");
        for (int i = 0; i < workload.Times.Count; i++)
        {
            if (!(workload.Times[i] >= 0) || (i > 0 && workload.Times[i] < workload.Times[i - 1]))
                throw item.Wrong("the times of a trace must ascend from 0.");
        }
    }

    private static void ReadTraffic(JsonItem item, TrafficModel traffic)
    {
        item.MustBeObject("\"otherTraffic\"");
        item.Need("kind");
        traffic.Kind = (TrafficKind)item.Choice("kind", 0, "none", "periodic", "poisson");
        traffic.Seconds = item.Number("seconds", traffic.Seconds, 0.1, MostSeconds);
        traffic.JitterPercent = item.Number("jitterPercent", 0, 0, 49);
        traffic.DurationMs = item.Whole("durationMs", traffic.DurationMs, 0, 3_600_000);
        item.NothingElse("\"otherTraffic\"");
    }

    private static void ReadConditions(JsonItem parent, Conditions to)
    {
        if (parent.Find("link") is { } link)
        {
            link.MustBeObject("\"link\"");
            to.RttMs = link.Whole("rttMs", to.RttMs, 1, 60_000);
            to.JitterMs = link.Whole("jitterMs", to.JitterMs, 0, 60_000);
            to.LossPermille = link.Whole("lossPermille", to.LossPermille, 0, 500);
            link.NothingElse("\"link\"");
        }

        if (parent.Find("path") is { } path)
        {
            path.MustBeObject("\"path\"");
            to.PathSeconds = path.Number("seconds", to.PathSeconds, 0.1, MostSeconds);
            to.PathJitterPercent = path.Number("jitterPercent", to.PathJitterPercent, 0, 100);
            to.PathSilentPercent = path.Whole("silentPercent", to.PathSilentPercent, 0, 100);
            path.NothingElse("\"path\"");
        }

        if (parent.Find("server") is { } server)
        {
            server.MustBeObject("\"server\"");
            to.IdleSeconds = server.Number("idleSeconds", to.IdleSeconds, 0.1, MostSeconds);
            to.IdleJitterPercent = server.Number("jitterPercent", to.IdleJitterPercent, 0, 100);
            to.End = (ServerEnd)server.Choice("end", (int)to.End, "fin", "reset", "silent");
            to.TellsIdle = server.Flag("tellsIdle", to.TellsIdle);
            to.TicketSeconds = server.Number("ticketSeconds", to.TicketSeconds, 0, 604_800);
            server.NothingElse("\"server\"");
        }
    }
}
