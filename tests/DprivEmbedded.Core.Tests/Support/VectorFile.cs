using System;
using System.IO;
using System.Text.Json;
using Xunit;

namespace DprivEmbedded.Core.Tests.Support;

/// <summary>Wycheproof vectors, where they are at hand: in the folder named by DPRIV_VECTORS, or in shared/vectors beside the project.</summary>
public static class VectorFile
{
    public static JsonDocument OpenOrSkip(string name)
    {
        string? folder = Folder();
        if (folder == null || !File.Exists(Path.Combine(folder, name)))
        {
            Assert.Skip("the vectors " + name + " are not here; set DPRIV_VECTORS to their folder");
            throw new InvalidOperationException();
        }

        return JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, name)));
    }

    public static byte[] Bytes(JsonElement element, string property)
    {
        return Convert.FromHexString(element.GetProperty(property).GetString()!);
    }

    private static string? Folder()
    {
        string? named = Environment.GetEnvironmentVariable("DPRIV_VECTORS");
        if (!string.IsNullOrEmpty(named))
            return named;

        for (DirectoryInfo? at = new DirectoryInfo(AppContext.BaseDirectory); at != null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, "DprivEmbedded.sln")))
                continue;

            string beside = Path.Combine(at.FullName, "..", "shared", "vectors");
            return Directory.Exists(beside) ? beside : null;
        }

        return null;
    }
}
