namespace DprivEmbedded.Policy;

/// <summary>How long the gaps between queries are: bins of half an octave from a second up, each with its weight and with where in the bin its gaps lie. Old gaps fade.</summary>
internal sealed class GapHistogram
{
    public const int Bins = 36;
    public const int SavedBytes = 3 * Bins;

    private const int Step = 128;

    /// <summary>The memory is 64 to 128 gaps.</summary>
    private const int Full = 128 * Step;

    private readonly int[] _weights = new int[Bins];
    private readonly byte[] _places = new byte[Bins];
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

        _places[bin] = (byte)(_weights[bin] == 0 ? (int)place : _places[bin] + ((int)place - _places[bin]) / rate);
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

    /// <summary>How much of a bin's weight is left when a gap has lasted so long already.</summary>
    public int Weight(int bin, long idleMs)
    {
        int weight = _weights[bin];
        if (weight == 0 || idleMs < Place(bin))
            return weight;

        // Beyond where its gaps lie: a quarter of it is believed to be still ahead.
        return (int)(weight * (_starts[bin + 1] - idleMs) / (_starts[bin + 1] - _starts[bin])) / 4;
    }

    /// <summary>Where what is left of it lies.</summary>
    public int At(int bin, long idleMs)
    {
        int place = Place(bin);
        return idleMs < place ? place : (int)((idleMs + _starts[bin + 1]) / 2) + 1;
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
                sum += (long)_weights[i] * Place(i);
        }

        return sum / _total;
    }

    public int Save(byte[] output, int at)
    {
        for (int i = 0; i < Bins; i++)
            at = PolicyBytes.Write16(output, at, _weights[i]);
        for (int i = 0; i < Bins; i++)
            output[at++] = _places[i];

        return at;
    }

    public int Load(byte[] input, int at)
    {
        _total = 0;
        for (int i = 0; i < Bins; i++)
        {
            _weights[i] = PolicyBytes.Read16(input, at + 2 * i) & 16383;
            _places[i] = input[at + 2 * Bins + i];
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

    private int Place(int bin)
    {
        return _starts[bin] + (int)(((long)(_starts[bin + 1] - _starts[bin]) * (_places[bin] * 2 + 1)) >> 9);
    }
}
