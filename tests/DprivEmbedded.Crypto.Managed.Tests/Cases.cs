using System;
using System.Globalization;

namespace DprivEmbedded.Crypto.Managed.Tests;

/// <summary>How many random cases the differential tests compare.</summary>
internal static class Cases
{
    /// <summary>What a primitive gets that takes microseconds.</summary>
    public const int Fast = 100_000;

    /// <summary>
    /// What a public-key operation on P-256 or with RSA gets: a case takes about a millisecond in the two providers together. The environment variable
    /// DPRIV_SLOW_CASES sets another number; with 100000 the four tests take some minutes each.
    /// </summary>
    public static int Slow
    {
        get
        {
            string? text = Environment.GetEnvironmentVariable("DPRIV_SLOW_CASES");
            return string.IsNullOrEmpty(text) ? 2000 : int.Parse(text, CultureInfo.InvariantCulture);
        }
    }
}
