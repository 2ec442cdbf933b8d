using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace DprivEmbedded.Build.Tests;

/// <summary>Where the tested files are: from the repository's root, in the configuration that this test was built in.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Debug or Release: the name of the folder above the target framework's.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Parent!.Name;

    public static string Source(string path) => Path.Combine(Root, path);

    public static string Data(string name) => Path.Combine(Root, "tests", "DprivEmbedded.Build.Tests", "Data", name);

    public static string Built(string folder, string project, string configuration, string framework) =>
        Path.Combine(Root, folder, project, "bin", configuration, framework, project + ".dll");

    /// <summary>The files of a folder with a given end of name, without build output; paths from the root, with slashes.</summary>
    public static List<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Source(folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToList();

    /// <summary>The entries of an allow-list: name and reason.</summary>
    public static Dictionary<string, string> AllowList(string name)
    {
        var entries = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string raw in File.ReadAllLines(Data(name)))
        {
            string line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;

            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon <= 0 || line[(colon + 2)..].Trim().Length < 10)
                throw new FormatException($"{name}: each entry needs a reason: {line}");

            entries.Add(line[..colon], line[(colon + 2)..].Trim());
        }

        return entries;
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
