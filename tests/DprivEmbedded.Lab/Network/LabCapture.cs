using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Lab.Wire;

namespace DprivEmbedded.Lab.Network;

/// <summary>tcpdump on an interface of a network namespace, until it is stopped and read.</summary>
public sealed class LabCapture : IAsyncDisposable
{
    private readonly IPAddress _near;
    private readonly string _path;
    private readonly ServerProcess _tcpdump;
    private IReadOnlyList<Packet>? _packets;

    private LabCapture(ServerProcess tcpdump, IPAddress near, string path)
    {
        _tcpdump = tcpdump;
        _near = near;
        _path = path;
    }

    public static async Task<LabCapture> StartAsync(string networkNamespace, string device, IPAddress near, string path, string directory)
    {
        var tcpdump = ServerProcess.Start(
            [
                Requires.Program("ip"), "netns", "exec", networkNamespace, Requires.Program("tcpdump"), "-i", device, "-U", "--immediate-mode", "-B", "8192", "-s", "0", "-Z", "root", "-w", path,
                "tcp", "or", "udp", "or", "icmp",
            ],
            directory);
        var capture = new LabCapture(tcpdump, near, path);
        if (await tcpdump.WaitForLogAsync(log => log.Contains("listening on", StringComparison.Ordinal), TimeSpan.FromSeconds(10)).ConfigureAwait(false))
            return capture;
        var log = tcpdump.Log;
        await capture.DisposeAsync().ConfigureAwait(false);
        throw new InvalidOperationException("tcpdump does not listen: " + log);
    }

    /// <summary>Ends the capture and reads it back. Packets are "up" when they come from the near side's address.</summary>
    public async Task<IReadOnlyList<Packet>> ReadAsync()
    {
        if (_packets is null)
        {
            await _tcpdump.InterruptAsync().ConfigureAwait(false);
            _packets = PcapReader.Read(File.ReadAllBytes(_path), _near);
            PacketLabels.Assign(_packets);
        }

        return _packets;
    }

    public ValueTask DisposeAsync() => _tcpdump.DisposeAsync();
}
