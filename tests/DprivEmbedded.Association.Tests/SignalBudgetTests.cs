using System.Collections.Generic;
using System.Linq;
using CsCheck;
using Xunit;

namespace DprivEmbedded.Association.Tests;

/// <summary>What forgers can cost: docs/association.md states the bound that is held here.</summary>
public class SignalBudgetTests
{
    private const int HourMs = 3_600_000;

    [Fact]
    public void Burst_is_spent_and_comes_back_with_time()
    {
        SignalBudget budget = new(12);
        for (int i = 0; i < 4; i++)
            Assert.True(budget.TryTake(1000));

        Assert.False(budget.TryTake(1000));
        Assert.False(budget.TryTake(1000 + 299_999));
        Assert.True(budget.TryTake(1000 + 300_000));
        Assert.False(budget.TryTake(1000 + 300_000));
        Assert.True(budget.TryTake(1000 + 600_000));
    }

    [Fact]
    public void No_more_than_the_burst_is_saved()
    {
        SignalBudget budget = new(3600);
        Assert.Equal(4, Enumerable.Range(0, 100).Count(_ => budget.TryTake(0)));
        Assert.Equal(4, Enumerable.Range(0, 100).Count(_ => budget.TryTake(50L * HourMs)));
    }

    [Fact]
    public void Nothing_is_nothing()
    {
        SignalBudget budget = new(0);
        Assert.False(budget.TryTake(0));
        Assert.False(budget.TryTake(1000L * HourMs));
    }

    /// <summary>Whenever signals come: in no hour are more recoveries started than the budget and the burst.</summary>
    [Fact]
    public void Bound_holds_in_every_hour()
    {
        Gen.Select(Gen.Int[0, 200], Gen.Int[0, 400_000].Array[1, 300]).Sample((perHour, gaps) =>
        {
            SignalBudget budget = new(perHour);
            List<long> taken = [];
            long now = 0;
            foreach (int gap in gaps)
            {
                now += gap;
                if (budget.TryTake(now))
                    taken.Add(now);
            }

            foreach (long start in taken)
                Assert.InRange(taken.Count(t => t >= start && t < start + HourMs), 1, perHour + budget.Burst);
        });
    }
}
