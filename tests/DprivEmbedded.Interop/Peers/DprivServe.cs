using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;

namespace DprivEmbedded.Interop.Peers;

/// <summary><c>dpriv serve</c> as a program of its own, over TLS and DTLS, with the run's certificate: from <see cref="PeerZone"/>, or in front of an upstream DNS server. Its commands go to <see cref="Input"/>.</summary>
public sealed class DprivServe : IAsyncDisposable
{
    private readonly ServerProcess _process;
    private readonly TempDirectory _directory;

    private DprivServe(ServerProcess process, TempDirectory directory, IPEndPoint tls, IPEndPoint dtls)
    {
        _process = process;
        _directory = directory;
        Tls = tls;
        Dtls = dtls;
    }

    /// <summary>Where it speaks TLS.</summary>
    public IPEndPoint Tls { get; }

    /// <summary>Where it speaks DTLS.</summary>
    public IPEndPoint Dtls { get; }

    public string Log => _process.Log;

    public Stream Input => _process.Input;

    /// <summary>The program.</summary>
    public static string ProgramPath => Path.Combine(AppContext.BaseDirectory, "dpriv");

    /// <param name="upstream">The DNS server that answers; the zone when null.</param>
    /// <param name="arguments">More arguments, such as --cid-length 4.</param>
    public static async Task<DprivServe> StartAsync(IPEndPoint? upstream = null, params string[] arguments)
    {
        Requires.Program("setsid");
        var directory = new TempDirectory("serve");
        var certificate = PeerCertificates.Shared.Ecdsa;
        var tls = new IPEndPoint(IPAddress.Loopback, Ports.Free());
        var dtls = new IPEndPoint(IPAddress.Loopback, Ports.Free());
        var command = new List<string>
        {
            ProgramPath, "serve", "--dot", tls.Port.ToString(CultureInfo.InvariantCulture), "--dodtls", dtls.Port.ToString(CultureInfo.InvariantCulture),
            "--cert", certificate.ChainPath, "--key", certificate.KeyPath,
        };
        if (upstream is null)
            command.AddRange(["--zone", directory.Write("zone", PeerZone.MasterFile())]);
        else
            command.AddRange(["--forward", upstream.ToString()]);
        command.AddRange(arguments);
        var process = ServerProcess.Start(command, directory.Path);
        if (!await Poll.UntilAsync(() => process.HasExited || (process.Listens(tls.Port) && process.WaitsForDatagrams(dtls.Port)), TimeSpan.FromSeconds(20)).ConfigureAwait(false) || process.HasExited)
        {
            await process.DisposeAsync().ConfigureAwait(false);
            directory.Dispose();
            throw new PeerStartException(nameof(DprivServe), "did not start", process.LogTail());
        }

        return new DprivServe(process, directory, tls, dtls);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync().ConfigureAwait(false);
        _directory.Dispose();
    }
}
