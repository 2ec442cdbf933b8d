using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace DprivEmbedded.Cli.Tests.Support;

/// <summary>Files of the repository: documents that the tests hold to the truth, and snapshots.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Read(params string[] path) => File.ReadAllText(Path.Combine([Root, .. path])).ReplaceLineEndings("\n");

    /// <summary>The rows of the first table under a heading of a Markdown document, without its head; cells without backticks around them.</summary>
    public static IReadOnlyList<string[]> Table(string document, string heading)
    {
        List<string[]> rows = [];
        bool under = false;
        foreach (string line in document.Split('\n'))
        {
            if (line.StartsWith('#'))
                under = line.TrimStart('#').Trim() == heading;
            else if (under && line.StartsWith('|'))
                rows.Add(line.Trim('|', ' ').Split(" | ").Select(cell => cell.Trim().Trim('`')).ToArray());
        }

        if (rows.Count < 3)
            throw new InvalidDataException($"no table under '{heading}'");

        return rows.Skip(2).ToList();
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DprivEmbedded.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("DprivEmbedded.sln was not found above " + AppContext.BaseDirectory);
    }
}
