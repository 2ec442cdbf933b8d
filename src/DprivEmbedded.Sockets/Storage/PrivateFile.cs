using System;
using System.IO;
using System.Security;

namespace DprivEmbedded.Sockets.Storage;

/// <summary>Files that only their owner may read, made under a temporary name and renamed when complete.</summary>
internal static class PrivateFile
{
    /// <summary>What a temporary file's name has behind the file's own name, before random letters.</summary>
    internal const string TempMark = ".tmp-";

    /// <summary>What a claimed file's name has behind the file's own name, before random letters.</summary>
    internal const string TakenMark = ".taken-";

    /// <summary>Writes a new temporary file beside <paramref name="path"/>, flushed to the disk.</summary>
    /// <returns>The temporary file's path.</returns>
    internal static string WriteTemp(string path, byte[] buffer, int offset, int count)
    {
        FileStream stream = Create(path, out string temp);
        try
        {
            using (stream)
            {
                stream.Write(buffer, offset, count);
                stream.Flush(true);
            }
        }
        catch
        {
            TryDelete(temp);
            throw;
        }

        return temp;
    }

    /// <summary>Renames over what is there, atomically where the file system does so.</summary>
    internal static void RenameOver(string source, string target)
    {
#if NET
        File.Move(source, target, true);
#else
        if (File.Exists(target))
            File.Replace(source, target, null);
        else
            File.Move(source, target);
#endif
    }

    /// <summary>Removes a file; failure is ignored.</summary>
    internal static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (IsStorageException(e))
        {
        }
    }

    /// <summary>Reads a whole file of at most <paramref name="maxBytes"/>; null where it is larger.</summary>
    internal static byte[]? ReadUpTo(string path, int maxBytes)
    {
        // A buffer of 1 byte switches FileStream's own buffering off: no second copy of secrets.
        using FileStream stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        long length = stream.Length;
        if (length > maxBytes)
            return null;

        byte[] bytes = new byte[(int)length];
        int filled = 0;
        while (filled < bytes.Length)
        {
            int read = stream.Read(bytes, filled, bytes.Length - filled);
            if (read == 0)
                break;

            filled += read;
        }

        if (filled < bytes.Length)
            Array.Resize(ref bytes, filled);

        return bytes;
    }

    /// <summary>A new name beside <paramref name="path"/> that nobody else chooses.</summary>
    internal static string UniqueName(string path, string mark)
    {
        return path + mark + Guid.NewGuid().ToString("N");
    }

    /// <summary>What the file system throws, as opposed to a mistake in this program.</summary>
    internal static bool IsStorageException(Exception e)
    {
        return e is IOException || e is UnauthorizedAccessException || e is SecurityException || e is NotSupportedException;
    }

    /// <summary>A sentence that names the file and what would be right.</summary>
    internal static string Explain(string what, string path, string doing, Exception e)
    {
        string head = "the " + what + " '" + path + "' could not be " + doing + ": ";
        string directory = Path.GetDirectoryName(path) ?? path;
        if (Directory.Exists(path))
            return head + "it is a directory; name a file";

        if (!Directory.Exists(directory))
            return head + "the directory '" + directory + "' does not exist; create it or name another file";

        if (e is UnauthorizedAccessException || e is SecurityException)
            return head + "permission denied; the user who runs this program needs to read and write the file and its directory '" + directory + "'";

        return head + e.Message;
    }

    private static FileStream Create(string path, out string temp)
    {
#if NET
        temp = UniqueName(path, TempMark);
        FileStreamOptions options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        return new FileStream(temp, options);
#else
        FileStream? stream = Posix.CreateTemp(path + TempMark, out temp);
        if (stream != null)
            return stream;

        temp = UniqueName(path, TempMark);
        return new FileStream(temp, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
#endif
    }
}
