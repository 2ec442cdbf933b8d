using System;
using System.Runtime.InteropServices;
using Xunit;

namespace DprivEmbedded.Sockets.Tests.Storage;

/// <summary>Runs code with the file permissions of a user who owns nothing, on this thread alone: permissions do not bind root.</summary>
internal static class Unprivileged
{
    private const int Nobody = 65534;

    internal static void Run(Action action)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("permissions of another user are set through Linux's setfsuid");

        if (geteuid() != 0)
        {
            Assert.Skip("only root can take another user's permissions");
            return;
        }

        int before = setfsuid(Nobody);
        try
        {
            Assert.Equal(Nobody, setfsuid(Nobody));
            action();
        }
        finally
        {
            setfsuid(before);
        }
    }

    [DllImport("libc")]
    private static extern int setfsuid(int uid);

    [DllImport("libc")]
    private static extern int geteuid();
}
