using System;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Win32.SafeHandles;

namespace DprivEmbedded.Interop.Namespaces;

/// <summary>Runs code on a thread of its own inside a network namespace. Sockets belong to the namespace of the thread that makes them, so use no await before they are made.</summary>
public static class NamespaceThread
{
    private const int CloneNewNet = 0x40000000;

    public static Task<T> RunAsync<T>(string networkNamespace, Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle file = System.IO.File.OpenHandle("/run/netns/" + networkNamespace);
                if (SetNs((int)file.DangerousGetHandle(), CloneNewNet) != 0)
                    throw new Win32Exception(Marshal.GetLastPInvokeError());
                done.SetResult(action());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        return done.Task;
    }

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static extern int SetNs(int file, int kind);
}
