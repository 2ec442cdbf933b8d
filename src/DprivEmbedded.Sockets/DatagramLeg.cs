using System.Net.Sockets;
using DprivEmbedded.Association;

namespace DprivEmbedded.Sockets;

/// <summary>One DTLS association with its socket and the lookups on it.</summary>
internal sealed class DatagramLeg
{
    public DatagramLeg(DodSession dod, int slots)
    {
        Dod = dod;
        Pending = new PendingLookup?[slots];
    }

    public DodSession Dod { get; }

    public PendingLookup?[] Pending { get; }

    public Socket? Socket { get; set; }

    /// <summary>Whether a session was offered in the present handshake.</summary>
    public bool OfferedSession { get; set; }

    /// <summary>Whether the next handshake goes without a session: the last one with one failed.</summary>
    public bool WithoutSession { get; set; }

    public bool Connected { get; set; }

    /// <summary>ICMP said that nothing listens (R15: a hint, believed when the handshake's next round brings nothing).</summary>
    public bool Unreachable { get; set; }
}
