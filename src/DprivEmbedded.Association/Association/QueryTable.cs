using DprivEmbedded.Crypto;

namespace DprivEmbedded.Association;

/// <summary>What became of queries in one conversation: waiting, sent, or failed and not yet reported. The messages are in a <see cref="QueryStore"/>, its own or that of an association.</summary>
internal sealed class QueryTable
{
    public const int Free = 0;
    public const int Waiting = 1;
    public const int Sent = 2;
    public const int SentEarly = 3;
    public const int Failing = 4;

    public readonly int[] States;
    public readonly int[] Attempts;
    public readonly int[] Errors;

    private readonly int _maxQueryBytes;
    private readonly IRandomSource _random;
    private QueryStore _store;
    private bool _shared;

    public QueryTable(int slots, int maxQueryBytes, IRandomSource random)
    {
        _maxQueryBytes = maxQueryBytes;
        _random = random;
        States = new int[slots];
        Attempts = new int[slots];
        Errors = new int[slots];
    }

    public int Slots { get { return States.Length; } }

    public int MaxQueryBytes { get { return _maxQueryBytes; } }

    /// <summary>Whether the queries are an association's, which also watches over their time limits.</summary>
    public bool IsShared { get { return _shared; } }

    public byte[][] Messages { get { return _store.Messages; } }

    public int[] Bytes { get { return _store.Bytes; } }

    public long[] DueMs { get { return _store.DueMs; } }

    /// <summary>Queries that were sent and have no answer yet.</summary>
    public int InFlight { get { return Count(Sent) + Count(SentEarly); } }

    /// <summary>Uses the queries of an association from now on.</summary>
    public void Share(QueryStore store)
    {
        _store = store;
        _shared = true;
    }

    /// <summary>Puts a query of this conversation alone into a free slot.</summary>
    /// <returns>The slot, or -1 where none is free.</returns>
    public int Add(byte[] message, int offset, int count, long dueMs)
    {
        if (_store == null)
            _store = new QueryStore(States.Length, _maxQueryBytes, _random);

        int slot = _store.Add(message, offset, count, dueMs, States.Length);
        if (slot >= 0)
            Take(slot);

        return slot;
    }

    /// <summary>Takes a query that is in the store.</summary>
    public void Take(int slot)
    {
        Attempts[slot] = 0;
        Errors[slot] = 0;
        States[slot] = Waiting;
    }

    /// <summary>The query is over here.</summary>
    public void Release(int slot)
    {
        States[slot] = Free;
        if (!_shared && _store != null)
            _store.Taken[slot] = false;
    }

    public void Fail(int slot, int error)
    {
        States[slot] = Failing;
        Errors[slot] = error;
    }

    public bool Has(int slot)
    {
        int state = States[slot];
        return state == Waiting || state == Sent || state == SentEarly;
    }

    public int FindById(int id)
    {
        for (int i = 0; i < States.Length; i++)
        {
            if (Has(i) && _store.Ids[i] == id)
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

    /// <summary>When the first query of this conversation alone runs out of time.</summary>
    public long EarliestDueMs { get { return _shared || _store == null ? long.MaxValue : _store.EarliestDueMs; } }

    public void Clear()
    {
        for (int i = 0; i < States.Length; i++)
            States[i] = Free;

        if (!_shared && _store != null)
            _store.Clear();
    }
}
