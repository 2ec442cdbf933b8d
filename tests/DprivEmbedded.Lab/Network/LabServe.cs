using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;

namespace DprivEmbedded.Lab.Network;

/// <summary><c>dpriv serve</c> as a program in the server's namespace, with the run's certificate and zone.</summary>
public sealed class LabServe : IAsyncDisposable
{
    private const int TlsPort = 853;
    private const int DtlsPort = 853;

    private readonly ServerProcess _process;
    private bool _stopped;

    private LabServe(ServerProcess process) => _process = process;

    public static IPEndPoint Tls { get; } = new(LabNetwork.ServerAddress, TlsPort);

    public static IPEndPoint Dtls { get; } = new(LabNetwork.ServerAddress, DtlsPort);

    /// <summary>Starts it; it ends with the network.</summary>
    public static async Task<LabServe> StartAsync(LabNetwork network, params string[] arguments)
    {
        var certificate = PeerCertificates.Shared.Ecdsa;
        var command = new List<string>
        {
            Requires.Program("ip"), "netns", "exec", network.Server, Path.Combine(AppContext.BaseDirectory, "dpriv"), "serve", "--address", LabNetwork.ServerAddress.ToString(),
            "--dot", TlsPort.ToString(CultureInfo.InvariantCulture), "--dodtls", DtlsPort.ToString(CultureInfo.InvariantCulture),
            "--cert", certificate.ChainPath, "--key", certificate.KeyPath, "--zone", network.WriteFile("zone", Encoding.ASCII.GetBytes(PeerZone.MasterFile())), "--idle", "120000",
        };
        command.AddRange(arguments);
        var serve = network.Own(new LabServe(ServerProcess.Start(command, AppContext.BaseDirectory)));
        if (!await serve._process.WaitForLogAsync(log => log.Contains("\npin ", StringComparison.Ordinal), TimeSpan.FromSeconds(20)).ConfigureAwait(false))
            throw new InvalidOperationException("dpriv serve does not start: " + serve._process.LogTail());
        return serve;
    }

    /// <summary>Gives it a command and waits for what it says: the start of a line.</summary>
    public async Task SayAsync(string command, string answer)
    {
        var before = _process.Log.Length;
        await _process.Input.WriteAsync(Encoding.ASCII.GetBytes(command + "\n")).ConfigureAwait(false);
        await _process.Input.FlushAsync().ConfigureAwait(false);
        if (!await _process.WaitForLogAsync(log => log.IndexOf(answer, before, StringComparison.Ordinal) >= 0, TimeSpan.FromSeconds(5)).ConfigureAwait(false))
            throw new InvalidOperationException($"dpriv serve says to '{command}': {_process.Log[before..]}");
    }

    public Task LoseAssociationsAsync() => SayAsync("lose-associations", "connections and associations forgotten");

    /// <summary>Its line of numbers about DTLS.</summary>
    public async Task<string> DtlsStatusAsync()
    {
        var before = _process.Log.Length;
        await SayAsync("status", "truncated").ConfigureAwait(false);
        var log = _process.Log;
        var at = log.IndexOf("DTLS: ", before, StringComparison.Ordinal);
        return log[at..].Split('\n')[0];
    }

    /// <summary>Kills it.</summary>
    public async Task StopAsync()
    {
        if (!_stopped)
            await _process.DisposeAsync().ConfigureAwait(false);
        _stopped = true;
    }

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);
}
