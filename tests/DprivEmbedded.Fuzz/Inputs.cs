using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace DprivEmbedded.Fuzz;

/// <summary>Inputs that are kept in files beside the program.</summary>
internal static class Inputs
{
    /// <summary>Those of a target, in the order of their names.</summary>
    /// <param name="kind">Corpus or Regressions.</param>
    /// <param name="target">The target's name.</param>
    public static IEnumerable<byte[]> Of(string kind, string target) => In(Path.Combine(AppContext.BaseDirectory, kind, target));

    /// <summary>Those of a folder, if it is there.</summary>
    public static IEnumerable<byte[]> In(string folder)
    {
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.bin").Order(StringComparer.Ordinal).Select(File.ReadAllBytes) : [];
    }
}
