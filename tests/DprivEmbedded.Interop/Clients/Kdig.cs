using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;

namespace DprivEmbedded.Interop.Clients;

/// <summary>kdig (GnuTLS) as the independent DNS-over-TLS client.</summary>
public static class Kdig
{
    private static readonly Lazy<string> s_only12 = new(() => Priority("tls1.3"));

    /// <summary>Asks all questions over one connection.</summary>
    /// <param name="server">Where the peer speaks TLS.</param>
    /// <param name="version">TLS 1.2 is the only one offered; of TLS 1.3 it is the highest, so look at the session.</param>
    /// <param name="questions">Names and types.</param>
    /// <param name="verify">Verifies the certificate against the run's trust anchor and the name dot.peers.example.</param>
    /// <param name="extra">More kdig flags, such as +fastopen.</param>
    public static async Task<IReadOnlyList<KdigAnswer>> QueryAsync(
        IPEndPoint server, TlsVersion version, IReadOnlyList<(string Name, string Type)> questions, bool verify = true, IReadOnlyList<string>? extra = null, string? networkNamespace = null)
    {
        var command = new List<string> { Requires.Program("kdig"), "@" + server.Address, "-p", server.Port.ToString(), "+tls", "+keepopen", "+retry=0", "+timeout=5" };
        if (verify)
            command.AddRange(["+tls-ca=" + PeerCertificates.Shared.CaPath, "+tls-hostname=" + PeerCertificates.ServerName]);
        if (extra is not null)
            command.AddRange(extra);
        foreach (var (name, type) in questions)
            command.AddRange(["-q", name, "-t", type]);
        // With TLS 1.2 taken away GnuTLS 3.7 fails every handshake; what was negotiated is in the answer's Session.
        var environment = version == TlsVersion.Tls12 ? new Dictionary<string, string> { ["GNUTLS_SYSTEM_PRIORITY_FILE"] = s_only12.Value } : null;
        var result = await ClientProgram.RunAsync(command, environment: environment, networkNamespace: networkNamespace, limit: TimeSpan.FromSeconds(30)).ConfigureAwait(false);
        var answers = Parse(result.Output);
        if (result.ExitCode != 0 || answers.Count != questions.Count)
            throw new IOException($"kdig gave {answers.Count} answers to {questions.Count} questions: {result}");
        return answers;
    }

    public static async Task<KdigAnswer> QueryAsync(IPEndPoint server, TlsVersion version, string name, string type) =>
        (await QueryAsync(server, version, [(name, type)]).ConfigureAwait(false))[0];

    /// <summary>Splits kdig's output at its headers.</summary>
    public static IReadOnlyList<KdigAnswer> Parse(string output)
    {
        var answers = new List<KdigAnswer>();
        var session = "";
        string? rcode = null;
        var lines = new List<string>();
        var padded = false;
        var inAnswers = false;
        foreach (var line in output.Split('\n'))
        {
            if (line.StartsWith(";; TLS session ", StringComparison.Ordinal))
            {
                Finish();
                session = line[";; TLS session ".Length..].Trim();
            }
            else if (line.StartsWith(";; ->>HEADER<<-", StringComparison.Ordinal))
            {
                Finish();
                var start = line.IndexOf("status: ", StringComparison.Ordinal) + "status: ".Length;
                rcode = line[start..line.IndexOf(';', start)];
            }
            else if (line.StartsWith(";; PADDING", StringComparison.Ordinal))
            {
                padded = true;
            }
            else if (line.StartsWith(";; ", StringComparison.Ordinal))
            {
                inAnswers = line.StartsWith(";; ANSWER SECTION", StringComparison.Ordinal);
            }
            else if (inAnswers && line.Length > 0)
            {
                // "a.peers.example.    \t300\tIN\tA\t192.0.2.1"
                var fields = line.Split('\t', 5);
                if (fields.Length == 5)
                    lines.Add($"{fields[0].Trim()} {fields[3]} {fields[4].TrimEnd()}");
            }
        }

        Finish();
        return answers;

        void Finish()
        {
            if (rcode is null)
                return;
            lines.Sort(StringComparer.Ordinal);
            answers.Add(new KdigAnswer(rcode, lines, session, padded));
            rcode = null;
            lines = [];
            padded = false;
            inAnswers = false;
        }
    }

    // kdig has no option for the version; GnuTLS takes one away for the whole system.
    private static string Priority(string disabled)
    {
        var directory = new TempDirectory("gnutls");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => directory.Dispose();
        return directory.Write("priority.cfg", "[overrides]\ndisabled-version = " + disabled + "\n");
    }
}
