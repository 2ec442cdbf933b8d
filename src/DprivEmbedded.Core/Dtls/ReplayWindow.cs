namespace DprivEmbedded.Dtls;

/// <summary>The window over the 64 newest record numbers of an epoch. Source: RFC 6347 section 4.1.2.6.</summary>
internal sealed class ReplayWindow
{
    private ulong _newest;
    private ulong _seen;
    private bool _any;

    public void Reset()
    {
        _newest = 0;
        _seen = 0;
        _any = false;
    }

    /// <summary>Whether a record number was seen, or is too old to tell.</summary>
    public bool IsReplay(ulong sequence)
    {
        if (!_any || sequence > _newest)
            return false;

        ulong age = _newest - sequence;
        return age >= 64 || ((_seen >> (int)age) & 1) != 0;
    }

    /// <summary>Notes an authenticated record.</summary>
    /// <returns>Whether it is the newest so far.</returns>
    public bool Note(ulong sequence)
    {
        if (!_any || sequence > _newest)
        {
            ulong ahead = _any ? sequence - _newest : 64;
            _seen = ahead >= 64 ? 1 : (_seen << (int)ahead) | 1;
            _newest = sequence;
            _any = true;
            return true;
        }

        _seen |= 1UL << (int)(_newest - sequence);
        return false;
    }
}
