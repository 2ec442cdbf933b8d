using System;
using System.Linq;
using Xunit;

namespace DprivEmbedded.Association.Tests;

/// <summary>The store of queries that conversations share, and a conversation's table over it.</summary>
public class QueryStoreTests
{
    private static readonly byte[] s_query = [0xAA, 0xBB, .. Enumerable.Range(0, 20).Select(i => (byte)i)];

    [Fact]
    public void Each_query_has_an_id_of_its_own_whatever_the_random_source_gives()
    {
        QueryStore store = new(8, 64, new CountingRandom(5));
        for (int i = 0; i < 8; i++)
            Assert.Equal(i, store.Add(s_query, 0, s_query.Length, 1000 + i, 8));

        Assert.Equal(-1, store.Add(s_query, 0, s_query.Length, 1, 8));
        Assert.Equal(8, store.Ids.Distinct().Count());
        for (int i = 0; i < 8; i++)
        {
            Assert.Equal(store.Ids[i], (store.Messages[i][0] << 8) | store.Messages[i][1]);
            Assert.Equal(s_query[2..], store.Messages[i][2..s_query.Length]);
        }
    }

    [Fact]
    public void The_last_slots_can_be_kept_for_others()
    {
        QueryStore store = new(3, 64, new CountingRandom(1));
        Assert.Equal(0, store.Add(s_query, 0, s_query.Length, 5, 2));
        Assert.Equal(1, store.Add(s_query, 0, s_query.Length, 4, 2));
        Assert.Equal(-1, store.Add(s_query, 0, s_query.Length, 3, 2));
        store.Put(2, s_query, 0, s_query.Length, 3);
        Assert.Equal(3, store.EarliestDueMs);
        store.Taken[2] = false;
        Assert.Equal(4, store.EarliestDueMs);
        store.Clear();
        Assert.Equal(long.MaxValue, store.EarliestDueMs);
        Assert.All(store.Messages, m => Assert.All(m, b => Assert.Equal(0, b)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(65)]
    public void Queries_of_wrong_size_are_refused(int count)
    {
        QueryStore store = new(1, 64, new CountingRandom(1));
        Assert.Throws<ArgumentException>(() => store.Add(new byte[100], 0, count, 1, 1));
    }

    /// <summary>Two conversations of an association: one message, one ID, a state each.</summary>
    [Fact]
    public void Two_tables_share_a_store()
    {
        QueryStore store = new(4, 64, new CountingRandom(1));
        QueryTable one = new(4, 64, new CountingRandom(1));
        QueryTable two = new(4, 64, new CountingRandom(1));
        one.Share(store);
        two.Share(store);
        int slot = store.Add(s_query, 0, s_query.Length, 7, 4);
        one.Take(slot);
        two.Take(slot);
        one.States[slot] = QueryTable.Sent;
        Assert.Equal(slot, one.FindById(store.Ids[slot]));
        Assert.Equal(slot, two.FindById(store.Ids[slot]));
        Assert.Equal(1, one.InFlight);
        Assert.Equal(0, two.InFlight);

        // What one gives back stays in the store, as the other has it still.
        one.Release(slot);
        Assert.True(store.Taken[slot]);
        Assert.Equal(-1, one.FindById(store.Ids[slot]));
        Assert.True(two.Has(slot));

        // Time limits are the association's.
        Assert.Equal(long.MaxValue, two.EarliestDueMs);
    }

    [Fact]
    public void A_table_of_its_own_frees_what_is_released()
    {
        QueryTable table = new(2, 64, new CountingRandom(1));
        Assert.Equal(long.MaxValue, table.EarliestDueMs);
        Assert.Equal(0, table.Add(s_query, 0, s_query.Length, 9));
        Assert.Equal(1, table.Add(s_query, 0, s_query.Length, 8));
        Assert.Equal(8, table.EarliestDueMs);
        Assert.Equal(-1, table.Add(s_query, 0, s_query.Length, 7));
        table.Release(1);
        Assert.Equal(9, table.EarliestDueMs);
        Assert.Equal(1, table.Add(s_query, 0, s_query.Length, 6));
        table.Fail(1, 42);
        Assert.Equal(1, table.First(QueryTable.Failing));
        Assert.False(table.Has(1));
    }
}
