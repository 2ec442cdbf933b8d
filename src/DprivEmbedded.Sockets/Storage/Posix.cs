using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
#if !NET
using Microsoft.Win32.SafeHandles;
#endif

namespace DprivEmbedded.Sockets.Storage;

/// <summary>What POSIX offers for files and .NET does not.</summary>
internal static class Posix
{
    private const int FileExists = 17;
#if !NET
    private const int AccessDenied = 13;
#endif

    /// <summary>Gives a complete temporary file its name, unless that name exists. File.Move looks first and renames then, which lets several callers win.</summary>
    /// <returns>False where the name exists; the temporary file is gone in either case.</returns>
    internal static bool RenameNew(string source, string target)
    {
        if (!TryLink(source, target, out int errno))
        {
            // Windows, where File.Move is atomic, and file systems without hard links.
            File.Move(source, target);
            return true;
        }

        File.Delete(source);
        return errno != FileExists;
    }

    /// <summary>Makes a hard link.</summary>
    /// <returns>False where neither a link was made (errno 0) nor the name exists (errno 17).</returns>
    private static bool TryLink(string source, string target, out int errno)
    {
        errno = 0;
        if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
            return false;

        try
        {
            if (link(Terminated(source), Terminated(target)) != 0)
                errno = Marshal.GetLastWin32Error();
        }
        catch (Exception e) when (e is DllNotFoundException || e is EntryPointNotFoundException)
        {
            return false;
        }

        return errno == 0 || errno == FileExists;
    }

    private static byte[] Terminated(string path)
    {
        return Encoding.UTF8.GetBytes(path + "\0");
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int link(byte[] source, byte[] target);
#if !NET
    /// <summary>Makes a file named <paramref name="prefix"/> and six letters with mode 0600: netstandard2.1 has no managed way to say so.</summary>
    /// <returns>The file, or null where the platform has no mkstemp.</returns>
    internal static FileStream? CreateTemp(string prefix, out string path)
    {
        path = string.Empty;
        if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
            return null;

        byte[] template = Terminated(prefix + "XXXXXX");
        int descriptor;
        int errno;
        try
        {
            descriptor = mkstemp(template);
            errno = Marshal.GetLastWin32Error();
        }
        catch (Exception e) when (e is DllNotFoundException || e is EntryPointNotFoundException)
        {
            return null;
        }

        if (descriptor < 0)
        {
            if (errno == AccessDenied)
                throw new UnauthorizedAccessException("permission denied");

            throw new IOException("no temporary file could be made (errno " + errno.ToString() + ")");
        }

        path = Encoding.UTF8.GetString(template, 0, template.Length - 1);
        return new FileStream(new SafeFileHandle((IntPtr)descriptor, true), FileAccess.Write, 1);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int mkstemp(byte[] template);
#endif
}
