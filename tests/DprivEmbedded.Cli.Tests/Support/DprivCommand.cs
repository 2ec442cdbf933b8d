using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace DprivEmbedded.Cli.Tests.Support;

/// <summary>The built <c>dpriv</c> as a child process, as a person runs it.</summary>
internal sealed class DprivCommand : IAsyncDisposable
{
    public const int Interrupt = 2;
    public const int Terminate = 15;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly Task<string> _error;
    private readonly List<string> _lines = [];

    private DprivCommand(IEnumerable<string> arguments, bool keepInput, string program = "dpriv")
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? program + ".exe" : program))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);

        _process = Process.Start(start)!;
        _error = _process.StandardError.ReadToEndAsync();
        if (!keepInput)
            _process.StandardInput.Close();
    }

    /// <summary>Runs a command to its end, without standard input.</summary>
    public static async Task<CommandResult> RunAsync(params string[] arguments)
    {
        await using DprivCommand command = Start(arguments);
        return await command.EndAsync();
    }

    /// <summary>Runs another program that lies beside this one.</summary>
    public static async Task<CommandResult> RunProgramAsync(string program, params string[] arguments)
    {
        await using var command = new DprivCommand(arguments, keepInput: false, program);
        return await command.EndAsync();
    }

    /// <summary>Starts a command whose standard input is at its end.</summary>
    public static DprivCommand Start(params string[] arguments) => new(arguments, keepInput: false);

    /// <summary>Starts a command whose standard input stays open.</summary>
    public static DprivCommand StartWithInput(params string[] arguments) => new(arguments, keepInput: true);

    /// <summary>Reads lines of standard output up to one that begins so.</summary>
    public async Task<string> LineAsync(string prefix)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            string? line = await _process.StandardOutput.ReadLineAsync(limit.Token);
            Assert.True(line != null, $"dpriv ended without a line '{prefix}...': {string.Join('\n', _lines)}\n{(line == null ? await _error : "")}");
            _lines.Add(line!);
            if (line!.StartsWith(prefix, StringComparison.Ordinal))
                return line;
        }
    }

    /// <summary>Writes a line to standard input and reads its reply.</summary>
    public async Task<string> SayAsync(string line)
    {
        await WriteAsync(line);
        return await LineAsync("");
    }

    public async Task WriteAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    public void Signal(int signal)
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("signals are Unix's");

        Assert.Equal(0, kill(_process.Id, signal));
    }

    /// <summary>Waits for the end.</summary>
    public async Task<CommandResult> EndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        string rest = await _process.StandardOutput.ReadToEndAsync(limit.Token);
        await _process.WaitForExitAsync(limit.Token);
        string before = _lines.Count == 0 ? "" : string.Join('\n', _lines) + "\n";
        return new CommandResult(_process.ExitCode, (before + rest).ReplaceLineEndings("\n"), (await _error).ReplaceLineEndings("\n"));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    [DllImport("libc")]
    private static extern int kill(int process, int signal);
}
