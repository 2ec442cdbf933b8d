using System.Collections.Generic;

namespace DprivEmbedded.Harness.Network;

/// <summary>What a client remembers of servers for TCP Fast Open: cookies, and SYNs with data that were lost. Source: RFC 7413 section 4.1.3.</summary>
public sealed class FastOpenCache
{
    private const int MaxLossShift = 10;
    private const long LossPauseUs = 60_000_000;

    private readonly Dictionary<Ipv4Address, Entry> _entries = [];

    /// <summary>The cookie of a server; null where none is known.</summary>
    /// <param name="server">Its address.</param>
    public byte[]? Cookie(Ipv4Address server)
    {
        return _entries.GetValueOrDefault(server)?.Cookie;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _entries.Clear();
    }

    /// <summary>Whether Fast Open may be tried: not within a minute, doubled with each loss, once two SYNs with data were lost in a row.</summary>
    internal bool MayTry(Ipv4Address server, long nowUs)
    {
        return !_entries.TryGetValue(server, out Entry? entry) || entry.Losses < 2 || nowUs >= entry.LostUs + (LossPauseUs << System.Math.Min(entry.Losses, MaxLossShift));
    }

    internal void Keep(Ipv4Address server, byte[] cookie)
    {
        Get(server).Cookie = cookie;
    }

    internal void NoteLoss(Ipv4Address server, long nowUs)
    {
        Entry entry = Get(server);
        entry.Losses++;
        entry.LostUs = nowUs;
    }

    internal void NoteSuccess(Ipv4Address server)
    {
        if (_entries.TryGetValue(server, out Entry? entry))
            entry.Losses = 0;
    }

    private Entry Get(Ipv4Address server)
    {
        if (!_entries.TryGetValue(server, out Entry? entry))
            _entries.Add(server, entry = new Entry());

        return entry;
    }

    private sealed class Entry
    {
        public byte[]? Cookie;
        public int Losses;
        public long LostUs;
    }
}
