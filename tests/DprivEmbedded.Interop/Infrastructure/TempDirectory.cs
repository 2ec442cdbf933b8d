using System;
using System.IO;

namespace DprivEmbedded.Interop.Infrastructure;

/// <summary>A fresh directory that is deleted with its content on <see cref="Dispose"/>.</summary>
public sealed class TempDirectory : IDisposable
{
    public TempDirectory(string label) =>
        Path = Directory.CreateTempSubdirectory("dpriv-" + label + "-").FullName;

    public string Path { get; }

    /// <summary>Writes <paramref name="text"/> and returns the file's full name. Only the owner may read it.</summary>
    public string Write(string name, string text)
    {
        var file = File(name);
        System.IO.File.WriteAllText(file, text);
        System.IO.File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A dying server may still write here; what is left is in the system's temporary directory.
        }
    }
}
