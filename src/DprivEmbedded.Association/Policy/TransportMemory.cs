namespace DprivEmbedded.Policy;

/// <summary>What was learned of servers and paths over one transport.</summary>
internal sealed class TransportMemory
{
    public const int SavedBytes = LifetimeEstimate.SavedBytes + 22;

    /// <summary>How long an association outlives silence, whoever forgets it.</summary>
    public readonly LifetimeEstimate Life = new LifetimeEstimate();

    /// <summary>After which idle time the server closed in an orderly way; 0 where it never did.</summary>
    public int CloseMs;

    /// <summary>The longest time that the server kept an association without seeing what it counts.</summary>
    public int ServerLowMs;

    /// <summary>The shortest time that it did not; 0 where unknown.</summary>
    public int ServerHighMs;

    /// <summary>Losses that showed at once, weighted: see <see cref="CountLoss"/>.</summary>
    public int FastLosses = 64;

    /// <summary>Losses that showed as silence.</summary>
    public int SilentLosses = 64;

    /// <summary>Sessions refused, of 256.</summary>
    public int RefusedShare;

    /// <summary>How long sessions live in seconds; 0 where unknown.</summary>
    public int TicketSeconds;

    public void ForgetPath()
    {
        Life.Reset();
        FastLosses = 64;
        SilentLosses = 64;
    }

    public void CountLoss(bool silent)
    {
        if (silent)
            SilentLosses += 64;
        else
            FastLosses += 64;

        if (FastLosses + SilentLosses > 2048)
        {
            FastLosses -= FastLosses >> 2;
            SilentLosses -= SilentLosses >> 2;
        }
    }

    /// <summary>The share of silent losses, in 1/32768.</summary>
    public int SilentShare()
    {
        return SilentLosses * LifetimeEstimate.One / (SilentLosses + FastLosses);
    }

    /// <summary>The probability that the server still has the association, as far as its own idle time goes.</summary>
    public int ServerSurvival(long gapMs)
    {
        int limit = ServerHighMs;
        if (CloseMs > 0 && (limit == 0 || CloseMs < limit))
            limit = CloseMs;
        if (limit == 0 || gapMs <= ServerLowMs)
            return LifetimeEstimate.One;
        if (gapMs >= limit)
            return LifetimeEstimate.One / 64;

        int low = ServerLowMs < limit ? ServerLowMs : 0;
        return CloseMs > 0 ? LifetimeEstimate.One : (int)((limit - gapMs) * LifetimeEstimate.One / (limit - low));
    }

    public int Save(byte[] output, int at)
    {
        at = Life.Save(output, at);
        at = PolicyBytes.Write32(output, at, CloseMs);
        at = PolicyBytes.Write32(output, at, ServerLowMs);
        at = PolicyBytes.Write32(output, at, ServerHighMs);
        at = PolicyBytes.Write16(output, at, FastLosses);
        at = PolicyBytes.Write16(output, at, SilentLosses);
        at = PolicyBytes.Write16(output, at, RefusedShare);
        return PolicyBytes.Write32(output, at, TicketSeconds);
    }

    public int Load(byte[] input, int at)
    {
        at = Life.Load(input, at);
        CloseMs = NotNegative(PolicyBytes.Read32(input, at));
        ServerLowMs = NotNegative(PolicyBytes.Read32(input, at + 4));
        ServerHighMs = NotNegative(PolicyBytes.Read32(input, at + 8));
        FastLosses = (PolicyBytes.Read16(input, at + 12) & 2047) + 1;
        SilentLosses = (PolicyBytes.Read16(input, at + 14) & 2047) + 1;
        RefusedShare = PolicyBytes.Read16(input, at + 16) & 255;
        TicketSeconds = NotNegative(PolicyBytes.Read32(input, at + 18));
        return at + 22;
    }

    private static int NotNegative(int value)
    {
        return value < 0 ? 0 : value;
    }
}
