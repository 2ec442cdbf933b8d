using DprivEmbedded.Association;
using DprivEmbedded.Power;

namespace DprivEmbedded.Policy;

/// <summary>Policies by name: adaptive, reconnect, resume, reuse, probe:SECONDS, threshold:SECONDS, hedge, hedge+ride.</summary>
public static class PolicyParser
{
    /// <summary>What <see cref="Parse"/> takes, for messages.</summary>
    public const string Names = "adaptive, reconnect, resume, reuse, probe:SECONDS, threshold:SECONDS, hedge, hedge+ride";

    /// <summary>Makes the policy of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="costs">What exchanges cost: for the adaptive policy.</param>
    /// <returns>The policy; null where the name is none.</returns>
    public static IAssociationPolicy Parse(string name, CostModel costs)
    {
        if (name == null)
            return null;
        if (name == "adaptive")
            return new AdaptivePolicy(costs);

        ThresholdPolicy policy = new ThresholdPolicy();
        if (name == "reuse")
            return policy;

        long seconds = Seconds(name, "probe:");
        if (seconds > 0)
        {
            policy.ProbeAfterMs = seconds * 1000;
            return policy;
        }

        seconds = Seconds(name, "threshold:");
        if (seconds >= 0)
        {
            policy.ReuseUpToMs = seconds * 1000;
            return policy;
        }

        policy.ReuseUpToMs = -1;
        policy.HedgeUpToMs = -1;
        switch (name)
        {
            case "resume":
                return policy;
            case "reconnect":
                policy.Resume = false;
                return policy;
            case "hedge":
                policy.HedgeUpToMs = long.MaxValue;
                return policy;
            case "hedge+ride":
                policy.HedgeUpToMs = long.MaxValue;
                policy.RideAlong = true;
                return policy;
            default:
                return null;
        }
    }

    private static long Seconds(string name, string prefix)
    {
        if (name.Length <= prefix.Length || name.Length > prefix.Length + 7)
            return -1;

        for (int i = 0; i < prefix.Length; i++)
        {
            if (name[i] != prefix[i])
                return -1;
        }

        int value = 0;
        for (int i = prefix.Length; i < name.Length; i++)
        {
            int digit = name[i] - '0';
            if (digit < 0 || digit > 9)
                return -1;

            value = value * 10 + digit;
        }

        return value;
    }
}
