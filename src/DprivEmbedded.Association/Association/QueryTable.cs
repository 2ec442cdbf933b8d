using System;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Association;

/// <summary>The queries of a conversation, in slots of fixed size: waiting, sent, or failed and not yet reported. Allocates nothing after construction.</summary>
internal sealed class QueryTable
{
    public const int Free = 0;
    public const int Waiting = 1;
    public const int Sent = 2;
    public const int SentEarly = 3;
    public const int Failing = 4;

    /// <summary>The smallest query: a header and the question for the root.</summary>
    public const int MinQueryBytes = 17;

    public readonly byte[][] Messages;
    public readonly int[] Bytes;
    public readonly int[] States;
    public readonly int[] Ids;
    public readonly int[] Attempts;
    public readonly int[] Errors;
    public readonly long[] DueMs;

    private readonly IRandomSource _random;
    private readonly byte[] _idBytes = new byte[2];

    public QueryTable(int slots, int maxQueryBytes, IRandomSource random)
    {
        _random = random;
        Messages = new byte[slots][];
        for (int i = 0; i < slots; i++)
            Messages[i] = new byte[maxQueryBytes];

        Bytes = new int[slots];
        States = new int[slots];
        Ids = new int[slots];
        Attempts = new int[slots];
        Errors = new int[slots];
        DueMs = new long[slots];
    }

    public int Slots { get { return States.Length; } }

    /// <summary>Queries that were sent and have no answer yet.</summary>
    public int InFlight { get { return Count(Sent) + Count(SentEarly); } }

    /// <summary>Puts a query into a free slot, with a random ID that no other slot has (RFC 7766 section 6.2.1).</summary>
    /// <returns>The slot, or -1 where none is free.</returns>
    /// <exception cref="ArgumentException">The message is larger than a slot, or no DNS query.</exception>
    public int Add(byte[] message, int offset, int count, long dueMs)
    {
        if (count < MinQueryBytes || count > Messages[0].Length)
            throw new ArgumentException("A query must have 17 bytes or more, and at most MaxQueryBytes.");

        for (int i = 0; i < States.Length; i++)
        {
            if (States[i] != Free)
                continue;

            Array.Copy(message, offset, Messages[i], 0, count);
            Bytes[i] = count;
            Ids[i] = NewId();
            Messages[i][0] = (byte)(Ids[i] >> 8);
            Messages[i][1] = (byte)Ids[i];
            Attempts[i] = 0;
            Errors[i] = 0;
            DueMs[i] = dueMs;
            States[i] = Waiting;
            return i;
        }

        return -1;
    }

    public void Fail(int slot, int error)
    {
        States[slot] = Failing;
        Errors[slot] = error;
    }

    public int FindById(int id)
    {
        for (int i = 0; i < States.Length; i++)
        {
            if ((States[i] == Sent || States[i] == SentEarly || States[i] == Waiting) && Ids[i] == id)
                return i;
        }

        return -1;
    }

    public int Count(int state)
    {
        int count = 0;
        for (int i = 0; i < States.Length; i++)
        {
            if (States[i] == state)
                count++;
        }

        return count;
    }

    /// <summary>The first slot in a state, or -1.</summary>
    public int First(int state)
    {
        for (int i = 0; i < States.Length; i++)
        {
            if (States[i] == state)
                return i;
        }

        return -1;
    }

    /// <summary>When the first query runs out of time.</summary>
    public long EarliestDueMs
    {
        get
        {
            long due = long.MaxValue;
            for (int i = 0; i < States.Length; i++)
            {
                if (States[i] != Free && DueMs[i] < due)
                    due = DueMs[i];
            }

            return due;
        }
    }

    public void Clear()
    {
        for (int i = 0; i < States.Length; i++)
        {
            States[i] = Free;
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
        while (FindById(id) >= 0);

        return id;
    }
}
