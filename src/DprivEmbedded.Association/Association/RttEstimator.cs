namespace DprivEmbedded.Association;

/// <summary>The smoothed round trip time of RFC 6298 section 2. What was sent twice is no sample (Karn's rule); its caller sees to that.</summary>
internal sealed class RttEstimator
{
    // SRTT in eighths and RTTVAR in quarters of a millisecond, so that integers lose nothing.
    private int _srtt8 = -1;
    private int _rttVar4;

    /// <summary>The smoothed round trip time in milliseconds, at least 1; -1 where unknown.</summary>
    public int SmoothedMs { get { return _srtt8 < 0 ? -1 : _srtt8 < 8 ? 1 : _srtt8 / 8; } }

    /// <summary>The mean deviation in milliseconds; 0 where unknown.</summary>
    public int VariationMs { get { return _rttVar4 / 4; } }

    /// <summary>Takes a sample.</summary>
    /// <param name="ms">Milliseconds, 0 or more; longer ones than a minute say nothing of the path.</param>
    public void Add(long ms)
    {
        if (ms < 0 || ms > 60000)
            return;

        int sample = (int)ms;
        if (_srtt8 < 0)
        {
            _srtt8 = 8 * sample;
            _rttVar4 = 2 * sample;
            return;
        }

        int difference = sample - _srtt8 / 8;
        _srtt8 += difference;
        if (_srtt8 < 0)
            _srtt8 = 0;

        if (difference < 0)
            difference = -difference;

        _rttVar4 += difference - _rttVar4 / 4;
    }

    /// <summary>Forgets: the path is another one.</summary>
    public void Reset()
    {
        _srtt8 = -1;
        _rttVar4 = 0;
    }
}
