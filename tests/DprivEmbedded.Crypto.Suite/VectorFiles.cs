using System;
using System.IO;
using System.Text.Json;
using Xunit;

namespace DprivEmbedded.Crypto.Suite;

/// <summary>Finds the Wycheproof files: the folder named by DPRIV_VECTORS, or shared/vectors beside the project's root.</summary>
internal static class VectorFiles
{
    public static JsonDocument Open(string name)
    {
        string? folder = Folder();
        if (folder == null)
            Assert.Skip("No folder of Wycheproof vectors (DPRIV_VECTORS or ../shared/vectors).");

        string path = Path.Combine(folder, name);
        Assert.True(File.Exists(path), "The folder of vectors has no " + name + ".");
        return JsonDocument.Parse(File.ReadAllText(path));
    }

    private static string? Folder()
    {
        string? named = Environment.GetEnvironmentVariable("DPRIV_VECTORS");
        if (!string.IsNullOrEmpty(named))
            return named;

        for (DirectoryInfo? root = new DirectoryInfo(AppContext.BaseDirectory); root != null; root = root.Parent)
        {
            if (!File.Exists(Path.Combine(root.FullName, "DprivEmbedded.sln")))
                continue;

            string beside = Path.Combine(root.FullName, "..", "shared", "vectors");
            return Directory.Exists(beside) ? beside : null;
        }

        return null;
    }
}
