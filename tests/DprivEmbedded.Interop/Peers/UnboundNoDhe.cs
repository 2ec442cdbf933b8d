using System.Collections.Generic;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// unbound whose OpenSSL also resumes without a key exchange (psk_ke). OpenSSL 3.0 takes psk_dhe_ke whenever the client offers both, so offer psk_ke alone to see it.
/// </summary>
public sealed class UnboundNoDhe : Unbound
{
    private UnboundNoDhe(PeerOptions options)
        : base(options)
    {
    }

    public static new Task<UnboundNoDhe> StartAsync(PeerOptions? options = null)
    {
        options ??= new PeerOptions();
        var commands = new Dictionary<string, string>(options.OpenSsl) { ["Options"] = "AllowNoDHEKEX" };
        return StartAsync(new UnboundNoDhe(options with { OpenSsl = commands }));
    }
}
