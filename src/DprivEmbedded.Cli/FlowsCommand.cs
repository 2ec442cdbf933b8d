using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using DprivEmbedded.Harness.Flows;
using DprivEmbedded.Harness.Network;

namespace DprivEmbedded.Cli;

/// <summary><c>dpriv flows</c>: the nine figures of the message flows on a simulated network, drawn and counted.</summary>
internal static class FlowsCommand
{
    private static readonly Option<string> Figure = new("--figure") { Description = "A figure's number, 1 to 9, or all of them.", HelpName = "N|all", DefaultValueFactory = _ => "all" };
    private static readonly Option<bool> Beyond = new("--beyond") { Description = "Also what goes beyond the figures: hedge, connection id, early data." };
    private static readonly Option<int> Rtt = new("--rtt") { Description = "The round-trip time of the simulated network in milliseconds.", HelpName = "MS", DefaultValueFactory = _ => FlowCatalog.DefaultRttMs };
    private static readonly Option<string?> Svg = new("--svg") { Description = "Write each drawing to this directory, as SVG.", HelpName = "DIR" };
    private static readonly Option<string?> Pcap = new("--pcap") { Description = "Write the packets of each flow, with the secrets to decrypt them, to this directory, as pcapng for Wireshark.", HelpName = "DIR" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print the counts as a JSON array." };

    public static Command Create()
    {
        var command = new Command("flows", "The nine figures of the message flows on a simulated network: ladders, packets, bytes and round trips.") { Figure, Beyond, Rtt, Svg, Pcap, Json };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        int rttMs = parsed.GetValue(Rtt);
        if (rttMs is < 1 or > FlowCatalog.MaxRttMs)
            throw new BadInputException($"--rtt must be 1 to {FlowCatalog.MaxRttMs} milliseconds: beyond that the first retransmissions come before the answers.");

        List<FlowScenario> scenarios = Scenarios(parsed);
        string? svg = Directory(parsed, Svg);
        string? pcap = Directory(parsed, Pcap);
        bool json = parsed.GetValue(Json);
        List<FlowRun> runs = scenarios.Select(scenario => FlowCatalog.Run(scenario, rttMs)).ToList();
        foreach (FlowRun run in runs)
        {
            if (!json)
            {
                FlowLadder.Write(Console.Out, run);
                Console.WriteLine();
            }

            if (svg != null)
                Save(Svg, Path.Combine(svg, FileName(run.Scenario) + ".svg"), Encoding.UTF8.GetBytes(FlowDrawing.Draw(run)));

            if (pcap != null)
                Save(Pcap, Path.Combine(pcap, FileName(run.Scenario) + ".pcapng"), Capture(run));
        }

        if (json)
            Console.WriteLine(ToJson(runs));
        else
        {
            if (runs.Count > 1)
                WriteTable(runs);

            if (parsed.GetValue(Beyond))
                Console.WriteLine(FlowCatalog.OpenRow + ".");
        }

        return ExitCode.Answered;
    }

    /// <summary>The name of a flow's files, without extension.</summary>
    internal static string FileName(FlowScenario scenario) => (scenario.Figure > 0 ? "figure-" : "beyond-") + scenario.Name;

    private static List<FlowScenario> Scenarios(ParseResult parsed)
    {
        string figure = parsed.GetValue(Figure)!;
        var scenarios = new List<FlowScenario>();
        if (figure == "all")
            scenarios.AddRange(FlowCatalog.Figures);
        else
            scenarios.Add(FlowCatalog.Figures.FirstOrDefault(s => s.Name == figure) ?? throw new BadInputException($"--figure takes a number from 1 to 9, or all, not '{figure}'."));

        if (parsed.GetValue(Beyond))
            scenarios.AddRange(FlowCatalog.Beyond);

        return scenarios;
    }

    private static string? Directory(ParseResult parsed, Option<string?> option)
    {
        string? directory = parsed.GetValue(option);
        if (directory == null)
            return null;

        if (directory.Length == 0)
            throw new BadInputException($"{option.Name} needs a directory.");

        try
        {
            return System.IO.Directory.CreateDirectory(directory).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{option.Name}: '{directory}' cannot be made a directory: {e.Message}");
        }
    }

    private static void Save(Option<string?> option, string file, byte[] bytes)
    {
        try
        {
            File.WriteAllBytes(file, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{option.Name}: '{file}' cannot be written: {e.Message}");
        }
    }

    private static byte[] Capture(FlowRun run)
    {
        using var stream = new MemoryStream();
        PcapngWriter.Write(stream, run.Trace.Packets, run.UtcOffsetUs, run.KeyLog);
        return stream.ToArray();
    }

    private static string ToJson(List<FlowRun> runs)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartArray();
            foreach (FlowRun run in runs)
            {
                json.WriteStartObject();
                if (run.Scenario.Figure > 0)
                    json.WriteNumber("figure", run.Scenario.Figure);
                else
                    json.WriteString("figure", run.Scenario.Name);

                json.WriteNumber("roundTrips", run.Counts.RoundTrips);
                json.WriteNumber("packets", run.Counts.Packets);
                json.WriteNumber("bytesUp", run.Counts.BytesUp);
                json.WriteNumber("bytesDown", run.Counts.BytesDown);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void WriteTable(List<FlowRun> runs)
    {
        Console.WriteLine("figure         transport         round trips   the seed   packets   bytes up   bytes down         ms");
        foreach (FlowRun run in runs)
        {
            TraceCounts counts = run.Counts;
            Console.WriteLine(string.Format(
                CultureInfo.InvariantCulture,
                "{0,-13}  {1,-16}  {2,11}   {3,8}   {4,7}   {5,8}   {6,10}   {7,8:0.0}",
                run.Scenario.Name,
                run.Scenario.Transport,
                counts.RoundTrips,
                run.Scenario.RoundTrips,
                counts.Packets,
                counts.BytesUp,
                counts.BytesDown,
                run.ElapsedUs / 1000.0));
        }
    }
}
