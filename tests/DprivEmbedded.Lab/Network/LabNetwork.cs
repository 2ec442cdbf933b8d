using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Lab.Support;

namespace DprivEmbedded.Lab.Network;

/// <summary>
/// Four network namespaces in a row, with a veth pair from each to the next:
/// <code>
/// client 192.168.7.2 -- 192.168.7.1 wire 192.168.8.1 -- 192.168.8.2 nat 203.0.113.1 -- 203.0.113.2 server
/// </code>
/// The wire delays each packet in both directions, the NAT is nftables and conntrack. The machine's own network is untouched. Needs root.
/// </summary>
public sealed class LabNetwork : IAsyncDisposable
{
    public const string ClientDevice = "up0";
    public const string NatDevice = "out0";

    private const string Prefix = "dprivlab";
    private const int Queue = 7;
    private const int DelayedAckMs = 60;
    private static readonly Lock s_gate = new();
    private static Task? s_cleaning;
    private static int s_count;

    private readonly LabOptions _options;
    private readonly string _name;
    private readonly TempDirectory _directory = new("lab");
    private readonly List<IAsyncDisposable> _owned = [];
    private ServerProcess? _delay;

    private LabNetwork(LabOptions options)
    {
        _options = options;
        _name = $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
    }

    public static IPAddress ClientAddress { get; } = new([192, 168, 7, 2]);

    public static IPAddress NatAddress { get; } = new([203, 0, 113, 1]);

    public static IPAddress ServerAddress { get; } = new([203, 0, 113, 2]);

    public string Client => _name + "-c";

    public string Wire => _name + "-w";

    public string Nat => _name + "-n";

    public string Server => _name + "-s";

    /// <summary>The round trip time in milliseconds, without what the machines need.</summary>
    public int RttMs => 2 * _options.DelayMs;

    /// <summary>This program, which is also the client and the delay.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "DprivEmbedded.Lab");

    /// <summary>Options for a peer in the server's namespace.</summary>
    public PeerOptions PeerOptions => new() { NetworkNamespace = Server, Address = ServerAddress };

    public static async Task<LabNetwork> StartAsync(LabOptions? options = null)
    {
        Machine.RequireLab();
        Task cleaning;
        lock (s_gate)
            cleaning = s_cleaning ??= RemoveStaleAsync();
        await cleaning.ConfigureAwait(false);
        var network = new LabNetwork(options ?? new LabOptions());
        try
        {
            await network.BuildAsync().ConfigureAwait(false);
            return network;
        }
        catch
        {
            await network.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends <paramref name="part"/> with this network.</summary>
    public T Own<T>(T part)
        where T : IAsyncDisposable
    {
        _owned.Add(part);
        return part;
    }

    /// <summary>A file that lives as long as this network.</summary>
    public string WriteFile(string name, byte[] content)
    {
        var path = _directory.File(name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string FilePath(string name) => _directory.File(name);

    /// <summary>Until delayed acknowledgements and goodbyes are over, too.</summary>
    public Task SettleAsync() => Task.Delay(RttMs + DelayedAckMs);

    /// <summary>Captures what passes at the client's interface.</summary>
    public Task<LabCapture> CaptureAtClientAsync() => CaptureAsync(Client, ClientDevice, ClientAddress);

    /// <summary>Captures what passes between NAT and server.</summary>
    public Task<LabCapture> CaptureBehindNatAsync() => CaptureAsync(Nat, NatDevice, NatAddress);

    /// <summary>The NAT forgets everything, as after a crash, a timeout or for want of room.</summary>
    public Task LoseNatStateAsync() => Machine.ScriptAsync($"ip netns exec {Nat} conntrack -F 2>/dev/null");

    /// <summary>The NAT's table, one line a flow.</summary>
    public async Task<string[]> NatFlowsAsync()
    {
        var output = await Machine.ScriptAsync($"ip netns exec {Nat} conntrack -L 2>/dev/null").ConfigureAwait(false);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Changes kernel settings of the NAT, such as "net.netfilter.nf_conntrack_tcp_loose=0".</summary>
    public Task SetOnNatAsync(params string[] settings) =>
        Machine.ScriptAsync(string.Concat(settings.Select(s => $"ip netns exec {Nat} sysctl -q -w {s}\n")));

    /// <summary>The outer port of the client's port in the NAT's table; -1 where the NAT does not know it.</summary>
    public async Task<int> OuterPortAsync(int port)
    {
        // "udp 17 29 src=192.168.7.2 dst=203.0.113.2 sport=1 dport=853 src=203.0.113.2 dst=203.0.113.1 sport=853 dport=20123 ..."
        var fields = (await NatFlowsAsync().ConfigureAwait(false)).Select(f => f.Split(' ')).FirstOrDefault(f => Array.IndexOf(f, "sport=" + port) is >= 0 and var at && f[at - 2] == "src=" + ClientAddress);
        return fields is null ? -1 : int.Parse(fields.Last(f => f.StartsWith("dport=", StringComparison.Ordinal))[6..], CultureInfo.InvariantCulture);
    }

    /// <summary>Adds a rule for forwarded packets, in nft's language.</summary>
    public Task AddNatRuleAsync(string rule) => Machine.ScriptAsync($"ip netns exec {Nat} nft 'add rule ip lab forward {rule}'");

    /// <summary>The client gets another address, as in another network: the old one is gone at once.</summary>
    public Task RoamAsync() =>
        Machine.ScriptAsync($"ip -n {Client} addr del 192.168.7.2/24 dev {ClientDevice}\nip -n {Client} addr add 192.168.7.3/24 dev {ClientDevice}\nip -n {Client} route add default via 192.168.7.1");

    /// <summary>The NAT forgets its UDP bindings, and drops what still comes from those ports without a word.</summary>
    public async Task LoseUdpBindingsInSilenceAsync()
    {
        var ports = (await NatFlowsAsync().ConfigureAwait(false)).Where(f => f.StartsWith("udp", StringComparison.Ordinal))
            .Select(f => f.Split(' ').First(w => w.StartsWith("sport=", StringComparison.Ordinal))[6..]).Distinct();
        await AddNatRuleAsync($"udp sport {{ {string.Join(", ", ports)} }} drop").ConfigureAwait(false);
        await LoseNatStateAsync().ConfigureAwait(false);
    }

    /// <summary>A NAT that makes no state for TCP in the middle of a connection, and answers it with a RST in the server's name (figures 8 and 9) or not at all.</summary>
    public async Task RefuseUnknownTcpAsync(bool reset)
    {
        await SetOnNatAsync("net.netfilter.nf_conntrack_tcp_loose=0").ConfigureAwait(false);
        await AddNatRuleAsync("meta l4proto tcp ct state invalid " + (reset ? "reject with tcp reset" : "drop")).ConfigureAwait(false);
    }

    /// <summary>
    /// The server's machine crashes and is there again at once: a new namespace with the same address. Nothing that the old one says while it goes can reach anybody: a killed program's kernel would say goodbye (FIN).
    /// </summary>
    /// <param name="stop">Ends the old programs; called while their machine is cut off.</param>
    /// <param name="start">Starts them again.</param>
    public async Task CrashServerAsync(Func<Task> stop, Func<Task> start)
    {
        await Machine.ScriptAsync($"ip -n {Server} link set srv0 netns {Nat}").ConfigureAwait(false);
        await stop().ConfigureAwait(false);
        await Machine.ScriptAsync($"ip netns del {Server}\nip netns add {Server}\n{Quieten(Server)}ip -n {Nat} link set srv0 netns {Server}\n{ServerScript()}").ConfigureAwait(false);
        await start().ConfigureAwait(false);
        // The kernel takes up to a second until it uses a link that is up again.
        if (!await Poll.UntilAsync(async () => (await Machine.ScriptAsync($"ip -n {Nat} -o link show {NatDevice}").ConfigureAwait(false)).Contains("state UP", StringComparison.Ordinal), TimeSpan.FromSeconds(5)).ConfigureAwait(false))
            throw new InvalidOperationException("the link to the server does not come up");
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
            await _owned[i].DisposeAsync().ConfigureAwait(false);
        _owned.Clear();
        if (_delay is not null)
            await _delay.DisposeAsync().ConfigureAwait(false);
        _delay = null;
        await Machine.TryScriptAsync($"for n in {Client} {Wire} {Nat} {Server}; do ip netns del $n; done").ConfigureAwait(false);
        _directory.Dispose();
    }

    /// <summary>Removes what a run left that was killed: namespaces named after a process that is gone.</summary>
    private static async Task RemoveStaleAsync()
    {
        const string Netns = "/run/netns";
        if (!Directory.Exists(Netns))
            return;
        foreach (var name in Directory.GetFiles(Netns, Prefix + "*").Select(Path.GetFileName))
        {
            var number = new string([.. name!.Skip(Prefix.Length).TakeWhile(char.IsAsciiDigit)]);
            if (int.TryParse(number, CultureInfo.InvariantCulture, out var id) && !Directory.Exists($"/proc/{id}"))
                await Machine.TryScriptAsync($"ip netns del {name}").ConfigureAwait(false);
        }
    }

    // Neighbour discovery and the like would only disturb the captures.
    private static string Quieten(string name) =>
        $"ip netns exec {name} sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1\nip -n {name} link set lo up\n";

    private async Task<LabCapture> CaptureAsync(string name, string device, IPAddress near)
    {
        var number = _owned.Count;
        return Own(await LabCapture.StartAsync(name, device, near, _directory.File($"capture{number}.pcap"), _directory.Path).ConfigureAwait(false));
    }

    private string ServerScript()
    {
        var script = $"ip -n {Server} addr add 203.0.113.2/24 dev srv0\nip -n {Server} link set srv0 up\n";
        // A cookie must outlive the crash, as it does where a farm shares its key.
        if (_options.FastOpen)
            script += $"ip netns exec {Server} sysctl -q -w net.ipv4.tcp_fastopen=3 net.ipv4.tcp_fastopen_key=00112233-44556677-8899aabb-ccddeeff\n";
        return script;
    }

    private async Task BuildAsync()
    {
        var masquerade = _options.Nat == NatKind.RandomPort ? "meta l4proto { tcp, udp } masquerade to :20000-20999 random" : "masquerade";
        var script =
            $"for n in {Client} {Wire} {Nat} {Server}; do ip netns add $n; done\n" +
            Quieten(Client) + Quieten(Wire) + Quieten(Nat) + Quieten(Server) +
            $"ip link add up0 netns {Client} type veth peer name down0 netns {Wire}\n" +
            $"ip link add up0 netns {Wire} type veth peer name in0 netns {Nat}\n" +
            $"ip link add out0 netns {Nat} type veth peer name srv0 netns {Server}\n" +
            Up(Client, "up0", "192.168.7.2/24") + Up(Wire, "down0", "192.168.7.1/24") + Up(Wire, "up0", "192.168.8.1/24") +
            Up(Nat, "in0", "192.168.8.2/24") + Up(Nat, "out0", "203.0.113.1/24") + ServerScript() +
            $"ip -n {Client} route add default via 192.168.7.1\n" +
            $"ip -n {Wire} route add default via 192.168.8.2\n" +
            $"ip -n {Nat} route add 192.168.7.0/24 via 192.168.8.1\n" +
            $"for n in {Wire} {Nat}; do ip netns exec $n sysctl -q -w net.ipv4.ip_forward=1; done\n" +
            (_options.FastOpen ? $"ip netns exec {Client} sysctl -q -w net.ipv4.tcp_fastopen=3\n" : "") +
            $"ip netns exec {Wire} iptables -w -A FORWARD -j NFQUEUE --queue-num {Queue} --queue-bypass\n" +
            $"ip netns exec {Nat} nft -f - <<'RULES'\n" +
            "table ip lab {\n  chain post { type nat hook postrouting priority srcnat; policy accept;\n    oifname \"out0\" " + masquerade + ";\n  }\n" +
            "  chain forward { type filter hook forward priority filter; policy accept;\n  }\n}\nRULES\n" +
            string.Concat(_options.NatSettings.Select(s => $"ip netns exec {Nat} sysctl -q -w {s}\n"));
        await Machine.ScriptAsync(script).ConfigureAwait(false);
        _delay = ServerProcess.Start(
            [Requires.Program("ip"), "netns", "exec", Wire, Program, "delay", "--queue", Queue.ToString(CultureInfo.InvariantCulture), "--ms", _options.DelayMs.ToString(CultureInfo.InvariantCulture), "--loss", _options.LossPermille.ToString(CultureInfo.InvariantCulture)],
            _directory.Path);
        if (!await _delay.WaitForLogAsync(log => log.Contains("ready", StringComparison.Ordinal), TimeSpan.FromSeconds(15)).ConfigureAwait(false))
            throw new InvalidOperationException("the delay program did not start: " + _delay.Log);

        static string Up(string name, string device, string address) => $"ip -n {name} addr add {address} dev {device}\nip -n {name} link set {device} up\n";
    }
}
