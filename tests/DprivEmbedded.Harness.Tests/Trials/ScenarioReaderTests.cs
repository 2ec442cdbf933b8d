using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using DprivEmbedded.Harness.Trials;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Trials;

public class ScenarioReaderTests
{
    private const string Good = """
        {
          "format": "dpriv-scenario/1",
          "name": "small",
          "device": "esp32-dtim3",
          "protocol": "dodtls",
          "workload": { "kind": "poisson", "seconds": 60 },
          "path": { "seconds": 30 },
          "changes": [
            { "atHours": 5, "path": { "seconds": 60 } },
            { "atHours": 9, "link": { "rttMs": 99 } }
          ]
        }
        """;

    [Fact]
    public void Changes_build_on_each_other()
    {
        Scenario scenario = ScenarioReader.Read("small.json", Good, null);

        Assert.Equal([30, 60, 60], scenario.Phases.Select(phase => phase.PathSeconds));
        Assert.Equal([50, 50, 99], scenario.Phases.Select(phase => phase.RttMs));
    }

    [Theory]
    [InlineData("\"seconds\": 60 }", "\"seconds\": -1 }", 6, "\"seconds\" must be 0.05 to")]
    [InlineData("\"poisson\"", "\"posson\"", 6, "\"kind\" must be one of periodic, poisson, bursty, diurnal, trace; it is \"posson\"")]
    [InlineData("\"esp32-dtim3\"", "\"esp33\"", 4, "there is no device \"esp33\"")]
    [InlineData("\"dodtls\"", "\"doh\"", 5, "\"protocol\" must be one of")]
    [InlineData("\"path\": { \"seconds\": 30 }", "\"path\": { \"second\": 30 }", 7, "\"second\" is not known in \"path\"")]
    [InlineData("\"atHours\": 9", "\"atHours\": 4", 10, "\"atHours\" must be later")]
    [InlineData("\"name\": \"small\",", "\"name\": \"small\", \"name\": \"twice\",", 3, "\"name\" stands twice")]
    [InlineData("\"name\": \"small\",", "", 1, "\"name\" is missing")]
    [InlineData("dpriv-scenario/1", "dpriv-scenario/2", 2, "\"format\" must be dpriv-scenario/1")]
    [InlineData("\"rttMs\": 99", "\"rttMs\": 9.5", 10, "\"rttMs\" must be a whole number")]
    [InlineData("\"rttMs\": 99", "\"rttMs\": \"fast\"", 10, "\"rttMs\" must be a number")]
    [InlineData("\"changes\": [", "\"changes\": [[", 8, "A change must be an object")]
    [InlineData("\"path\": { \"seconds\": 30 },", "\"path\": { \"seconds\" 30 },", 7, "not JSON")]
    public void Mistakes_are_named_with_their_line(string right, string wrong, int line, string reason)
    {
        string text = Good.Replace(right, wrong, StringComparison.Ordinal);
        if (wrong.EndsWith("[[", StringComparison.Ordinal))
            text = text.Replace("  ]\n}", "  ]]\n}", StringComparison.Ordinal);

        var e = Assert.Throws<TrialInputException>(() => ScenarioReader.Read("small.json", text, null));

        Assert.StartsWith(reason, e.Reason, StringComparison.Ordinal);
        Assert.Equal(line, e.Line);
        Assert.StartsWith($"small.json:{line}: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shipped_scenarios_are_read_and_split()
    {
        var scenarios = ShippedData.Scenarios.Select(ScenarioReader.Shipped).ToList();

        Assert.True(scenarios.Count >= 16);
        Assert.True(scenarios.Count(scenario => scenario.HeldOut) >= 8);
        Assert.Equal(ShippedData.Scenarios, scenarios.Select(scenario => scenario.Name));
    }

    [Fact]
    public void Devices_give_a_source_for_each_number()
    {
        Assert.True(ShippedData.Devices.Count >= 10);
        Assert.All(ShippedData.Devices, name => Assert.Equal(name, ProfileReader.Shipped(name)!.Name));
        string text = ShippedData.ProfileText("esp32-dtim1")!;
        string without = text.Replace("\"source\": \"ESP-IDF: automatic light sleep 3.34 mA at 3.3 V\"", "\"source\": \"\"", StringComparison.Ordinal);
        Assert.NotEqual(text, without);
        Assert.Contains("needs a \"source\"", Assert.Throws<TrialInputException>(() => ProfileReader.Read("x.json", without)).Reason, StringComparison.Ordinal);
    }

    /// <summary>The published schema names the same members as the reader: what it does not know the reader refuses, and the other way round.</summary>
    [Fact]
    public void The_schema_knows_the_members_of_the_shipped_scenarios()
    {
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root(), "docs", "formats", "scenario.schema.json")));
        JsonElement properties = schema.RootElement.GetProperty("properties");
        foreach (string name in ShippedData.Scenarios)
        {
            using JsonDocument scenario = JsonDocument.Parse(ShippedData.ScenarioText(name));
            foreach (JsonProperty member in scenario.RootElement.EnumerateObject())
            {
                Assert.True(properties.TryGetProperty(member.Name, out JsonElement known), $"{name}: {member.Name} is not in the schema");
                if (member.Value.ValueKind != JsonValueKind.Object || !known.TryGetProperty("properties", out JsonElement inner))
                    continue;

                foreach (JsonProperty part in member.Value.EnumerateObject())
                    Assert.True(inner.TryGetProperty(part.Name, out _), $"{name}: {member.Name}.{part.Name} is not in the schema");
            }
        }
    }

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "DprivEmbedded.sln")))
            folder = Path.GetDirectoryName(folder)!;

        return folder;
    }
}
