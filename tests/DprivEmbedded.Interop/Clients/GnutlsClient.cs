using System;
using System.Collections.Generic;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;

namespace DprivEmbedded.Interop.Clients;

/// <summary><c>gnutls-cli</c>: the one stock client here that can offer psk_ke alone, raw public keys and record_size_limit.</summary>
public static class GnutlsClient
{
    /// <summary>Connects, and with <c>-r</c> among <paramref name="extra"/> once more to resume; ends when its standard input does.</summary>
    public static Task<ProgramResult> RunAsync(IPEndPoint server, string priority, IReadOnlyList<string>? extra = null, byte[]? input = null, Func<byte[], bool>? closeInputWhen = null)
    {
        var command = new List<string> { "stdbuf", "-oL", Requires.Program("gnutls-cli"), "--insecure", "--priority", priority, "-p", server.Port.ToString(), server.Address.ToString() };
        if (extra is not null)
            command.AddRange(extra);
        return ClientProgram.RunAsync(command, input, closeInputWhen);
    }
}
