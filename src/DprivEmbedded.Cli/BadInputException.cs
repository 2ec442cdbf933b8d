using System;

namespace DprivEmbedded.Cli;

/// <summary>Something a person gave is wrong; the message says what, and what would be right.</summary>
public sealed class BadInputException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="message">What is wrong and what would be right.</param>
    public BadInputException(string message)
        : base(message)
    {
    }
}
