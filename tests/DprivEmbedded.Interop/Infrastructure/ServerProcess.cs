using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Infrastructure;

/// <summary>
/// A program that runs until it is killed, in a process group of its own, with everything it writes kept as its log. A watcher in the same group kills the group when this test
/// process is gone, however that happened.
/// </summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private const int SigInt = 2;
    private const int SigKill = 9;

    // $1 is the test process. $$ stays the group's id after exec, for setsid made this shell its leader.
    private const string Shell = "p=$1; shift; (tail --pid=\"$p\" -f /dev/null; kill -s KILL -- -$$) >/dev/null 2>&1 & exec \"$@\"";

    private readonly Process _process;
    private readonly MemoryStream _log = new();
    private readonly Task _reading;

    private ServerProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput.BaseStream), ReadAsync(process.StandardError.BaseStream));
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The program's standard input.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>All that was written to standard output and standard error so far, one char a byte.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return Encoding.Latin1.GetString(_log.GetBuffer(), 0, (int)_log.Length);
        }
    }

    /// <param name="command">Program and arguments.</param>
    /// <param name="directory">Its working directory.</param>
    /// <param name="environment">Added to this process's own.</param>
    /// <param name="lifeOf">The process with whose end the program ends; this one when null.</param>
    public static ServerProcess Start(IReadOnlyList<string> command, string directory, IReadOnlyDictionary<string, string>? environment = null, int? lifeOf = null)
    {
        var info = new ProcessStartInfo("setsid")
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.ArgumentList.Add("sh");
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add(Shell);
        info.ArgumentList.Add("sh");
        info.ArgumentList.Add((lifeOf ?? Environment.ProcessId).ToString());
        foreach (var argument in command)
            info.ArgumentList.Add(argument);
        info.Environment["LC_ALL"] = "C";
        if (environment is not null)
        {
            foreach (var pair in environment)
                info.Environment[pair.Key] = pair.Value;
        }

        return new ServerProcess(Process.Start(info) ?? throw new InvalidOperationException("setsid did not start"));
    }

    /// <summary>Whether a TCP socket of this process's network namespace listens on <paramref name="port"/>; reads /proc, so that no probe shows up in the server's log.</summary>
    public bool Listens(int port) => HasSocket("tcp", "0A", port) || HasSocket("tcp6", "0A", port);

    /// <summary>Whether a UDP socket of this process's network namespace that has no peer is bound to <paramref name="port"/>.</summary>
    public bool WaitsForDatagrams(int port) => HasSocket("udp", "07", port) || HasSocket("udp6", "07", port);

    public async Task<bool> WaitForLogAsync(Func<string, bool> condition, TimeSpan limit) =>
        await Poll.UntilAsync(() => condition(Log), limit).ConfigureAwait(false);

    /// <summary>Asks the program to end (SIGINT), as tcpdump needs to write its last packets.</summary>
    public async Task InterruptAsync()
    {
        _ = Kill(_process.Id, SigInt);
        await Poll.UntilAsync(() => _process.HasExited, TimeSpan.FromSeconds(5)).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _ = Kill(-_process.Id, SigKill);
        await Task.WhenAny(_reading, Task.Delay(TimeSpan.FromSeconds(5))).ConfigureAwait(false);
        await Poll.UntilAsync(() => _process.HasExited, TimeSpan.FromSeconds(5)).ConfigureAwait(false);
        _process.Dispose();
    }

    public string LogTail(int lines = 25)
    {
        var all = Log.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return string.Join('\n', all[Math.Max(0, all.Length - lines)..]);
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int id, int signal);

    private bool HasSocket(string table, string state, int port)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines($"/proc/{_process.Id}/net/{table}");
        }
        catch (IOException)
        {
            return false;
        }

        var wanted = ":" + port.ToString("X4");
        foreach (var line in lines)
        {
            // "  0: 0100007F:2153 00000000:0000 0A ...": local address, remote address, state (0A: TCP listens, 07: UDP without a peer).
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 3 && fields[3] == state && fields[1].EndsWith(wanted, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    private async Task ReadAsync(Stream stream)
    {
        var buffer = new byte[8192];
        try
        {
            int count;
            while ((count = await stream.ReadAsync(buffer).ConfigureAwait(false)) > 0)
            {
                lock (_log)
                    _log.Write(buffer, 0, count);
            }
        }
        catch (IOException)
        {
            // The pipe went with the process.
        }
        catch (ObjectDisposedException)
        {
            // Disposed before the last reader saw the end.
        }
    }
}
