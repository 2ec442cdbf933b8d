using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;

namespace DprivEmbedded.Interop.Namespaces;

/// <summary>tcpdump on one interface of a network namespace.</summary>
public sealed class Capture : IAsyncDisposable
{
    private readonly TempDirectory _directory = new("capture");
    private ServerProcess? _tcpdump;

    private Capture()
    {
    }

    /// <summary>The pcap file; complete after <see cref="StopAsync"/>, gone after <see cref="DisposeAsync"/>.</summary>
    public string Path => _directory.File("capture.pcap");

    public static async Task<Capture> StartAsync(string networkNamespace, string device)
    {
        var capture = new Capture();
        capture._tcpdump = ServerProcess.Start(
            [Requires.Program("ip"), "netns", "exec", networkNamespace, Requires.Program("tcpdump"), "-i", device, "-U", "-s", "0", "-Z", "root", "-w", capture.Path, "tcp"],
            capture._directory.Path);
        if (!await capture._tcpdump.WaitForLogAsync(log => log.Contains("listening on", StringComparison.Ordinal), TimeSpan.FromSeconds(10)).ConfigureAwait(false))
        {
            var log = capture._tcpdump.Log;
            await capture.DisposeAsync().ConfigureAwait(false);
            throw new InvalidOperationException("tcpdump does not listen: " + log);
        }

        return capture;
    }

    /// <summary>Waits until the capture satisfies <paramref name="enough"/> (the kernel hands packets over in batches), then ends it.</summary>
    public async Task<IReadOnlyList<TcpSegment>> StopAsync(Func<IReadOnlyList<TcpSegment>, bool>? enough = null)
    {
        if (_tcpdump is { } tcpdump)
        {
            if (enough is not null)
                await Poll.UntilAsync(() => enough(PcapFile.ReadTcp(Path)), TimeSpan.FromSeconds(3)).ConfigureAwait(false);
            await tcpdump.InterruptAsync().ConfigureAwait(false);
            await tcpdump.DisposeAsync().ConfigureAwait(false);
            _tcpdump = null;
        }

        return PcapFile.ReadTcp(Path);
    }

    public async ValueTask DisposeAsync()
    {
        if (_tcpdump is not null)
            await _tcpdump.DisposeAsync().ConfigureAwait(false);
        _tcpdump = null;
        _directory.Dispose();
    }
}
