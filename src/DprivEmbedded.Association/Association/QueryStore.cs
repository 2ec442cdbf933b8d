using System;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Association;

/// <summary>The messages of queries, with their IDs and time limits, in slots of fixed size. One conversation has its own; those of an association share one. Allocates nothing after construction.</summary>
internal sealed class QueryStore
{
    /// <summary>The smallest query: a header and the question for the root.</summary>
    public const int MinQueryBytes = 17;

    public readonly byte[][] Messages;
    public readonly int[] Bytes;
    public readonly int[] Ids;
    public readonly long[] DueMs;
    public readonly bool[] Taken;

    private readonly IRandomSource _random;
    private readonly byte[] _idBytes = new byte[2];

    public QueryStore(int slots, int maxQueryBytes, IRandomSource random)
    {
        _random = random;
        Messages = new byte[slots][];
        for (int i = 0; i < slots; i++)
            Messages[i] = new byte[maxQueryBytes];

        Bytes = new int[slots];
        Ids = new int[slots];
        DueMs = new long[slots];
        Taken = new bool[slots];
    }

    public int Slots { get { return Taken.Length; } }

    /// <summary>Puts a query into a free slot of the first ones, with a random ID that no other slot has (RFC 7766 section 6.2.1).</summary>
    /// <returns>The slot, or -1 where none is free.</returns>
    /// <exception cref="ArgumentException">The message is larger than a slot, or no DNS query.</exception>
    public int Add(byte[] message, int offset, int count, long dueMs, int slots)
    {
        if (count < MinQueryBytes || count > Messages[0].Length)
            throw new ArgumentException("A query must have 17 bytes or more, and at most MaxQueryBytes.");

        for (int i = 0; i < slots; i++)
        {
            if (Taken[i])
                continue;

            Put(i, message, offset, count, dueMs);
            return i;
        }

        return -1;
    }

    public void Put(int slot, byte[] message, int offset, int count, long dueMs)
    {
        Array.Copy(message, offset, Messages[slot], 0, count);
        Bytes[slot] = count;
        Ids[slot] = NewId();
        Messages[slot][0] = (byte)(Ids[slot] >> 8);
        Messages[slot][1] = (byte)Ids[slot];
        DueMs[slot] = dueMs;
        Taken[slot] = true;
    }

    /// <summary>When the first query runs out of time.</summary>
    public long EarliestDueMs
    {
        get
        {
            long due = long.MaxValue;
            for (int i = 0; i < Taken.Length; i++)
            {
                if (Taken[i] && DueMs[i] < due)
                    due = DueMs[i];
            }

            return due;
        }
    }

    public void Clear()
    {
        for (int i = 0; i < Taken.Length; i++)
        {
            Taken[i] = false;
            Array.Clear(Messages[i], 0, Messages[i].Length);
        }
    }

    private int NewId()
    {
        int id;
        do
        {
            _random.Fill(_idBytes, 0, 2);
            id = (_idBytes[0] << 8) | _idBytes[1];
        }
        while (HasId(id));

        return id;
    }

    private bool HasId(int id)
    {
        for (int i = 0; i < Taken.Length; i++)
        {
            if (Taken[i] && Ids[i] == id)
                return true;
        }

        return false;
    }
}
