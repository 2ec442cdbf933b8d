using System;

namespace DprivEmbedded.Harness.Network;

/// <summary>Which packets are lost.</summary>
public abstract class LossModel
{
    private LossModel()
    {
    }

    /// <summary>None.</summary>
    public static LossModel None { get; } = new IndependentLoss(0);

    /// <summary>Each by its own lot.</summary>
    /// <param name="probability">0..1.</param>
    /// <returns>The model.</returns>
    public static LossModel Independent(double probability)
    {
        return new IndependentLoss(Check(probability));
    }

    /// <summary>Two states, of which the bad one loses in bursts; the state may change with each packet.</summary>
    /// <param name="goodToBad">The probability that a good state turns bad, 0..1.</param>
    /// <param name="badToGood">The probability that a bad state turns good, 0..1: bursts are 1 / this packets long on average.</param>
    /// <param name="lossInBad">Which part is lost in the bad state, 0..1.</param>
    /// <param name="lossInGood">Which part is lost in the good state, 0..1.</param>
    /// <returns>The model. Source: Gilbert 1960, Elliott 1963.</returns>
    public static LossModel GilbertElliott(double goodToBad, double badToGood, double lossInBad = 1, double lossInGood = 0)
    {
        return new GilbertElliottLoss(Check(goodToBad), Check(badToGood), Check(lossInBad), Check(lossInGood));
    }

    /// <summary>Starts a process of its own on a link: whether the next packet is lost.</summary>
    internal abstract Func<bool> Start(Random random);

    private static double Check(double probability)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(probability, 1);
        return probability;
    }

    private sealed class IndependentLoss(double probability) : LossModel
    {
        internal override Func<bool> Start(Random random)
        {
            return probability == 0 ? () => false : () => random.NextDouble() < probability;
        }
    }

    private sealed class GilbertElliottLoss(double goodToBad, double badToGood, double lossInBad, double lossInGood) : LossModel
    {
        internal override Func<bool> Start(Random random)
        {
            bool bad = false;
            return () =>
            {
                bad = random.NextDouble() < (bad ? 1 - badToGood : goodToBad);
                return random.NextDouble() < (bad ? lossInBad : lossInGood);
            };
        }
    }
}
