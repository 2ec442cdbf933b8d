using System;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Lab.Client;
using Xunit;

namespace DprivEmbedded.Lab.Network;

/// <summary>The client in its namespace: this program in its mode <c>client</c>.</summary>
public sealed class LabClient : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly ServerProcess _process;
    private int _commands = -1;

    private LabClient(ServerProcess process) => _process = process;

    /// <summary>Starts it; it ends with the network. The server is one of the lab's, with the run's certificate.</summary>
    public static async Task<LabClient> StartAsync(LabNetwork network, LabClientOptions options)
    {
        options = options with { AuthenticationName = PeerCertificates.ServerName, CaPath = PeerCertificates.Shared.CaPath };
        var process = ServerProcess.Start([Requires.Program("ip"), "netns", "exec", network.Client, LabNetwork.Program, "client"], AppContext.BaseDirectory);
        var client = network.Own(new LabClient(process));
        Assert.Equal("ready", (await client.SayAsync(JsonSerializer.Serialize(options)).ConfigureAwait(false)).Event);
        return client;
    }

    /// <summary>Asks for a.peers.example's address, and fails the test where there is no answer.</summary>
    public async Task<LabReply> QueryAsync()
    {
        var reply = await SayAsync("query a." + PeerZone.Origin).ConfigureAwait(false);
        Assert.True(reply is { Event: "answer", Rcode: "NOERROR" }, reply.ToString());
        return reply;
    }

    /// <summary>As many at once.</summary>
    public Task<LabReply> QueriesAsync(int count) => SayAsync(string.Create(CultureInfo.InvariantCulture, $"queries {count} a.{PeerZone.Origin}"));

    public async Task<LabReply> SayAsync(string command)
    {
        var number = Interlocked.Increment(ref _commands);
        await _process.Input.WriteAsync(Encoding.UTF8.GetBytes(command + "\n")).ConfigureAwait(false);
        await _process.Input.FlushAsync().ConfigureAwait(false);
        LabReply? reply = null;
        if (!await _process.WaitForLogAsync(log => (reply = Reply(log, number)) is not null, s_limit).ConfigureAwait(false))
            throw new TimeoutException($"the client does not answer '{command}':\n{_process.LogTail()}");
        return reply!;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static LabReply? Reply(string log, int number)
    {
        var sign = string.Create(CultureInfo.InvariantCulture, $"\"Number\":{number},");
        var line = log[..(log.LastIndexOf('\n') + 1)].Split('\n').FirstOrDefault(l => l.Contains(sign, StringComparison.Ordinal));
        return line is null ? null : JsonSerializer.Deserialize<LabReply>(line);
    }
}
