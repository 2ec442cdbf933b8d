using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using DprivEmbedded.Harness.Trials;
using DprivEmbedded.Policy;
using Spectre.Console;

namespace DprivEmbedded.Cli;

/// <summary><c>dpriv trial</c>: what each policy costs, simulated.</summary>
internal static class TrialCommand
{
    private static readonly string[] FixedFive = ["reconnect", "resume", "reuse", "probe:30", "threshold:10"];
    private static readonly string[] FixedNine = [.. FixedFive, "hedge", "hedge+ride", "threshold:60", "threshold:300"];

    private static readonly Argument<string?> Path = new("FILE|DIR") { Description = "A scenario file or a folder of them; the shipped scenarios by default, or the name of one.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> Policies = new("--policies") { Description = "Policies, separated by commas: " + PolicyParser.Names + ", " + TrialSuite.References + ".", HelpName = "LIST" };
    private static readonly Option<int?> Seeds = new("--seeds") { Description = "Runs of each with seeds 1 to N; 3 by default.", HelpName = "N" };
    private static readonly Option<string?> Days = new("--days") { Description = "Simulated days; by default 3 for the shipped scenarios, and what a file says.", HelpName = "D" };
    private static readonly Option<string?> Fidelity = new("--fidelity") { Description = "model counts flights and bytes by table; wire sends every byte through the engines.", HelpName = "model|wire" };
    private static readonly Option<string?> Report = new("--report") { Description = "Write a self-contained HTML report.", HelpName = "FILE" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print one JSON array: an object a scenario and policy." };
    private static readonly Option<bool> Explain = new("--explain") { Description = "Print what the first policy did on the last simulated day of seed 1, and why." };
    private static readonly Option<string?> Cache = new("--cache") { Description = "Keep results in a folder: a run that was broken off goes on where it was.", HelpName = "DIR" };
    private static readonly Option<int?> Threads = new("--threads") { Description = "Threads; one a core by default. The results are the same.", HelpName = "N" };

    public static Command Create()
    {
        var command = new Command("trial", "Simulates devices, links and servers, and shows what each policy costs in energy and latency.") { Path, Policies, Seeds, Days, Fidelity, Report, Json, Explain, Cache, Threads };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        if (parsed.GetValue(Fidelity) is not (null or "model" or "wire"))
            throw new BadInputException($"--fidelity takes model or wire, not '{parsed.GetValue(Fidelity)}'.");

        string? path = parsed.GetValue(Path);
        List<Scenario> scenarios = Load(path);
        bool wire = parsed.GetValue(Fidelity) == "wire";
        IEnumerable<string> usual = TrialSuite.DefaultPolicies.Where(policy => !wire || !IsReference(policy));
        List<string> policies = [.. parsed.GetValue(Policies)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [.. usual]];
        foreach (string policy in policies)
        {
            if (!TrialSuite.Knows(policy))
                throw new BadInputException($"--policies: there is no policy '{policy}'; there are {PolicyParser.Names}, {TrialSuite.References}.");
        }

        if (policies.Count == 0 || policies.Distinct().Count() != policies.Count)
            throw new BadInputException("--policies takes each policy once, and at least one.");

        if (wire && policies.Find(IsReference) is { } reference)
            throw new BadInputException($"--fidelity wire: {reference} is a reference that only the model has.");

        int seeds = parsed.GetValue(Seeds) ?? 3;
        if (seeds is < 1 or > 10000)
            throw new BadInputException("--seeds takes 1 to 10000.");

        double days = ParseDays(parsed.GetValue(Days), path == null);
        int threads = parsed.GetValue(Threads) ?? 0;
        if (threads is < 0 or > 1024)
            throw new BadInputException("--threads takes 1 to 1024.");

        bool json = parsed.GetValue(Json);
        if (parsed.GetValue(Explain))
        {
            if (wire)
                throw new BadInputException("--explain takes the model's fidelity.");

            ExplainRuns(scenarios, policies[0], days);
            return ExitCode.Answered;
        }

        List<TrialResult> results = RunAll(scenarios, policies, seeds, days, threads, parsed.GetValue(Cache), json, wire);
        List<TrialSummary> summaries = TrialSummary.Of(results);
        if (parsed.GetValue(Report) is { } report)
            WriteFile(report, TrialReport.Html(scenarios, summaries, days));
        if (json)
            PrintJson(summaries);
        else
            PrintTables(scenarios, summaries, policies);

        return ExitCode.Answered;
    }

    private static bool IsReference(string policy) => policy is TrialSuite.Informed or TrialSuite.ClairvoyantName;

    private static double ParseDays(string? text, bool shipped)
    {
        if (text == null)
            return shipped ? 3 : 0;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double days) || !(days >= 0.001 && days <= 36500))
            throw new BadInputException($"--days takes a number from 0.001 to 36500, not '{text}'.");

        return days;
    }

    private static List<Scenario> Load(string? path)
    {
        try
        {
            if (path == null)
                return ShippedData.Scenarios.Select(ScenarioReader.Shipped).ToList();
            if (Directory.Exists(path))
            {
                List<Scenario> read = Directory.GetFiles(path, "*.json").Order(StringComparer.Ordinal).Select(ReadFile).ToList();
                if (read.Count == 0)
                    throw new BadInputException($"{path} holds no scenario (*.json).");
                if (read.Select(scenario => scenario.Name).Distinct().Count() != read.Count)
                    throw new BadInputException($"{path} holds two scenarios of the same name.");

                return read;
            }

            if (File.Exists(path))
                return [ReadFile(path)];
            if (ShippedData.Scenarios.Contains(path))
                return [ScenarioReader.Shipped(path)];
        }
        catch (TrialInputException e)
        {
            throw new BadInputException(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(e.Message);
        }

        throw new BadInputException($"there is no scenario {path}: neither a file, nor a folder, nor one of {string.Join(", ", ShippedData.Scenarios)}.");
    }

    private static Scenario ReadFile(string path) => ScenarioReader.Read(path, File.ReadAllText(path), System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)));

    private static List<TrialResult> RunAll(List<Scenario> scenarios, List<string> policies, int seeds, double days, int threads, string? cache, bool quiet, bool wire)
    {
        int total = scenarios.Count * policies.Count * seeds;
        if (quiet || Console.IsOutputRedirected)
            return TrialSuite.RunAll(scenarios, policies, seeds, days, threads, cache, null, wire);

        List<TrialResult> results = [];
        AnsiConsole.Progress().Start(context =>
        {
            ProgressTask task = context.AddTask("trial", maxValue: total);
            results = TrialSuite.RunAll(scenarios, policies, seeds, days, threads, cache, done => task.Value = done, wire);
        });
        return results;
    }

    private static void ExplainRuns(List<Scenario> scenarios, string policy, double days)
    {
        if (policy == TrialSuite.ClairvoyantName)
            throw new BadInputException("--explain: the clairvoyant optimum explains nothing; put another policy first.");

        foreach (Scenario scenario in scenarios)
        {
            double length = days > 0 ? days : scenario.Days;
            double from = (length - 1) * 86400e3;
            Console.WriteLine($"{scenario.Name}, {policy}:");
            TrialSuite.Run(scenario, policy, 1, length, happened =>
            {
                if (happened.AtMs < from || (happened.Kind == "wake" && happened.Why.Length == 0))
                    return;

                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{TimeSpan.FromMilliseconds(happened.AtMs):d\\.hh\\:mm\\:ss} {happened.Kind,-12} {happened.Action,-9} {happened.EnergyMicroJoules / 1000.0,8:F1} mJ {happened.LatencyMs,6} ms  {happened.Outcome,-16} {happened.Why}").TrimEnd());
            });
        }
    }

    private static void PrintJson(List<TrialSummary> summaries)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            writer.WriteStartArray();
            foreach (TrialSummary summary in summaries)
            {
                writer.WriteStartObject();
                writer.WriteString("scenario", summary.Scenario);
                writer.WriteString("policy", summary.Policy);
                writer.WriteNumber("seeds", summary.Seeds);
                Number(writer, "energyMilliJoulesPerQuery", summary.IsBound ? null : summary.EnergyMilliJoulesPerQuery);
                Number(writer, "latencyMsP50", summary.IsBound ? null : summary.LatencyMsP50);
                Number(writer, "latencyMsP95", summary.IsBound ? null : summary.LatencyMsP95);
                Number(writer, "objective", summary.Objective);
                Number(writer, "objectiveStdErr", summary.ObjectiveStdErr);
                writer.WriteNumber("queries", summary.Queries);
                writer.WriteNumber("failed", summary.Failed);
                Number(writer, "batteryDays", summary.BatteryDays > 0 ? summary.BatteryDays : null);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        Console.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static void Number(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
            writer.WriteNumber(name, Math.Round(number, 4));
        else
            writer.WriteNull(name);
    }

    private static void PrintTables(List<Scenario> scenarios, List<TrialSummary> summaries, List<string> policies)
    {
        string first = policies[0];
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("scenario");
        table.AddColumn(new TableColumn($"{first}\nmJ a query").RightAligned());
        table.AddColumn(new TableColumn("energy\nmJ").RightAligned());
        table.AddColumn(new TableColumn("latency\np50/p95 ms").RightAligned());
        table.AddColumn(new TableColumn("best fixed").LeftAligned());
        List<string> others = policies.Skip(1).ToList();
        foreach (string other in others)
            table.AddColumn(new TableColumn(other).RightAligned());

        foreach (Scenario scenario in scenarios)
        {
            Dictionary<string, TrialSummary> here = summaries.Where(summary => summary.Scenario == scenario.Name).ToDictionary(summary => summary.Policy);
            TrialSummary mine = here[first];
            string best = FixedNine.Where(here.ContainsKey).MinBy(name => here[name].Objective) ?? "";
            var row = new List<string>
            {
                scenario.Name + (scenario.HeldOut ? " *" : ""),
                Text($"{mine.Objective:F1} ± {mine.ObjectiveHalfInterval:F1}"),
                mine.IsBound ? "" : Text($"{mine.EnergyMilliJoulesPerQuery:F1}"),
                mine.IsBound ? "" : Text($"{mine.LatencyMsP50:F0}/{mine.LatencyMsP95:F0}"),
                best,
            };
            row.AddRange(others.Select(other => Text($"{here[other].Objective / mine.Objective:F3}")));
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        // A table of many policies is wider than most terminals; cut nothing.
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = 250;

        AnsiConsole.Write(table);
        Console.WriteLine($"Cost is energy plus weighted latency; the columns of the other policies are multiples of {first}'s. ± is the 95 % interval over seeds; * was held out of tuning.");
        if (!policies.Contains("adaptive"))
            return;

        PrintGeometric("tuning", scenarios.Where(scenario => !scenario.HeldOut), summaries);
        PrintGeometric("held out", scenarios.Where(scenario => scenario.HeldOut), summaries);
        PrintGeometric("all", scenarios, summaries);
    }

    private static void PrintGeometric(string set, IEnumerable<Scenario> scenarios, List<TrialSummary> summaries)
    {
        List<string> names = scenarios.Select(scenario => scenario.Name).ToList();
        if (names.Count == 0)
            return;

        Dictionary<(string, string), double> costs = summaries.ToDictionary(summary => (summary.Scenario, summary.Policy), summary => summary.Objective);
        List<string> policies = summaries.Select(summary => summary.Policy).Distinct().ToList();
        double Ratio(string name, IEnumerable<string> others) => costs[(name, "adaptive")] / others.Min(other => costs[(name, other)]);
        string Line(string what, IReadOnlyList<string> others)
        {
            if (!others.All(policies.Contains))
                return "";

            List<double> ratios = names.ConvertAll(name => Ratio(name, others));
            return Text($"; {what} {Math.Exp(ratios.Average(Math.Log)):F3} (worst {ratios.Max():F3})");
        }

        string Over(string policy) => policies.Contains(policy) ? Text($"; {policy} costs {Math.Exp(names.Average(name => Math.Log(costs[(name, policy)] / costs[(name, "adaptive")]))):F3} of it") : "";
        Console.WriteLine($"{set}, {names.Count} scenarios, geometric means: adaptive over" + (Line("best of five", FixedFive) + Line("best of nine", FixedNine) + Line("informed", [TrialSuite.Informed]) + Line("clairvoyant", [TrialSuite.ClairvoyantName]) + Over("threshold:10") + Over("hedge+ride")).TrimStart(';'));
    }

    private static void WriteFile(string path, string text)
    {
        try
        {
            File.WriteAllText(path, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"--report: {e.Message}");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
