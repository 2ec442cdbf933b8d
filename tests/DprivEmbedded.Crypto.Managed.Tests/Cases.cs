using System;
using System.Globalization;

namespace DprivEmbedded.Crypto.Managed.Tests;

/// <summary>How many random cases the differential tests compare.</summary>
internal static class Cases
{
    /// <summary>What a primitive gets that takes microseconds.</summary>
    public const int Fast = 100_000;

    /// <summary>
    /// What a public-key operation on P-256 gets: a case takes about a millisecond in the two providers together. The environment variable DPRIV_SLOW_CASES sets another
    /// number for these and for <see cref="Rsa"/>; with 100000 that takes some minutes for P-256 and most of an hour for RSA.
    /// </summary>
    public static int Slow => Number(2000);

    /// <summary>What each kind of RSA signature gets: 16 milliseconds a case, as BouncyCastle looks for prime factors of each modulus that it meets.</summary>
    public static int Rsa => Number(300);

    private static int Number(int usual)
    {
        string? text = Environment.GetEnvironmentVariable("DPRIV_SLOW_CASES");
        return string.IsNullOrEmpty(text) ? usual : int.Parse(text, CultureInfo.InvariantCulture);
    }
}
