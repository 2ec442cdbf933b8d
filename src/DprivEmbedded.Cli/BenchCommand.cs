using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using DprivEmbedded.Harness.Bench;

namespace DprivEmbedded.Cli;

/// <summary><c>dpriv bench</c>: this library and others side by side.</summary>
internal static class BenchCommand
{
    private static readonly Option<bool> Json = new("--json") { Description = "Print rows and targets as one JSON object." };
    private static readonly Option<bool> Quick = new("--quick") { Description = "A run of seconds: counts of bytes and flights are good, times are not." };
    private static readonly Option<string?> Only = new("--only") { Description = "These rows, with commas between; a name's first part stands for all of its versions.", HelpName = "NAMES" };
    private static readonly Option<string?> Svg = new("--svg") { Description = "Write the picture of the ratios to this file.", HelpName = "FILE" };

    public static Command Create()
    {
        var command = new Command("bench", "This library, SslStream, BouncyCastle and programs side by side: processor time, bytes, flights, memory.") { Json, Quick, Only, Svg };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        List<string> names = Names(parsed.GetValue(Only));
        string? svg = parsed.GetValue(Svg);
        if (svg != null)
            Save(svg, "");

        bool json = parsed.GetValue(Json);
        var runner = new BenchRunner(parsed.GetValue(Quick), Self());
        BenchReport report = runner.Run(names, Progress);
        if (json)
            Console.WriteLine(ToJson(report));
        else
            WriteTables(report);

        if (svg != null)
            Save(svg, BenchDrawing.Draw(report));

        return ExitCode.Answered;
    }

    private static void Progress(string name)
    {
        if (!Console.IsErrorRedirected)
            Console.Error.WriteLine("measuring " + name);
    }

    private static List<string> Names(string? only)
    {
        if (only == null)
            return [.. BenchRunner.Names];

        var names = new List<string>();
        foreach (string part in only.Split(','))
        {
            List<string> found = [.. BenchRunner.Names.Where(name => name == part || name.StartsWith(part + "-", StringComparison.Ordinal))];
            if (found.Count == 0)
                throw new BadInputException($"--only: there is no row '{part}'; the rows are {string.Join(", ", BenchRunner.Names)}.");

            names.AddRange(found.Except(names));
        }

        return names;
    }

    /// <summary>How this program is started again.</summary>
    private static string[] Self()
    {
        string? path = Environment.ProcessPath;
        if (path == null)
            return [];

        return Path.GetFileNameWithoutExtension(path) == "dotnet" ? [path, Path.Combine(AppContext.BaseDirectory, "dpriv.dll")] : [path];
    }

    private static void Save(string file, string text)
    {
        try
        {
            File.WriteAllText(file, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BadInputException($"--svg: '{file}' cannot be written: {e.Message}");
        }
    }

    private static string ToJson(BenchReport report)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteBoolean("quick", report.Quick);
            json.WriteString("clock", ThreadCpu.IsSupported ? "cpu" : "wall");
            json.WriteStartArray("rows");
            foreach (BenchRow row in report.Rows)
            {
                json.WriteStartObject();
                json.WriteString("name", row.Name);
                json.WriteString("peer", row.Peer);
                json.WriteString("server", row.Server);
                Write(json, "cpuMicroseconds", row.CpuMicroseconds);
                Write(json, "cpuRatio", row.CpuRatio is { } ratio && double.IsFinite(ratio) ? Math.Round(ratio, 3) : null);
                Write(json, "allocatedBytes", row.AllocatedBytes);
                Write(json, "bytesUp", row.BytesUp);
                Write(json, "bytesDown", row.BytesDown);
                Write(json, "flights", row.Flights);
                Write(json, "heapBytes", row.HeapBytes);
                Write(json, "residentBytes", row.ResidentBytes);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("targets");
            foreach (BenchTarget target in report.Targets)
            {
                json.WriteStartObject();
                json.WriteString("target", target.Name);
                json.WriteNumber("limit", target.Limit);
                json.WriteNumber("value", target.Value);
                json.WriteBoolean("met", target.Met);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter json, string name, double? value)
    {
        if (value == null)
            json.WriteNull(name);
        else
            json.WriteNumber(name, value.Value);
    }

    private static void WriteTables(BenchReport report)
    {
        Console.WriteLine("| row | peer | CPU, µs | dpriv / peer | allocated, B | bytes up | bytes down | flights | heap, B | resident, B |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (BenchRow row in report.Rows)
        {
            Console.WriteLine($"| {row.Name} | {row.Peer} | {Text(row.CpuMicroseconds, "0.0")} | {Text(row.CpuRatio, "0.00")} | {Text(row.AllocatedBytes)} | {Text(row.BytesUp)} | {Text(row.BytesDown)} | {Text(row.Flights)} | {Text(row.HeapBytes)} | {Text(row.ResidentBytes)} |");
        }

        Console.WriteLine();
        Console.WriteLine("| target | at most | measured | |");
        Console.WriteLine("|---|---:|---:|---|");
        foreach (BenchTarget target in report.Targets)
            Console.WriteLine($"| {target.Name} | {Text(target.Limit, "0.##")} | {Text(target.Value, "0.###")} | {(target.Met ? "met" : "missed")} |");
    }

    private static string Text(double? value, string format = "0") => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
