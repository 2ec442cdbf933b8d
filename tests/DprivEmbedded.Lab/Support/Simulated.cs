using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;
using Xunit;

namespace DprivEmbedded.Lab.Support;

/// <summary>What <c>dpriv flows</c> counts on its simulated network, by figure or row.</summary>
internal static class Simulated
{
    private static readonly Lazy<Task<Dictionary<string, (int RoundTrips, int Packets)>>> s_counts = new(RunAsync);

    public static async Task<(int RoundTrips, int Packets)> CountAsync(string figure) => (await s_counts.Value.ConfigureAwait(false))[figure];

    private static async Task<Dictionary<string, (int RoundTrips, int Packets)>> RunAsync()
    {
        var result = await ClientProgram.RunAsync([Path.Combine(AppContext.BaseDirectory, "dpriv"), "flows", "--figure", "all", "--beyond", "--json"]).ConfigureAwait(false);
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonDocument.Parse(result.Output).RootElement.EnumerateArray().ToDictionary(
            e => e.GetProperty("figure").ToString(), e => (e.GetProperty("roundTrips").GetInt32(), e.GetProperty("packets").GetInt32()));
    }
}
