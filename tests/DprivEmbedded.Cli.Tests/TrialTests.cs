using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using Xunit;

namespace DprivEmbedded.Cli.Tests;

public class TrialTests
{
    [Fact]
    public async Task Json_has_an_object_a_scenario_and_policy()
    {
        CommandResult result = (await DprivCommand.RunAsync("trial", "wifi-nat300-mqtt", "--days", "1", "--seeds", "2", "--policies", "adaptive,reuse,clairvoyant", "--json")).EndedWell();

        using JsonDocument json = JsonDocument.Parse(result.Output);
        JsonElement[] all = [.. json.RootElement.EnumerateArray()];
        Assert.Equal(["adaptive", "reuse", "clairvoyant"], all.Select(item => item.GetProperty("policy").GetString()));
        Assert.All(all, item => Assert.Equal(
            ["scenario", "policy", "seeds", "energyMilliJoulesPerQuery", "latencyMsP50", "latencyMsP95", "objective", "objectiveStdErr", "queries", "failed", "batteryDays"],
            item.EnumerateObject().Select(field => field.Name)));
        Assert.All(all, item => Assert.True(item.GetProperty("objective").GetDouble() >= all[2].GetProperty("objective").GetDouble()));
        Assert.Equal(JsonValueKind.Null, all[2].GetProperty("energyMilliJoulesPerQuery").ValueKind);
        Assert.True(all[0].GetProperty("batteryDays").GetDouble() > 1);
    }

    [Fact]
    public async Task The_report_is_one_page_with_pictures()
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".html");
        try
        {
            CommandResult result = (await DprivCommand.RunAsync("trial", "wifi-fin-8s", "--days", "1", "--seeds", "1", "--policies", "adaptive,reuse", "--report", file)).EndedWell();
            Assert.Contains("wifi-fin-8s", result.Output, StringComparison.Ordinal);
            string page = File.ReadAllText(file);
            Assert.Equal(4, page.Split("<svg ").Length - 1);
            Assert.DoesNotContain("src=\"", page, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Explanations_give_numbers()
    {
        CommandResult result = (await DprivCommand.RunAsync("trial", "wifi-nat300-mqtt", "--days", "1", "--explain")).EndedWell();

        Assert.Equal("wifi-nat300-mqtt, adaptive:", result.Lines[0]);
        Assert.Contains(result.Lines, line => line.Contains("probe: worth", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("trial nosuch", "there is no scenario nosuch")]
    [InlineData("trial --policies adaptive,nosuch", "there is no policy 'nosuch'")]
    [InlineData("trial --policies reuse,reuse", "each policy once")]
    [InlineData("trial --seeds 0", "--seeds takes 1 to 10000.")]
    [InlineData("trial --days x", "--days takes a number")]
    [InlineData("trial --fidelity no", "--fidelity takes model or wire")]
    [InlineData("trial --fidelity wire --policies informed", "--fidelity wire: informed is a reference that only the model has.")]
    [InlineData("trial --fidelity wire --explain", "--explain takes the model's fidelity.")]
    public async Task Bad_input_is_told(string line, string message)
    {
        CommandResult result = (await DprivCommand.RunAsync(line.Split(' '))).Ended(ExitCode.BadInput);

        Assert.Contains(message, result.ErrorLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistake_in_a_file_is_told_with_its_line()
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".json");
        File.WriteAllText(file, "{\n  \"format\": \"dpriv-scenario/1\",\n  \"name\": \"\"\n}\n");
        try
        {
            CommandResult result = (await DprivCommand.RunAsync("trial", file)).Ended(ExitCode.BadInput);
            Assert.Equal($"dpriv: {file}:3: \"name\" must not be empty.", result.ErrorLines[0]);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
