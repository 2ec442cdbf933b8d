namespace DprivEmbedded.Policy;

/// <summary>What is believed about one lifetime, such as a NAT's idle timeout: a distribution over cells that grow by a third, sharpened inside a cell by the longest gap survived and the shortest that was not.</summary>
/// <remarks>Each observation multiplies in its likelihood. With time, and with each surprise, a little of the prior leaks back in: what was learned fades over days, and a change is believed soon. Probabilities are in units of 1/32768.</remarks>
internal sealed class LifetimeEstimate
{
    public const int Cells = 40;
    public const int One = 32768;
    public const int SavedBytes = 2 * Cells + 8;

    private const int Knots = 7;
    private const int FirstMs = 3000;
    private const int NeverMs = int.MaxValue;
    private const int LeakMs = 900000;

    /// <summary>The upper ends of the cells.</summary>
    private readonly int[] _ends = new int[Cells];
    private readonly int[] _weights = new int[Cells];

    /// <summary>The weight of a cell and of all after it.</summary>
    private readonly int[] _above = new int[Cells + 1];

    // The gaps at which survival falls below each level: what plans look at.
    private readonly int[] _knots = new int[Knots];
    private readonly int[] _levels = new int[Knots];
    private readonly int[] _between = new int[Knots + 1];
    private int _lastKnot;
    private int _lowMs;
    private int _highMs;
    private long _leakedMs;
    private long _knownMs = -1;
    private long _knownLowMs;

    public LifetimeEstimate()
    {
        long end = FirstMs;
        for (int i = 0; i < Cells; i++)
        {
            _ends[i] = (int)end;
            end = end * 1320 / 1000;
        }

        _levels[0] = One - One / 128;
        _levels[1] = One - One / 32;
        _levels[2] = One - One / 8;
        _levels[3] = One - One / 4;
        _levels[4] = One / 2;
        _levels[5] = One / 6;
        _levels[6] = One / 32;
        _between[0] = One;
        _between[Knots] = One / 64;
        for (int i = 1; i < Knots; i++)
            _between[i] = (_levels[i - 1] + _levels[i]) / 2;

        Reset();
    }

    /// <summary>The longest gap that was survived since one that should have been survived was not.</summary>
    public int LowMs { get { return _lowMs; } }

    /// <summary>Goes back to the prior.</summary>
    public void Reset()
    {
        for (int i = 0; i < Cells; i++)
            _weights[i] = Prior(i);

        _lowMs = 0;
        _highMs = NeverMs;
        Sum();
    }

    /// <summary>For the informed reference: the truth instead of a belief, a lifetime between two bounds.</summary>
    public void Know(long leastMs, long mostMs)
    {
        _knownLowMs = leastMs;
        _knownMs = mostMs;
    }

    /// <summary>The probability that state outlives a gap.</summary>
    public int Survival(long gapMs)
    {
        if (_knownMs >= 0)
            return gapMs <= _knownLowMs ? One : gapMs > _knownMs ? 0 : (int)((_knownMs - gapMs) * One / (_knownMs - _knownLowMs + 1));
        if (gapMs <= 0)
            return One;

        int cell = Find(gapMs);
        if (cell == Cells)
            return _above[Cells - 1] / 8;

        return _above[cell + 1] + ((_weights[cell] * Inside(cell, gapMs)) >> 15);
    }

    /// <summary>The same, roughly and quickly: a staircase of a few steps.</summary>
    public int Quick(long gapMs)
    {
        if (_knownMs >= 0)
            return Survival(gapMs);

        // Plans ask for longer and longer gaps: the search goes on where it was.
        int[] knots = _knots;
        int at = _lastKnot;
        if (at > 0 && gapMs <= knots[at - 1])
            at = 0;
        while (at < Knots && gapMs > knots[at])
            at++;

        _lastKnot = at;
        return _between[at];
    }

    /// <summary>Learns that state outlived a gap, or did not.</summary>
    public void Learn(long gapMs, bool survived, long nowMs)
    {
        if (gapMs <= 0)
            return;

        // Parts of 1024 that leak: one a quarter of an hour, more where nobody would have expected this.
        long leak = _leakedMs == 0 || nowMs < _leakedMs ? 0 : (nowMs - _leakedMs) / LeakMs;
        if (leak > 0 || _leakedMs == 0 || nowMs < _leakedMs)
            _leakedMs = nowMs;
        if (leak > 128)
            leak = 128;

        int expected = Survival(gapMs);
        if ((survived ? expected : One - expected) < One / 8)
            leak += 32;

        int kept = One - (int)leak * (One / 1024);

        int gap = gapMs >= NeverMs ? NeverMs - 1 : (int)gapMs;
        int cell = Find(gap);
        int inside = cell < Cells ? Inside(cell, gap) : 0;
        int sum = 0;
        for (int i = 0; i < Cells; i++)
        {
            int outlives = i > cell ? One : i < cell ? 0 : inside;
            int likelihood = survived ? outlives : One - outlives;
            if (likelihood < One / 32)
                likelihood = One / 32;

            int weight = ((_weights[i] * likelihood) >> 15) + 1;
            _weights[i] = weight;
            sum += weight;
        }

        for (int i = 0; i < Cells; i++)
            _weights[i] = (int)((long)_weights[i] * kept / sum) + Prior(i) * (int)leak / 1024;

        if (survived)
        {
            if (gap > _lowMs)
                _lowMs = gap;
            if (gap >= _highMs)
                _highMs = NeverMs;
        }
        else
        {
            if (gap < _highMs)
                _highMs = gap;
            if (gap <= _lowMs)
                _lowMs = 0;
        }

        Sum();
    }

    /// <summary>The interval at which to refresh: the one whose refreshes and losses together cost the least a second.</summary>
    /// <param name="refresh">What a refresh costs.</param>
    /// <param name="loss">What a loss costs.</param>
    /// <returns>Milliseconds.</returns>
    public int RefreshMs(long refresh, long loss)
    {
        if (_knownMs >= 0)
            return _knownLowMs > NeverMs ? NeverMs : (int)_knownLowMs;

        int best = FirstMs;
        long bestRate = long.MaxValue;
        for (int i = -1; i < Cells; i++)
        {
            int interval = i < 0 ? _lowMs : _ends[i];
            if (interval < 1000)
                continue;

            int survival = i < 0 ? Survival(interval) : _above[i + 1];
            if (survival < One / 4)
            {
                if (i < 0)
                    continue;

                break;
            }

            long rate = (refresh + ((loss * (One - survival)) >> 15)) * 1000 / interval;
            if (rate < bestRate)
            {
                bestRate = rate;
                best = interval;
            }
        }

        return best;
    }

    public int Save(byte[] output, int at)
    {
        for (int i = 0; i < Cells; i++)
            at = PolicyBytes.Write16(output, at, _weights[i]);

        at = PolicyBytes.Write32(output, at, _lowMs);
        return PolicyBytes.Write32(output, at, _highMs);
    }

    public int Load(byte[] input, int at)
    {
        for (int i = 0; i < Cells; i++)
        {
            _weights[i] = PolicyBytes.Read16(input, at);
            at += 2;
        }

        _lowMs = PolicyBytes.Read32(input, at);
        _highMs = PolicyBytes.Read32(input, at + 4);
        if (_lowMs < 0)
            _lowMs = 0;
        if (_highMs <= 0)
            _highMs = NeverMs;

        // What was stored is not trusted to add up.
        int sum = 0;
        for (int i = 0; i < Cells; i++)
            sum += _weights[i];
        for (int i = 0; i < Cells; i++)
            _weights[i] = sum == 0 ? Prior(i) : (int)((long)_weights[i] * One / sum);

        Sum();
        return at + 8;
    }

    /// <summary>Lifetimes from half a minute to five minutes are the most common; long ones occur.</summary>
    private static int Prior(int cell)
    {
        return cell < 8 ? 700 : cell < 20 ? 1100 : cell < 30 ? 750 : 640;
    }

    private void Sum()
    {
        int sum = 0;
        _above[Cells] = 0;
        for (int i = Cells - 1; i >= 0; i--)
        {
            sum += _weights[i];
            _above[i] = sum;
        }

        int knot = 0;
        for (int i = 0; i < Cells && knot < Knots; i++)
        {
            while (knot < Knots && _levels[knot] > _above[i + 1])
            {
                int from = From(i);
                int until = Until(i);
                int fall = _above[i] - _levels[knot];
                _knots[knot++] = fall <= 0 ? from : from + (int)((long)(until - from) * fall / _weights[i]);
            }
        }

        while (knot < Knots)
            _knots[knot++] = NeverMs;
    }

    /// <summary>Where a cell's weight begins.</summary>
    private int From(int cell)
    {
        int from = cell == 0 ? 0 : _ends[cell - 1];
        return _lowMs > from && _lowMs < _ends[cell] ? _lowMs : from;
    }

    /// <summary>Where it ends.</summary>
    private int Until(int cell)
    {
        int until = _ends[cell];
        return _highMs < until && _highMs > From(cell) ? _highMs : until;
    }

    private int Find(long gapMs)
    {
        int low = 0;
        int high = Cells;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (_ends[middle] < gapMs)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>How much of a cell's weight lies beyond a gap within it.</summary>
    private int Inside(int cell, long gapMs)
    {
        int from = From(cell);
        int until = Until(cell);
        if (gapMs <= from)
            return One;
        if (gapMs >= until)
            return 0;

        return (int)((until - gapMs) * One / (until - from));
    }
}
