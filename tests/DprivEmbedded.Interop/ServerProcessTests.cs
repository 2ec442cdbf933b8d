using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>No server outlives the tests, even if they are killed.</summary>
public sealed class ServerProcessTests
{
    [Fact]
    public async Task Ends_with_the_process_it_belongs_to()
    {
        using var owner = Process.Start("sleep", "60");
        await using var server = ServerProcess.Start(["sleep", "60"], Path.GetTempPath(), lifeOf: owner.Id);
        Assert.False(server.HasExited);
        owner.Kill();
        Assert.True(await Poll.UntilAsync(() => server.HasExited, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task Disposal_ends_the_whole_group()
    {
        var server = ServerProcess.Start(["sh", "-c", "sleep 61 & echo child $!; wait"], Path.GetTempPath());
        Assert.True(await server.WaitForLogAsync(log => log.Contains('\n', StringComparison.Ordinal), TimeSpan.FromSeconds(5)));
        var child = server.Log.Split(' ')[1].Trim();
        Assert.True(Directory.Exists("/proc/" + child));
        await server.DisposeAsync();
        Assert.True(await Poll.UntilAsync(() => !IsRunning(child), TimeSpan.FromSeconds(5)));
    }

    // A killed child may stay for a while as a zombie that nobody has waited for.
    private static bool IsRunning(string id)
    {
        try
        {
            return !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
