namespace DprivEmbedded.Policy;

/// <summary>How long the gaps between queries are: bins of half an octave from a second up, each with its weight, with where in the bin its gaps lie and how far they spread. Old gaps fade.</summary>
/// <remarks>Decisions see each bin as two atoms of half its weight, on either side of the middle by the spread: <see cref="Atoms"/>, in ascending order.</remarks>
internal sealed class GapHistogram
{
    public const int Bins = 36;
    public const int Atoms = 2 * Bins;
    public const int SavedBytes = 4 * Bins;

    public const int Step = 64;

    /// <summary>The memory is 128 to 256 gaps.</summary>
    private const int Full = 256 * Step;

    private readonly int[] _weights = new int[Bins];
    private readonly byte[] _places = new byte[Bins];
    private readonly byte[] _spreads = new byte[Bins];
    private readonly int[] _starts = new int[Bins + 1];
    private int _total;

    public GapHistogram()
    {
        for (int i = 0; i <= Bins; i++)
        {
            long start = 1000L << (i >> 1);
            if ((i & 1) == 1)
                start = start * 1414 / 1000;

            _starts[i] = (int)start;
        }
    }

    /// <summary>The weight of all gaps.</summary>
    public int Total { get { return _total; } }

    public void Clear()
    {
        for (int i = 0; i < Bins; i++)
            _weights[i] = 0;

        _total = 0;
    }

    public void Learn(long gapMs)
    {
        int bin = Find(gapMs);
        int width = _starts[bin + 1] - _starts[bin];
        long place = (gapMs - _starts[bin]) * 256 / width;
        if (place < 0)
            place = 0;
        if (place > 255)
            place = 255;

        int rate = _weights[bin] / Step + 1;
        if (rate > 8)
            rate = 8;

        int apart = (int)place - _places[bin];
        if (_weights[bin] == 0)
        {
            _places[bin] = (byte)place;
            _spreads[bin] = 0;
        }
        else
        {
            _places[bin] = (byte)(_places[bin] + apart / rate);
            _spreads[bin] = (byte)(_spreads[bin] + ((apart < 0 ? -apart : apart) - _spreads[bin]) / rate);
        }

        _weights[bin] += Step;
        _total += Step;
        if (_total < Full)
            return;

        _total = 0;
        for (int i = 0; i < Bins; i++)
        {
            _weights[i] >>= 1;
            _total += _weights[i];
        }
    }

    /// <summary>The bin that a gap falls in.</summary>
    public int Find(long gapMs)
    {
        int bin = 0;
        while (bin < Bins - 2 && gapMs >= _starts[bin + 2])
            bin += 2;
        if (bin < Bins - 1 && gapMs >= _starts[bin + 1])
            bin++;

        return bin;
    }

    /// <summary>The first atom that may lie beyond.</summary>
    public int FirstAtom(long idleMs)
    {
        return 2 * Find(idleMs);
    }

    /// <summary>How much of an atom's weight is left when a gap has lasted so long already: half a bin's gaps lie between its middle and three times the spread from there, most of them near.</summary>
    public int Weight(int atom, long idleMs)
    {
        int weight = _weights[atom >> 1];
        if (weight == 0)
            return 0;

        weight = (weight + (atom & 1)) >> 1;
        int from = Edge(atom, 0);
        if (idleMs <= from)
            return weight;

        int until = Edge(atom, 1);
        if (idleMs < until)
            return (int)(weight * (until - idleMs) / (until - from)) + 1;
        if ((atom & 1) == 0)
            return 0;

        // Beyond where its gaps lie: an eighth of it is believed to be still ahead.
        long end = _starts[(atom >> 1) + 1];
        return idleMs >= end ? 0 : (int)(weight * (end - idleMs) / (end - _starts[atom >> 1])) / 4;
    }

    /// <summary>Where what is left of it lies.</summary>
    public int At(int atom, long idleMs)
    {
        int from = Edge(atom, 0);
        int until = Edge(atom, 1);
        if (idleMs >= until)
            until = _starts[(atom >> 1) + 1];
        if (idleMs <= from)
            return (atom & 1) == 0 ? until - (until - from) / 3 : from + (until - from) / 3;

        return (int)((idleMs + until) / 2) + 1;
    }

    /// <summary>The mean gap in milliseconds; 0 where none is known.</summary>
    public long MeanMs()
    {
        if (_total == 0)
            return 0;

        long sum = 0;
        for (int i = 0; i < Bins; i++)
        {
            if (_weights[i] != 0)
                sum += (long)_weights[i] * Edge(2 * i, 1);
        }

        return sum / _total;
    }

    public int Save(byte[] output, int at)
    {
        for (int i = 0; i < Bins; i++)
            at = PolicyBytes.Write16(output, at, _weights[i]);
        for (int i = 0; i < Bins; i++)
            output[at++] = _places[i];
        for (int i = 0; i < Bins; i++)
            output[at++] = _spreads[i];

        return at;
    }

    public int Load(byte[] input, int at)
    {
        _total = 0;
        for (int i = 0; i < Bins; i++)
        {
            _weights[i] = PolicyBytes.Read16(input, at + 2 * i) & 16383;
            _places[i] = input[at + 2 * Bins + i];
            _spreads[i] = input[at + 3 * Bins + i];
            _total += _weights[i];
        }

        while (_total >= Full)
        {
            _total = 0;
            for (int i = 0; i < Bins; i++)
            {
                _weights[i] >>= 1;
                _total += _weights[i];
            }
        }

        return at + SavedBytes;
    }

    /// <summary>The lower or the upper edge of an atom's gaps.</summary>
    private int Edge(int atom, int upper)
    {
        int bin = atom >> 1;
        int place = _places[bin] + ((atom & 1) + upper - 1) * 3 * _spreads[bin];
        if (place < 0)
            place = 0;
        if (place > 255)
            place = 255;

        return _starts[bin] + (int)(((long)(_starts[bin + 1] - _starts[bin]) * (place * 2 + 1)) >> 9);
    }
}
