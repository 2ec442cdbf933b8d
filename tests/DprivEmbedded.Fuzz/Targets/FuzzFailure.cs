using System;

namespace DprivEmbedded.Fuzz;

/// <summary>An input made a target break a promise other than by an exception of its own.</summary>
internal sealed class FuzzFailure(string message) : Exception(message)
{
    /// <summary>Fails where a condition does not hold.</summary>
    public static void Unless(bool condition, string message)
    {
        if (!condition)
            throw new FuzzFailure(message);
    }
}
