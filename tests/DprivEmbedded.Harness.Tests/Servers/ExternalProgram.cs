using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>A client program of somebody else, run against a server of ours.</summary>
internal sealed class ExternalProgram : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Task _readers;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ExternalProgram(Process process)
    {
        _process = process;
        _readers = Task.WhenAll(Collect(process.StandardOutput), Collect(process.StandardError));
    }

    /// <summary>What the program printed so far, both streams mixed.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Skips the test where the program is missing; in CI that is a failure.</summary>
    public static void Require(string program)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (folders.Any(folder => File.Exists(Path.Combine(folder, program))))
            return;

        string message = program + " is not installed";
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(message);
        else
            Assert.Skip(message);
    }

    public static ExternalProgram Start(string program, params string[] arguments)
    {
        Require(program);
        ProcessStartInfo info = new(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in arguments)
            info.ArgumentList.Add(argument);

        return new ExternalProgram(Process.Start(info)!);
    }

    /// <summary>Writes a line to the program.</summary>
    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteAsync(line + "\n");
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits until the output holds a text.</summary>
    public async Task WaitForAsync(string text)
    {
        using CancellationTokenSource limit = new(s_limit);
        while (true)
        {
            bool ended = _readers.IsCompleted;
            Task more;
            lock (_output)
            {
                if (_output.ToString().Contains(text, StringComparison.Ordinal))
                    return;

                more = _more.Task;
            }

            if (ended)
                Assert.Fail("\"" + text + "\" did not come before the program closed its output:\n" + Output);

            try
            {
                await Task.WhenAny(more, _readers).WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail("\"" + text + "\" did not come. Output:\n" + Output);
            }
        }
    }

    /// <summary>Ends the program's input and waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync()
    {
        _process.StandardInput.Close();
        using CancellationTokenSource limit = new(s_limit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            await _readers;
        }
        catch (OperationCanceledException)
        {
            Assert.Fail("The program does not end. Output:\n" + Output);
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(true);

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task Collect(StreamReader reader)
    {
        char[] buffer = new char[4096];
        while (true)
        {
            int count = await reader.ReadAsync(buffer);
            if (count == 0)
                return;

            lock (_output)
            {
                _output.Append(buffer, 0, count);
                _more.SetResult();
                _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
