using System.Net.Sockets;
using DprivEmbedded.Association;
using DprivEmbedded.Dtls;

namespace DprivEmbedded.Sockets;

/// <summary>One DTLS association with its socket and the lookups on it.</summary>
internal sealed class DatagramLeg
{
    private int _falseStartRepeats;
    private long _falseStartMs;

    public DatagramLeg(DodSession dod, DtlsClientOptions dtlsOptions, int slots)
    {
        Dod = dod;
        DtlsOptions = dtlsOptions;
        Pending = new PendingLookup?[slots];
    }

    public DodSession Dod { get; }

    /// <summary>The options of the client under <see cref="Dod"/>.</summary>
    public DtlsClientOptions DtlsOptions { get; }

    public PendingLookup?[] Pending { get; }

    public Socket? Socket { get; set; }

    /// <summary>Whether a session was offered in the present handshake.</summary>
    public bool OfferedSession { get; set; }

    /// <summary>Whether the next handshake goes without a session: the last one with one failed.</summary>
    public bool WithoutSession { get; set; }

    public bool Connected { get; set; }

    /// <summary>ICMP said that nothing listens (R15: a hint, believed when the handshake's next round brings nothing).</summary>
    public bool Unreachable { get; set; }

    /// <summary>Whether the handshake was given up to be made again in another way.</summary>
    public bool Again { get; set; }

    public void BeginHandshake()
    {
        _falseStartRepeats = 0;
    }

    /// <summary>Counts a repetition of the flight that a false start followed, and tells whether there were enough in enough time.</summary>
    public bool FalseStartInVain(long nowMs, int repeats, int ms)
    {
        if (_falseStartRepeats++ == 0)
            _falseStartMs = nowMs;

        return _falseStartRepeats >= repeats && nowMs - _falseStartMs >= ms;
    }
}
