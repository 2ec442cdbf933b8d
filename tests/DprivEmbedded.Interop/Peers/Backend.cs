using System.Net;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>What stands behind a peer that only terminates TLS: the run's shared unbound unless the options name another server.</summary>
internal static class Backend
{
    public static async Task<IPEndPoint> ForAsync(PeerOptions options) =>
        options.Backend ?? (await SharedPeers.UnboundAsync().ConfigureAwait(false)).Plain!;
}
