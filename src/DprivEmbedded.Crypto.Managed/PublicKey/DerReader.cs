namespace DprivEmbedded.Crypto.Managed;

/// <summary>Reads DER (X.690 section 10) element by element. What is not DER sets <see cref="Failed"/>, which stays; nothing is copied.</summary>
internal sealed class DerReader
{
    public const int TagInteger = 0x02;
    public const int TagBitString = 0x03;
    public const int TagNull = 0x05;
    public const int TagSequence = 0x30;

    private readonly byte[] _data;
    private readonly int _end;

    public DerReader(byte[] data, int offset, int count)
    {
        _data = data;
        Offset = offset;
        _end = offset + count;
    }

    /// <summary>Whether something was not as it has to be.</summary>
    public bool Failed { get; private set; }

    /// <summary>Where the next element is, or the content of the last one that was read.</summary>
    public int Offset { get; private set; }

    /// <summary>Bytes of the last element's content.</summary>
    public int Count { get; private set; }

    /// <summary>Whether nothing is left.</summary>
    public bool AtEnd { get { return Offset == _end; } }

    /// <summary>Enters an element that takes all that is left.</summary>
    public void EnterLast(int tag)
    {
        Read(tag);
        if (Offset + Count != _end)
            Failed = true;
    }

    /// <summary>Refuses what was read.</summary>
    public void Fail()
    {
        Failed = true;
    }

    /// <summary>Takes the first byte of a BIT STRING, which has to say that no bits are unused.</summary>
    public void SkipZero()
    {
        if (Failed || Count == 0 || _data[Offset] != 0)
        {
            Failed = true;
            return;
        }

        Offset++;
        Count = 0;
    }

    /// <summary>Goes behind the last element that was read.</summary>
    public void Skip()
    {
        Offset += Count;
        Count = 0;
    }

    /// <summary>Reads tag and length: <see cref="Offset"/> and <see cref="Count"/> are those of the content then.</summary>
    public void Read(int tag)
    {
        Count = 0;
        if (Failed || _end - Offset < 2 || _data[Offset] != tag)
        {
            Failed = true;
            return;
        }

        int length = _data[Offset + 1];
        Offset += 2;
        if (length >= 0x80)
        {
            // Keys and signatures have less than 64 KiB.
            int more = length & 0x7f;
            if (more < 1 || more > 2 || _end - Offset < more)
            {
                Failed = true;
                return;
            }

            length = _data[Offset];
            if (more == 2)
                length = (length << 8) | _data[Offset + 1];

            Offset += more;
            if (length < (more == 1 ? 0x80 : 0x100))
                Failed = true;
        }

        if (length > _end - Offset)
            Failed = true;
        else
            Count = length;
    }

    /// <summary>Reads an INTEGER that is above 0, in its shortest form. <see cref="Offset"/> and <see cref="Count"/> leave out the 0 that keeps it from being negative.</summary>
    public void ReadPositive()
    {
        Read(TagInteger);
        if (Failed || Count == 0)
        {
            Failed = true;
            return;
        }

        int first = _data[Offset];
        if (first >= 0x80 || (first == 0 && (Count == 1 || _data[Offset + 1] < 0x80)))
        {
            Failed = true;
            return;
        }

        if (first == 0)
        {
            Offset++;
            Count--;
        }
    }
}
