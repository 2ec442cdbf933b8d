using System;

namespace DprivEmbedded.Harness.Trials;

/// <summary>A scenario or profile file is wrong.</summary>
/// <param name="file">The file.</param>
/// <param name="line">The line, from 1.</param>
/// <param name="reason">What is wrong, and what would be right.</param>
public sealed class TrialInputException(string file, int line, string reason) : Exception($"{file}:{line}: {reason}")
{
    /// <summary>The line.</summary>
    public int Line { get; } = line;

    /// <summary>What is wrong.</summary>
    public string Reason { get; } = reason;
}
