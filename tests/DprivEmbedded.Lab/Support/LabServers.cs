using System;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Lab.Network;

namespace DprivEmbedded.Lab.Support;

/// <summary>The servers, in the server's namespace.</summary>
internal static class LabServers
{
    /// <summary>An unbound whose ticket keys are in a file, as those of a farm are: after a crash its tickets are still good, while connections are lost.</summary>
    public static async Task<Unbound> UnboundAsync(LabNetwork network, string extraConfiguration = "")
    {
        var keys = new byte[80];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = (byte)(i * 7);
        var path = network.WriteFile("ticket-keys", keys);
        var options = network.PeerOptions with { ExtraConfiguration = $"  tls-session-ticket-keys: \"{path}\"\n{extraConfiguration}" };
        return network.Own(await Unbound.StartAsync(options).ConfigureAwait(false));
    }

    /// <summary>dnsdist before an unbound.</summary>
    public static async Task<Dnsdist> DnsdistAsync(LabNetwork network)
    {
        var unbound = await UnboundAsync(network).ConfigureAwait(false);
        return network.Own(await Dnsdist.StartAsync(network.PeerOptions with { Backend = unbound.Plain, IdleTimeout = TimeSpan.FromSeconds(60) }).ConfigureAwait(false));
    }

    /// <summary>socat, which speaks DTLS, before an unbound.</summary>
    public static async Task<SocatDtls> SocatAsync(LabNetwork network)
    {
        var unbound = await UnboundAsync(network).ConfigureAwait(false);
        return network.Own(await SocatDtls.StartAsync(network.PeerOptions with { Backend = unbound.Plain, IdleTimeout = TimeSpan.FromSeconds(60) }).ConfigureAwait(false));
    }
}
