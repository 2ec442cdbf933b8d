using System;
using System.IO;
using Xunit;

namespace DprivEmbedded.Sockets.Tests.Storage;

/// <summary>A folder for one test, removed afterwards.</summary>
internal sealed class TempFolder : IDisposable
{
    internal TempFolder()
    {
        Root = Directory.CreateTempSubdirectory("dpriv-storage-").FullName;
        if (!OperatingSystem.IsWindows())
            SetMode(Root, "755");
    }

    internal string Root { get; }

    internal string this[string name] => Path.Combine(Root, name);

    /// <summary>Sets a file's mode, in octal; skips the test where files have none.</summary>
    internal static void SetMode(string path, string mode)
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("file modes are Unix's");
        else
            File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));
    }

    /// <summary>A file's mode, in octal; skips the test where files have none.</summary>
    internal static string Mode(string path)
    {
        if (!OperatingSystem.IsWindows())
            return Convert.ToString((int)File.GetUnixFileMode(path), 8);

        Assert.Skip("file modes are Unix's");
        return string.Empty;
    }

    public void Dispose()
    {
        Directory.Delete(Root, true);
    }
}
