using System;
using System.IO;
using DprivEmbedded.Sessions;

namespace DprivEmbedded.Sockets.Storage;

/// <summary>A session store's block as a file, replaced atomically. Not thread-safe; several processes may share the file.</summary>
/// <remarks>
/// <para>
/// Writing makes a temporary file in the same directory (mode 0600 on Unix; on Windows the directory's access list holds), flushes it to the disk and renames it over the old one.
/// Taking renames the file away first, so that of several processes one gets it. The directory itself is not flushed: after a power failure, as opposed
/// to a crash of the program, an older state of the directory may come back on some file systems.
/// </para>
/// <para>A symbolic link at the path is replaced by a file. Temporary files that a crash left are removed by a later write, once they are a minute old.</para>
/// </remarks>
public sealed class FileBlobStore : IBlobStore
{
    private const string What = "session store";
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromMinutes(1);

    private readonly string _path;
    private bool _cleaned;

    /// <summary>Makes a store on a file. Nothing is opened yet.</summary>
    /// <param name="path">The file; it need not exist, its directory must.</param>
    /// <exception cref="ArgumentException">The path is empty or malformed.</exception>
    public FileBlobStore(string path)
    {
        if (string.IsNullOrEmpty(path))
            throw new ArgumentException("the session store needs a file name", nameof(path));

        _path = Path.GetFullPath(path);
    }

    /// <summary>The file's full path.</summary>
    public string FilePath => _path;

    /// <inheritdoc/>
    public int LastError { get; private set; }

    /// <inheritdoc/>
    public string? LastErrorText { get; private set; }

    /// <inheritdoc/>
    public byte[]? Read(int maxBytes)
    {
        try
        {
            return Limited(PrivateFile.ReadUpTo(_path, maxBytes), maxBytes);
        }
        catch (FileNotFoundException)
        {
            return Nothing();
        }
        catch (Exception e) when (PrivateFile.IsStorageException(e))
        {
            Fail(SessionStoreError.ReadFailed, PrivateFile.Explain(What, _path, "read", e));
            return null;
        }
    }

    /// <inheritdoc/>
    public byte[]? Take(int maxBytes)
    {
        string taken = PrivateFile.UniqueName(_path, PrivateFile.TakenMark);
        try
        {
            // A directory would be renamed as well as a file.
            if (Directory.Exists(_path))
                throw new UnauthorizedAccessException();

            PrivateFile.RenameOver(_path, taken);
        }
        catch (Exception e) when (e is FileNotFoundException || e is DirectoryNotFoundException)
        {
            return Nothing();
        }
        catch (Exception e) when (PrivateFile.IsStorageException(e))
        {
            Fail(SessionStoreError.RemoveFailed, PrivateFile.Explain(What, _path, "taken", e));
            return null;
        }

        try
        {
            return Limited(PrivateFile.ReadUpTo(taken, maxBytes), maxBytes);
        }
        catch (Exception e) when (PrivateFile.IsStorageException(e))
        {
            Fail(SessionStoreError.ReadFailed, PrivateFile.Explain(What, _path, "read", e));
            return null;
        }
        finally
        {
            PrivateFile.TryDelete(taken);
        }
    }

    /// <inheritdoc/>
    public bool Write(byte[] buffer, int offset, int count)
    {
        RemoveLeftovers();
        string? temp = null;
        try
        {
            if (Directory.Exists(_path))
                throw new UnauthorizedAccessException();

            temp = PrivateFile.WriteTemp(_path, buffer, offset, count);
            PrivateFile.RenameOver(temp, _path);
            return Succeed();
        }
        catch (Exception e) when (PrivateFile.IsStorageException(e))
        {
            if (temp != null)
                PrivateFile.TryDelete(temp);

            return Fail(SessionStoreError.WriteFailed, PrivateFile.Explain(What, _path, "written", e));
        }
    }

    /// <inheritdoc/>
    public bool Delete()
    {
        try
        {
            File.Delete(_path);
            return Succeed();
        }
        catch (DirectoryNotFoundException)
        {
            return Succeed();
        }
        catch (Exception e) when (PrivateFile.IsStorageException(e))
        {
            return Fail(SessionStoreError.RemoveFailed, PrivateFile.Explain(What, _path, "removed", e));
        }
    }

    /// <summary>Removes what a crash left between a temporary file and its renaming, or between a claim and its end: such sessions are never restored.</summary>
    private void RemoveLeftovers()
    {
        if (_cleaned)
            return;

        _cleaned = true;
        try
        {
            string directory = Path.GetDirectoryName(_path) ?? _path;
            string name = Path.GetFileName(_path);
            foreach (string file in Directory.EnumerateFiles(directory, name + ".t*"))
            {
                if (IsLeftover(Path.GetFileName(file), name) && DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > LeftoverAge)
                    PrivateFile.TryDelete(file);
            }
        }
        catch (Exception e) when (PrivateFile.IsStorageException(e))
        {
        }
    }

    private static bool IsLeftover(string file, string name)
    {
        return IsMarked(file, name + PrivateFile.TempMark) || IsMarked(file, name + PrivateFile.TakenMark);
    }

    private static bool IsMarked(string file, string prefix)
    {
        int letters = file.Length - prefix.Length;
        if ((letters != 6 && letters != 32) || !file.StartsWith(prefix, StringComparison.Ordinal))
            return false;

        for (int i = prefix.Length; i < file.Length; i++)
        {
            if (file[i] > '~' || !char.IsLetterOrDigit(file[i]))
                return false;
        }

        return true;
    }

    private byte[]? Limited(byte[]? bytes, int maxBytes)
    {
        if (bytes == null)
            Fail(SessionStoreError.TooLarge, "the " + What + " '" + _path + "' has more than " + maxBytes.ToString() + " bytes; name another file or remove it");
        else
            Succeed();

        return bytes;
    }

    private byte[]? Nothing()
    {
        Fail(SessionStoreError.NotFound, "there is no " + What + " '" + _path + "' yet");
        return null;
    }

    private bool Succeed()
    {
        LastError = SessionStoreError.None;
        LastErrorText = null;
        return true;
    }

    private bool Fail(int error, string text)
    {
        LastError = error;
        LastErrorText = text;
        return false;
    }
}
