using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;

namespace DprivEmbedded.Interop.Clients;

/// <summary><c>openssl s_client</c> as the independent TLS client that resumes: it sends one DNS query, waits for the answer and closes cleanly.</summary>
public sealed partial class OpensslClient : IDisposable
{
    private const ushort Id = 0xD7C5;

    private readonly TempDirectory _directory = new("s_client");

    /// <summary>The saved session, when a connection has brought one.</summary>
    public bool HasSession => File.Exists(SessionFile);

    /// <summary>Keeps the session it has, and so offers a ticket more than once.</summary>
    public bool KeepSession { get; set; }

    private string SessionFile => _directory.File("session.pem");

    /// <param name="resume">Offers the session saved by the connection before.</param>
    /// <param name="earlyData">Sends the query as early data.</param>
    /// <param name="awaitAnswer">False: closes after the handshake.</param>
    /// <param name="stay">Does not close by itself; the connection must be cut from outside.</param>
    /// <param name="extra">More s_client options.</param>
    public async Task<OpensslSession> QueryAsync(
        IPEndPoint server,
        TlsVersion version,
        bool resume = false,
        bool earlyData = false,
        bool awaitAnswer = true,
        bool stay = false,
        string name = "a." + PeerZone.Origin,
        ushort type = DnsBytes.TypeA,
        IReadOnlyList<string>? extra = null,
        TimeSpan? limit = null)
    {
        var query = DnsBytes.Framed(DnsBytes.Query(Id, name, type));
        var command = new List<string>
        {
            Requires.Program("openssl"), "s_client", "-connect", server.ToString(), version == TlsVersion.Tls12 ? "-tls1_2" : "-tls1_3", "-alpn", "dot",
            "-servername", PeerCertificates.ServerName, "-CAfile", PeerCertificates.Shared.CaPath,
        };
        if (resume)
            command.AddRange(["-sess_in", SessionFile]);
        var newSession = _directory.File("new.pem");
        command.AddRange(["-sess_out", newSession]);
        if (earlyData)
        {
            var file = _directory.File("early.bin");
            File.WriteAllBytes(file, query);
            command.AddRange(["-early_data", file]);
        }

        if (extra is not null)
            command.AddRange(extra);
        var result = await ClientProgram.RunAsync(command, earlyData || !awaitAnswer ? null : query, awaitAnswer ? output => !stay && DnsBytes.FindAnswer(output, Id) >= 0 : null, limit: limit).ConfigureAwait(false);
        if (File.Exists(newSession) && !KeepSession)
            File.Move(newSession, SessionFile, overwrite: true);
        var at = DnsBytes.FindAnswer(result.OutputBytes, Id);
        byte[]? answer = at < 0 ? null : result.OutputBytes[(at + 2)..(at + 2 + BinaryPrimitives.ReadUInt16BigEndian(result.OutputBytes.AsSpan(at)))];
        var kind = Kind().Match(result.Output);
        if (!kind.Success || kind.Groups[2].Value == "(NONE)")
            throw new IOException("openssl s_client made no session: " + result);
        return new OpensslSession(
            kind.Groups[1].Value == "Reused", kind.Groups[2].Value, kind.Groups[3].Value, result.Output.Contains("Early data was accepted", StringComparison.Ordinal), answer, result);
    }

    public void Dispose() => _directory.Dispose();

    [GeneratedRegex(@"^(New|Reused), (\S+), Cipher is (\S+)", RegexOptions.Multiline)]
    private static partial Regex Kind();
}
