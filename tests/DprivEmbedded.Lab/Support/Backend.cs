using System;
using System.Net;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>What stands behind a peer that only terminates TLS: in the lab always a server of the same namespace.</summary>
internal static class Backend
{
    public static Task<IPEndPoint> ForAsync(PeerOptions options) =>
        Task.FromResult(options.Backend ?? throw new ArgumentException("a peer of the lab needs a backend in its namespace", nameof(options)));
}
