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

    /// <summary>An exception's message without the framework's "(Parameter ...)", which names nothing that a person gave.</summary>
    /// <param name="exception">The exception.</param>
    /// <returns>The message.</returns>
    public static string Plain(ArgumentException exception)
    {
        return exception.ParamName == null ? exception.Message : exception.Message.Replace($" (Parameter '{exception.ParamName}')", "", StringComparison.Ordinal);
    }
}
