using System;
using System.IO;
using System.Security.Cryptography;

namespace DprivEmbedded.Sockets.Storage;

/// <summary>A key in a file of its own, for a <see cref="Sessions.SealedSessionStore"/>.</summary>
/// <remarks>
/// A key that lies beside the store protects against partial disclosure alone: a backup, a copied or carelessly shared store file. Who can read both files has the sessions.
/// A caller with a better place (a keyring, a secure element, eFuse-encrypted flash) gives its key to the store directly.
/// </remarks>
public static class FileKey
{
    private const string What = "session key";
#if NET
    private const UnixFileMode OthersMode = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
#endif

    /// <summary>Reads a key file, or makes it with random bytes where it does not exist: mode 0600 on Unix, atomically, so that several processes that start together get one key.</summary>
    /// <param name="path">The file, which holds the key's bytes and nothing else; its directory must exist.</param>
    /// <param name="keyBytes">16 (AES-128-GCM) or 32 (ChaCha20-Poly1305).</param>
    /// <param name="error">Null, or a sentence that names the file and what would be right.</param>
    /// <returns>The key, owned by the caller, who zeroes it; null with an <paramref name="error"/>.
    /// A file of another size is refused and left alone, and on Unix one that others may read (checked on .NET, not on netstandard2.1).</returns>
    /// <exception cref="ArgumentException">The path is empty, or <paramref name="keyBytes"/> is another number.</exception>
    public static byte[]? LoadOrCreate(string path, int keyBytes, out string? error)
    {
        if (string.IsNullOrEmpty(path))
            throw new ArgumentException("the session key needs a file name", nameof(path));

        if (keyBytes != 16 && keyBytes != 32)
            throw new ArgumentException("a session key has 16 or 32 bytes", nameof(keyBytes));

        path = Path.GetFullPath(path);
        string doing = "read";
        try
        {
            if (!File.Exists(path) && !Directory.Exists(path))
            {
                doing = "made";
                Create(path, keyBytes);
                doing = "read";
            }

            return Load(path, keyBytes, out error);
        }
        catch (Exception e) when (PrivateFile.IsStorageException(e))
        {
            error = PrivateFile.Explain(What, path, doing, e);
            return null;
        }
    }

    private static void Create(string path, int keyBytes)
    {
        byte[] key = new byte[keyBytes];
        string? temp = null;
        try
        {
            using (RandomNumberGenerator random = RandomNumberGenerator.Create())
                random.GetBytes(key);

            temp = PrivateFile.WriteTemp(path, key, 0, keyBytes);
            // False: another process was first, and its key holds.
            Posix.RenameNew(temp, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            if (temp != null)
                PrivateFile.TryDelete(temp);
        }
        finally
        {
            Array.Clear(key, 0, key.Length);
        }
    }

    private static byte[]? Load(string path, int keyBytes, out string? error)
    {
        byte[]? key = PrivateFile.ReadUpTo(path, keyBytes);
        if (key == null || key.Length != keyBytes)
        {
            string size = key == null ? "more than " + keyBytes.ToString() : key.Length.ToString();
            error = "the " + What + " '" + path + "' has " + size + " bytes where " + keyBytes.ToString() + " are needed; name another file, or remove it to have a new one made";
            return null;
        }

#if NET
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OthersMode) != 0)
        {
            Array.Clear(key, 0, key.Length);
            error = "the " + What + " '" + path + "' is open to others; 'chmod 600' it, or remove it to have a new one made";
            return null;
        }
#endif
        error = null;
        return key;
    }
}
