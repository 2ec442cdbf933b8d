using System;
using System.Collections.Generic;
using System.IO;

namespace DprivEmbedded.Build.Tests.Nano;

/// <summary>The list of members that may not be used, from a data file: a pattern (a full name, or a prefix and *), a colon, a reason.</summary>
public sealed class MissingMembers
{
    private readonly List<(string Pattern, string Reason)> _entries = [];

    public MissingMembers(string path)
    {
        foreach (string raw in File.ReadAllLines(path))
        {
            string line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;

            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon <= 0)
                throw new FormatException($"{path}: no reason given: {line}");

            _entries.Add((line[..colon], line[(colon + 2)..].Trim()));
        }
    }

    public IEnumerable<string> Patterns
    {
        get
        {
            foreach ((string pattern, _) in _entries)
                yield return pattern;
        }
    }

    /// <summary>Why a name is on the list, or null where it is not.</summary>
    public string? Reason(string name)
    {
        foreach ((string pattern, string reason) in _entries)
        {
            bool matches = pattern.EndsWith('*')
                ? name.StartsWith(pattern[..^1], StringComparison.Ordinal)
                : name == pattern;
            if (matches)
                return reason;
        }

        return null;
    }
}
