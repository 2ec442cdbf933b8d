namespace DprivEmbedded.Policy;

/// <summary>How long the gaps between queries are: bins of half an octave from a second up, each with its weight, with where in the bin its gaps lie and how far they spread. Old gaps fade.</summary>
/// <remarks>Decisions see the halves of the bins gathered into a few atoms, in ascending order, each for about as much of the weight and of the range: <see cref="Look"/>.</remarks>
internal sealed class GapHistogram
{
    public const int Bins = 36;
    public const int MostAtoms = 9;
    public const int SavedBytes = 4 * Bins;

    public const int Step = 64;

    /// <summary>The memory is 128 to 256 gaps.</summary>
    private const int Full = 256 * Step;

    private readonly int[] _weights = new int[Bins];
    private readonly byte[] _places = new byte[Bins];
    private readonly byte[] _spreads = new byte[Bins];
    private readonly int[] _starts = new int[Bins + 1];

    private readonly int[] _atomFrom = new int[MostAtoms];
    private readonly int[] _atomAt = new int[MostAtoms];
    private readonly int[] _atomUntil = new int[MostAtoms];
    private readonly int[] _atomWeights = new int[MostAtoms];
    private readonly int[] _atomRests = new int[MostAtoms];
    private int _atoms;
    private int _begun;
    private int _total;

    /// <summary>Where each atom's gaps lie, ascending; of the one that <see cref="Look"/> found to have begun, where what is left of it lies.</summary>
    public readonly int[] PlacesMs = new int[MostAtoms];

    /// <summary>What is left of its weight.</summary>
    public readonly int[] Left = new int[MostAtoms];

    /// <summary>The first atom that remains.</summary>
    public int First;

    /// <summary>The atom after the last.</summary>
    public int End;

    /// <summary>The weight of all that remain.</summary>
    public int Rest;

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

    /// <summary>Gaps on either side of this are not gathered into one atom: where the server closes; 0 for nowhere.</summary>
    public int SplitMs;

    /// <summary>The weight of all gaps.</summary>
    public int Total { get { return _total; } }

    public void Clear()
    {
        for (int i = 0; i < Bins; i++)
            _weights[i] = 0;

        _total = 0;
        Gather();
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
        if (_total >= Full)
        {
            _total = 0;
            for (int i = 0; i < Bins; i++)
            {
                _weights[i] >>= 1;
                _total += _weights[i];
            }
        }

        Gather();
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

    /// <summary>Finds what may still come when a gap has lasted so long already.</summary>
    public void Look(long idleMs)
    {
        PlacesMs[_begun] = _atomAt[_begun];
        Left[_begun] = _atomWeights[_begun];
        int idle = idleMs > int.MaxValue ? int.MaxValue : (int)idleMs;
        int first = 0;
        int[] untils = _atomUntil;
        while (first < _atoms && idle >= untils[first])
            first++;

        First = first;
        End = _atoms;
        Rest = 0;
        if (first == _atoms)
            return;

        Rest = _atomRests[first];
        int from = _atomFrom[first];
        if (idle <= from)
            return;

        // In its midst: the rest lies evenly between now and its end.
        int until = untils[first];
        int weight = (int)((long)_atomWeights[first] * (until - idle) / (until - from)) + 1;
        Rest += weight - _atomWeights[first];
        Left[first] = weight;
        PlacesMs[first] = idle + ((until - idle) >> 1) + 1;
        _begun = first;
    }

    /// <summary>The weight of what lies after a moment of the gap.</summary>
    public int After(long limitMs)
    {
        int[] places = PlacesMs;
        int end = End;
        int i = First;
        while (i < end && places[i] <= limitMs)
            i++;

        return i == First ? Rest : i == end ? 0 : _atomRests[i];
    }

    /// <summary>The mean gap in milliseconds; 0 where none is known.</summary>
    public long MeanMs;

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

        Gather();
        return at + SavedBytes;
    }

    /// <summary>Gathers the halves of the bins into atoms.</summary>
    private void Gather()
    {
        _atoms = 0;
        MeanMs = 0;
        long all = 0;
        int first = 0;
        while (first < Bins && _weights[first] == 0)
            first++;
        int last = Bins - 1;
        while (last > first && _weights[last] == 0)
            last--;
        if (first == Bins)
            return;

        // Weight and range count alike: both together are 2 x 1024.
        int range = last - first + 1;
        int measure = 0;
        int weight = 0;
        long sum = 0;
        int from = 0;
        int until = 0;
        for (int half = 2 * first; half <= 2 * last + 1; half++)
        {
            int bin = half >> 1;
            int more = (_weights[bin] + (half & 1)) >> 1;
            measure += (more << 10) / _total + 512 / range;
            if (more > 0)
            {
                if (weight == 0)
                    from = Edge(half, 0);

                until = Edge(half, 1);
                weight += more;
                sum += (long)more * ((half & 1) == 0 ? until - (until - Edge(half, 0)) / 3 : Edge(half, 0) + (until - Edge(half, 0)) / 3);
            }

            bool full = measure >= (_atoms + 1) * 2048 / MostAtoms || (from < SplitMs && Edge(half + 1, 0) >= SplitMs);
            if (weight == 0 || (half <= 2 * last && (_atoms == MostAtoms - 1 || !full)))
                continue;

            _atomFrom[_atoms] = from;
            _atomUntil[_atoms] = until;
            _atomAt[_atoms] = (int)(sum / weight);
            _atomWeights[_atoms] = weight;
            _atoms++;
            all += sum;
            weight = 0;
            sum = 0;
        }

        MeanMs = all / _total;
        int rest = 0;
        for (int i = _atoms - 1; i >= 0; i--)
        {
            rest += _atomWeights[i];
            _atomRests[i] = rest;
            PlacesMs[i] = _atomAt[i];
            Left[i] = _atomWeights[i];
        }

        // Some gaps are longer than any before.
        _atomUntil[_atoms - 1] += _atomUntil[_atoms - 1] >> 4;
    }

    /// <summary>The lower or the upper edge of the gaps in half a bin: three spreads from the middle, most of them near.</summary>
    private int Edge(int half, int upper)
    {
        int bin = half >> 1;
        if (bin >= Bins)
            return int.MaxValue;

        int place = _places[bin] + ((half & 1) + upper - 1) * 3 * _spreads[bin];
        if (place < 0)
            place = 0;
        if (place > 255)
            place = 255;

        return _starts[bin] + (int)(((long)(_starts[bin + 1] - _starts[bin]) * (place * 2 + 1)) >> 9);
    }
}
