using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Infrastructure;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// A real server on free ports of the loopback address (or of a network namespace), configured in a fresh directory. Every peer's StartAsync returns when the server answers;
/// <see cref="DisposeAsync"/> kills its process group.
/// </summary>
public abstract class Peer : IAsyncDisposable
{
    private readonly string _program;
    private readonly TempDirectory _directory;
    private readonly StringBuilder _earlierLogs = new();
    private ServerProcess? _process;

    protected Peer(string program, PeerOptions options)
    {
        _program = Requires.Program(program);
        Requires.Program("setsid");
        Options = options;
        Certificate = options.Certificate ?? PeerCertificates.Shared.Ecdsa;
        _directory = new TempDirectory(program);
    }

    public string Name => GetType().Name;

    public PeerOptions Options { get; }

    public PeerCertificate Certificate { get; }

    /// <summary>Where the peer speaks TLS, or DTLS.</summary>
    public IPEndPoint Tls { get; private set; } = new(IPAddress.None, 0);

    /// <summary>The same port on [::1], when asked for and possible.</summary>
    public IPEndPoint? Tls6 => Options.Ipv6 && SupportsIpv6 ? new IPEndPoint(IPAddress.IPv6Loopback, Tls.Port) : null;

    /// <summary>Where the peer speaks plain DNS over UDP and TCP; null where it does not.</summary>
    public IPEndPoint? Plain { get; private set; }

    /// <summary>All that the server wrote since its first start, one char a byte.</summary>
    public string Log => _earlierLogs + (_process?.Log ?? "");

    /// <summary>The server's standard input.</summary>
    public System.IO.Stream Input => Running.Input;

    protected TempDirectory Directory => _directory;

    protected virtual bool SupportsIpv6 => false;

    /// <summary>Whether the peer also answers plain DNS.</summary>
    protected virtual bool HasPlainDns => false;

    /// <summary>Whether the peer waits on a UDP port (<see cref="Tls"/> is then where it speaks DTLS).</summary>
    protected virtual bool IsDatagram => false;

    private ServerProcess Running => _process ?? throw new InvalidOperationException(Name + " does not run");

    /// <summary>Waits until the log satisfies <paramref name="condition"/>; fails with the log's end.</summary>
    public async Task WaitForLogAsync(Func<string, bool> condition, string what, TimeSpan? limit = null)
    {
        if (!await Poll.UntilAsync(() => condition(Log), limit ?? TimeSpan.FromSeconds(5)).ConfigureAwait(false))
            throw new TimeoutException($"{Name}'s log does not show {what}:\n{LogTail()}");
    }

    /// <summary>Waits for a whole log line that satisfies <paramref name="condition"/> and returns it.</summary>
    public async Task<string> WaitForLogLineAsync(Func<string, bool> condition, string what, TimeSpan? limit = null)
    {
        string? found = null;
        await WaitForLogAsync(log => (found = log[..(log.LastIndexOf('\n') + 1)].Split('\n').FirstOrDefault(condition)) is not null, what, limit).ConfigureAwait(false);
        return found!;
    }

    /// <summary>Kills the server; its ports refuse connections afterwards.</summary>
    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            await process.DisposeAsync().ConfigureAwait(false);
            _earlierLogs.Append(process.Log);
            _process = null;
        }
    }

    /// <summary>Starts a stopped or running server anew on the same ports: its sessions and ticket keys are lost.</summary>
    public async Task RestartAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await LaunchAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await DisposeOthersAsync().ConfigureAwait(false);
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    public override string ToString() => Name;

    /// <summary>Writes the configuration for the chosen ports and returns the command line without the program's name.</summary>
    protected abstract IReadOnlyList<string> Configure();

    /// <summary>Whether the peer, which listens already, really serves. Plain DNS is asked for a record where there is any.</summary>
    protected virtual async Task<bool> AnswersAsync() =>
        Plain is null || Options.NetworkNamespace is not null || await PlainDns.AnswersAsync(Plain).ConfigureAwait(false);

    protected static async Task<T> StartAsync<T>(T peer)
        where T : Peer
    {
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                peer.ChoosePorts();
                try
                {
                    await peer.LaunchAsync().ConfigureAwait(false);
                    return peer;
                }
                catch (PeerStartException e) when (attempt < 3 && e.Message.Contains("in use", StringComparison.OrdinalIgnoreCase))
                {
                    // Another program took the port between choice and use.
                }
            }
        }
        catch
        {
            await peer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends what else belongs to the peer.</summary>
    protected virtual ValueTask DisposeOthersAsync() => ValueTask.CompletedTask;

    protected virtual void ChoosePorts()
    {
        Tls = new IPEndPoint(Options.Address, Ports.Free());
        if (HasPlainDns)
            Plain = new IPEndPoint(Options.Address, Ports.Free());
    }

    protected string LogTail() => _process?.LogTail() ?? "(not running)";

    private async Task LaunchAsync()
    {
        var environment = new Dictionary<string, string>();
        if (Options.OpenSsl.Count > 0)
        {
            var lines = Options.OpenSsl.Select(pair => $"{pair.Key} = {pair.Value}\n");
            environment["OPENSSL_CONF"] = _directory.Write(
                "openssl.cnf",
                "openssl_conf = default_conf\n[default_conf]\nssl_conf = ssl_sect\n[ssl_sect]\nsystem_default = system_default_sect\n[system_default_sect]\n" + string.Concat(lines));
        }

        var command = new List<string>();
        if (Options.NetworkNamespace is { } name)
            command.AddRange([Requires.Program("ip"), "netns", "exec", name]);
        // Line-buffered, or a log shows up too late to be waited for.
        command.AddRange(["stdbuf", "-oL", _program]);
        command.AddRange(Configure());
        command.AddRange(Options.ExtraArguments);
        var process = ServerProcess.Start(command, _directory.Path, environment);
        _process = process;
        var ended = false;
        var ready = await Poll.UntilAsync(
            async () => (ended = process.HasExited) || ((IsDatagram ? process.WaitsForDatagrams(Tls.Port) : process.Listens(Tls.Port)) && await AnswersAsync().ConfigureAwait(false)),
            Options.StartLimit).ConfigureAwait(false);
        if (ended || !ready)
        {
            await process.DisposeAsync().ConfigureAwait(false);
            _process = null;
            throw new PeerStartException(Name, ended ? "ended at once" : "did not answer", process.LogTail());
        }
    }
}
