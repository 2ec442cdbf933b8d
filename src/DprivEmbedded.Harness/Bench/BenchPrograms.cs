using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace DprivEmbedded.Harness.Bench;

/// <summary>Whole processes against the harness's server on loopback: from their start to their end, one connection each.</summary>
internal static class BenchPrograms
{
    private const int LimitMs = 20000;

    public static List<BenchRow> Measure(IReadOnlyList<string> self, int rounds)
    {
        string certificate = Path.GetTempFileName();
        File.WriteAllText(certificate, BenchServer.Certificate.ToPem());
        DotServerHost host = DotServerHost.StartOnLoopback(BenchServer.Dot(tls13: true, both: true));
        try
        {
            string port = host.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
            string pin = Convert.ToBase64String(BenchServer.Pin);
            var programs = new List<(string Peer, string File, string[] Arguments)>();
            if (self.Count > 0)
                programs.Add((BenchPeers.Own, self[0], [.. self.Skip(1), "query", "www.example", "--server", "127.0.0.1:" + port, "--pin", pin]));

            Add(programs, "openssl", "openssl", "s_client", "-connect", "127.0.0.1:" + port, "-servername", BenchServer.Name, "-alpn", "dot", "-CAfile", certificate, "-verify_return_error");
            Add(programs, "gnutls", "gnutls-cli", "--x509cafile", certificate, "--sni-hostname", BenchServer.Name, "--verify-hostname", BenchServer.Name, "--alpn", "dot", "-p", port, "127.0.0.1");
            Add(programs, "kdig", "kdig", "@127.0.0.1", "-p", port, "+tls", "+tls-pin=" + pin, "www.example");
            var times = programs.Select(_ => new List<double>()).ToList();
            for (int round = 0; round <= rounds; round++)
            {
                for (int i = 0; i < programs.Count; i++)
                {
                    double us = Run(programs[i].File, programs[i].Arguments);
                    // The first round reads files into the page cache.
                    if (round > 0)
                        times[i].Add(us);
                }
            }

            return [.. programs.Select((program, i) => new BenchRow { Name = "startup", Peer = program.Peer, Server = "loopback", CpuMicroseconds = times[i].Order().ElementAt(times[i].Count / 2) })];
        }
        finally
        {
            host.DisposeAsync().AsTask().GetAwaiter().GetResult();
            File.Delete(certificate);
        }
    }

    private static void Add(List<(string Peer, string File, string[] Arguments)> programs, string peer, string name, params string[] arguments)
    {
        string? file = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        if (file != null && ThreadCpu.IsSupported)
            programs.Add((peer, file, arguments));
    }

    private static double Run(string file, string[] arguments)
    {
        var start = new ProcessStartInfo(file) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);

        long before = ThreadCpu.ChildrenUs();
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(LimitMs))
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException(file + " does not end.");
        }

        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{file} ended with {process.ExitCode}: {error.Result}{output.Result}");

        return ThreadCpu.ChildrenUs() - before;
    }
}
