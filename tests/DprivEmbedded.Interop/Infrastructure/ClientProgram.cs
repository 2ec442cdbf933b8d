using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Infrastructure;

/// <summary>Runs a program to its end, within a time limit.</summary>
public static class ClientProgram
{
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(15);

    /// <param name="command">Program and arguments; the program is looked up on PATH.</param>
    /// <param name="input">Bytes written to standard input.</param>
    /// <param name="closeInputWhen">Standard input stays open until this holds of the standard output so far; null closes it after <paramref name="input"/>.</param>
    /// <param name="networkNamespace">Runs the program inside this network namespace.</param>
    public static async Task<ProgramResult> RunAsync(
        IReadOnlyList<string> command,
        byte[]? input = null,
        Func<byte[], bool>? closeInputWhen = null,
        IReadOnlyDictionary<string, string>? environment = null,
        string? networkNamespace = null,
        TimeSpan? limit = null)
    {
        var words = new List<string>(command);
        if (networkNamespace is not null)
            words.InsertRange(0, ["ip", "netns", "exec", networkNamespace]);
        var info = new ProcessStartInfo(words[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        for (var i = 1; i < words.Count; i++)
            info.ArgumentList.Add(words[i]);
        info.Environment["LC_ALL"] = "C";
        if (environment is not null)
        {
            foreach (var pair in environment)
                info.Environment[pair.Key] = pair.Value;
        }

        using var process = Process.Start(info) ?? throw new InvalidOperationException(words[0] + " did not start");
        using var timer = new CancellationTokenSource(limit ?? DefaultLimit);
        var output = new MemoryStream();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            var closing = SendAsync(process, input, closeInputWhen is null);
            var buffer = new byte[8192];
            int count;
            while ((count = await process.StandardOutput.BaseStream.ReadAsync(buffer, timer.Token).ConfigureAwait(false)) > 0)
            {
                output.Write(buffer, 0, count);
                if (closeInputWhen is not null && closeInputWhen(output.ToArray()))
                {
                    closeInputWhen = null;
                    await closing.ConfigureAwait(false);
                    process.StandardInput.Close();
                }
            }

            await process.WaitForExitAsync(timer.Token).ConfigureAwait(false);
            await closing.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync().ConfigureAwait(false);
            var written = System.Text.Encoding.Latin1.GetString(output.ToArray());
            throw new TimeoutException($"{string.Join(' ', words)} did not end in time; it wrote:\n{written}\n{await error.ConfigureAwait(false)}");
        }

        return new ProgramResult(process.ExitCode, output.ToArray(), await error.ConfigureAwait(false));
    }

    private static async Task SendAsync(Process process, byte[]? input, bool close)
    {
        try
        {
            if (input is not null)
            {
                await process.StandardInput.BaseStream.WriteAsync(input).ConfigureAwait(false);
                await process.StandardInput.BaseStream.FlushAsync().ConfigureAwait(false);
            }

            if (close)
                process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all; the caller sees its exit code.
        }
    }
}
