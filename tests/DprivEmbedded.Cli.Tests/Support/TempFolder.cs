using System;
using System.IO;
using Xunit;

namespace DprivEmbedded.Cli.Tests.Support;

/// <summary>A folder for one test, removed afterwards.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("dpriv-cli-").FullName;

    public string this[string name] => Path.Combine(Root, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    /// <summary>Sets a file's mode, in octal; skips the test where files have none.</summary>
    public static void SetMode(string path, string mode)
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("file modes are Unix's");
        else
            File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));
    }

    /// <summary>A file's mode, in octal; skips the test where files have none.</summary>
    public static string Mode(string path)
    {
        if (!OperatingSystem.IsWindows())
            return Convert.ToString((int)File.GetUnixFileMode(path), 8);

        Assert.Skip("file modes are Unix's");
        return "";
    }

    public void Dispose()
    {
        Directory.Delete(Root, true);
    }
}
