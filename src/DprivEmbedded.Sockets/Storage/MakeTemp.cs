#if !NET
using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DprivEmbedded.Sockets.Storage;

/// <summary>POSIX mkstemp, which makes a file with mode 0600: netstandard2.1 has no managed way to say so.</summary>
internal static class MakeTemp
{
    /// <summary>Makes a file named <paramref name="prefix"/> and six letters.</summary>
    /// <returns>The file, or null where the platform has no mkstemp.</returns>
    internal static FileStream? Create(string prefix, out string path)
    {
        path = string.Empty;
        if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
            return null;

        byte[] template = Encoding.UTF8.GetBytes(prefix + "XXXXXX\0");
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
            const int accessDenied = 13;
            if (errno == accessDenied)
                throw new UnauthorizedAccessException("permission denied");

            throw new IOException("no temporary file could be made (errno " + errno.ToString() + ")");
        }

        path = Encoding.UTF8.GetString(template, 0, template.Length - 1);
        return new FileStream(new SafeFileHandle((IntPtr)descriptor, true), FileAccess.Write, 1);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int mkstemp(byte[] template);
}
#endif
