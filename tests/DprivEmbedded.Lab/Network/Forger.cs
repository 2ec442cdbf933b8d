using System;
using System.Globalization;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Lab.Forging;

namespace DprivEmbedded.Lab.Network;

/// <summary>Somebody on the client's access link who sends forged packets in the server's name: this program in its mode <c>forge</c>.</summary>
public sealed class Forger : IAsyncDisposable
{
    private readonly ServerProcess _process;

    private Forger(ServerProcess process) => _process = process;

    /// <summary>How many were sent so far.</summary>
    public long Sent
    {
        get
        {
            var log = _process.Log;
            var end = log.LastIndexOf('\n');
            var start = end < 0 ? -1 : log.LastIndexOf("sent ", end, StringComparison.Ordinal);
            return start < 0 ? 0 : long.Parse(log.AsSpan(start + 5, log.IndexOf('\n', start) - start - 5), CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Starts it: from the client's next packet on it is sent <paramref name="rate"/> packets a second.</summary>
    public static async Task<Forger> StartAsync(LabNetwork network, ForgeryKind kind, int rate, IPEndPoint server)
    {
        var process = ServerProcess.Start(
            [
                Requires.Program("ip"), "netns", "exec", network.Wire, LabNetwork.Program, "forge", "--kind", kind.ToString(), "--rate", rate.ToString(CultureInfo.InvariantCulture),
                "--client", LabNetwork.ClientAddress.ToString(), "--server", server.Address.ToString(), "--port", server.Port.ToString(CultureInfo.InvariantCulture),
            ],
            AppContext.BaseDirectory);
        var forger = network.Own(new Forger(process));
        if (!await process.WaitForLogAsync(log => log.Contains("ready", StringComparison.Ordinal), TimeSpan.FromSeconds(15)).ConfigureAwait(false))
            throw new InvalidOperationException("the forger does not start: " + process.LogTail());
        return forger;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
