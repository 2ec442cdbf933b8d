using System;
using System.IO;
using System.Text;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sockets;

/// <summary>Appends connection secrets to a file that Wireshark reads. Whoever has the file can decrypt the captured connections: for analysis only. Source: RFC 9850.</summary>
public sealed class KeyLogFile : IKeyLog
{
    private readonly string _path;
    private readonly object _gate = new object();

    /// <summary>Makes one.</summary>
    /// <param name="path">The file; made where it does not exist (mode 0600 on Unix with .NET), appended to where it does.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be written.</exception>
    public KeyLogFile(string path)
    {
        _path = path ?? throw new ArgumentNullException(nameof(path));
        Append("");
    }

    /// <inheritdoc/>
    public void Log(string label, byte[] clientRandom, byte[] secret, int secretBytes)
    {
        var line = new StringBuilder(label).Append(' ');
        Append(line, clientRandom, clientRandom.Length);
        Append(line.Append(' '), secret, secretBytes);
        lock (_gate)
            Append(line.Append('\n').ToString());
    }

    private void Append(string text)
    {
#if NET
        // A new file is its owner's alone; the mode of one that exists is left as it is.
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        using var file = new FileStream(_path, options);
        file.Write(Encoding.ASCII.GetBytes(text));
#else
        File.AppendAllText(_path, text);
#endif
    }

    private static void Append(StringBuilder line, byte[] bytes, int count)
    {
        for (int i = 0; i < count; i++)
            line.Append(bytes[i].ToString("x2"));
    }
}
