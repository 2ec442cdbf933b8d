using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;
using Xunit;

namespace DprivEmbedded.Interop.Namespaces;

/// <summary>
/// Two network namespaces joined by a veth pair, TCP Fast Open on for clients and servers in both, and an unbound in the server's one. Needs root. The machine's own network is untouched.
/// </summary>
public sealed class TfoNamespace : IAsyncDisposable
{
    public const string ServerDevice = "server0";
    public const string ClientDevice = "client0";

    private static readonly IPAddress s_serverAddress = new([10, 99, 0, 2]);
    private static int s_count;

    private readonly List<string> _made = [];
    private Unbound? _server;

    private TfoNamespace()
    {
        var number = Interlocked.Increment(ref s_count);
        ServerNamespace = $"dpriv{Environment.ProcessId}-{number}-s";
        ClientNamespace = $"dpriv{Environment.ProcessId}-{number}-c";
    }

    public string ServerNamespace { get; }

    public string ClientNamespace { get; }

    public Unbound Server => _server ?? throw new InvalidOperationException("not started");

    public static async Task<TfoNamespace> StartAsync(PeerOptions? options = null)
    {
        Requires.Root();
        Requires.Program("ip");
        var pair = new TfoNamespace();
        try
        {
            await pair.MakeAsync().ConfigureAwait(false);
            pair._server = await Unbound.StartAsync((options ?? new PeerOptions()) with { NetworkNamespace = pair.ServerNamespace, Address = s_serverAddress }).ConfigureAwait(false);
            return pair;
        }
        catch
        {
            await pair.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Captures what passes at the server's interface.</summary>
    public Task<Capture> CaptureAsync() => Capture.StartAsync(ServerNamespace, ServerDevice);

    /// <summary>Runs a program, such as dpriv, on the client's side.</summary>
    public Task<ProgramResult> RunOnClientAsync(IReadOnlyList<string> command, byte[]? input = null, TimeSpan? limit = null) =>
        ClientProgram.RunAsync(command, input, networkNamespace: ClientNamespace, limit: limit);

    /// <summary>Runs code on a thread of the client's side; see <see cref="NamespaceThread"/>.</summary>
    public Task<T> OnClientThreadAsync<T>(Func<T> action) => NamespaceThread.RunAsync(ClientNamespace, action);

    /// <summary>A counter of the server's kernel, such as TCPFastOpenPassive: connections accepted with data in their SYN.</summary>
    public async Task<long> ServerCounterAsync(string name)
    {
        var result = await ClientProgram.RunAsync(["cat", "/proc/net/netstat"], networkNamespace: ServerNamespace).ConfigureAwait(false);
        var lines = result.Output.Split('\n');
        for (var i = 0; i + 1 < lines.Length; i += 2)
        {
            var at = Array.IndexOf(lines[i].Split(' '), name);
            if (at >= 0)
                return long.Parse(lines[i + 1].Split(' ')[at], CultureInfo.InvariantCulture);
        }

        throw new ArgumentException("the kernel has no counter " + name, nameof(name));
    }

    /// <summary>From now on each segment to the server is answered with a reset, as by a NAT box that forgot the connection (needs nft).</summary>
    public async Task ResetServerConnectionsAsync()
    {
        var nft = Requires.Program("nft");
        foreach (var rule in (string[])["add table ip forgot", "add chain ip forgot in { type filter hook input priority 0 ; }", "add rule ip forgot in tcp dport " + Server.Tls.Port.ToString(CultureInfo.InvariantCulture) + " reject with tcp reset"])
        {
            var result = await ClientProgram.RunAsync([nft, rule], networkNamespace: ServerNamespace).ConfigureAwait(false);
            if (result.ExitCode != 0)
                Assert.Fail($"nft {rule}: {result}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync().ConfigureAwait(false);
        foreach (var name in _made)
            await ClientProgram.RunAsync(["ip", "netns", "del", name]).ConfigureAwait(false);
        _made.Clear();
    }

    private static async Task IpAsync(params string[] arguments)
    {
        var result = await ClientProgram.RunAsync(["ip", .. arguments]).ConfigureAwait(false);
        if (result.ExitCode != 0)
            Assert.Fail($"ip {string.Join(' ', arguments)}: {result}");
    }

    private async Task MakeAsync()
    {
        await IpAsync("netns", "add", ServerNamespace).ConfigureAwait(false);
        _made.Add(ServerNamespace);
        await IpAsync("netns", "add", ClientNamespace).ConfigureAwait(false);
        _made.Add(ClientNamespace);
        await IpAsync("link", "add", ServerDevice, "netns", ServerNamespace, "type", "veth", "peer", "name", ClientDevice, "netns", ClientNamespace).ConfigureAwait(false);
        await UpAsync(ServerNamespace, ServerDevice, s_serverAddress + "/24").ConfigureAwait(false);
        await UpAsync(ClientNamespace, ClientDevice, "10.99.0.1/24").ConfigureAwait(false);
    }

    private static async Task UpAsync(string name, string device, string address)
    {
        await IpAsync("-n", name, "addr", "add", address, "dev", device).ConfigureAwait(false);
        await IpAsync("-n", name, "link", "set", "lo", "up").ConfigureAwait(false);
        await IpAsync("-n", name, "link", "set", device, "up").ConfigureAwait(false);
        await IpAsync("netns", "exec", name, "sh", "-c", "echo 3 > /proc/sys/net/ipv4/tcp_fastopen").ConfigureAwait(false);
    }
}
