using System;
using System.Globalization;

namespace DprivEmbedded.Harness;

/// <summary>A master file that cannot be read. The message names the file and the line, says what is wrong there, and what would be right.</summary>
public sealed class ZoneFormatException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="fileName">The file's name as it was given.</param>
    /// <param name="line">The line, counted from 1.</param>
    /// <param name="problem">What is wrong and what would be right.</param>
    public ZoneFormatException(string fileName, int line, string problem)
        : base(fileName + ":" + line.ToString(CultureInfo.InvariantCulture) + ": " + problem)
    {
        FileName = fileName;
        Line = line;
    }

    /// <summary>The file's name as it was given.</summary>
    public string FileName { get; }

    /// <summary>The line with the problem, counted from 1.</summary>
    public int Line { get; }
}
