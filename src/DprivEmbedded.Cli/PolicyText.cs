using System;
using System.Globalization;
using DprivEmbedded.Association;
using DprivEmbedded.Policy;
using DprivEmbedded.Power;

namespace DprivEmbedded.Cli;

/// <summary>Reads policies as options name them: what a query does after a quiet time.</summary>
public static class PolicyText
{
    /// <summary>The forms, for help and messages.</summary>
    public const string Forms = "reuse|resume|reconnect|hedge|threshold:SECONDS|probe:SECONDS";

    /// <summary>Reads one.</summary>
    /// <param name="option">The option that it was given with, for the message.</param>
    /// <param name="text">The text.</param>
    /// <returns>Makes a policy of its own for each association.</returns>
    /// <exception cref="BadInputException">It is none; the message says what would be right.</exception>
    public static Func<IAssociationPolicy> Parse(string option, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string kind = colon < 0 ? text : text[..colon];
        string? seconds = colon < 0 ? null : text[(colon + 1)..];
        bool timed = kind is "threshold" or "probe";
        if (timed == (seconds == null) || kind is not ("reuse" or "resume" or "reconnect" or "hedge" or "threshold" or "probe"))
            throw new BadInputException($"{option} takes {Forms}, not '{text}'.");

        // The names mean what they mean in a trial; here a time may also have a fraction.
        if (!timed)
            return () => PolicyParser.Parse(kind, new CostModel());

        long ms = ParseSeconds(option, kind, seconds!);
        return kind == "threshold" ? () => new ThresholdPolicy { ReuseUpToMs = ms } : () => new ThresholdPolicy { ProbeAfterMs = ms };
    }

    /// <summary>Reads a time in seconds, with a fraction where wanted.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Milliseconds; -1 where it is none, negative, or longer than a year.</returns>
    internal static long ParseMilliseconds(string text)
    {
        const double Year = 366.0 * 86400;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds <= Year ? (long)Math.Round(seconds * 1000) : -1;
    }

    private static long ParseSeconds(string option, string kind, string text)
    {
        long ms = ParseMilliseconds(text);
        if (ms < 0 || (kind == "probe" && ms == 0))
            throw new BadInputException($"{option} {kind}:SECONDS takes a time such as 25 or 0.5, not '{text}'.");

        return ms;
    }
}
