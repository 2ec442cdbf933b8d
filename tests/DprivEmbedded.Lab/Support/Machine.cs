using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;
using Xunit;

namespace DprivEmbedded.Lab.Support;

/// <summary>Runs the system's own tools.</summary>
internal static class Machine
{
    private const int Urgent = -15;

    /// <summary>Skips the test where something is missing (where CI=true it fails). Otherwise this process, and with it all that it starts, goes before what else the machine does: time is measured.</summary>
    public static void RequireLab()
    {
        Requires.Root();
        foreach (var program in new[] { "ip", "nft", "iptables", "conntrack", "tcpdump", "setsid" })
            Requires.Program(program);
        _ = SetPriority(0, 0, Urgent);
    }

    /// <summary>Runs a shell script that ends at its first failing command, and fails the test with it.</summary>
    public static async Task<string> ScriptAsync(string script)
    {
        var result = await ClientProgram.RunAsync(["sh", "-eu"], Encoding.UTF8.GetBytes("export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin\n" + script)).ConfigureAwait(false);
        if (result.ExitCode != 0)
            Assert.Fail($"{script}\n{result}");
        return result.Output;
    }

    /// <summary>Runs a script whose failure does not matter.</summary>
    public static Task<ProgramResult> TryScriptAsync(string script) =>
        ClientProgram.RunAsync(["sh", "-u"], Encoding.UTF8.GetBytes("export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin\n" + script));

    [DllImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static extern int SetPriority(int which, uint who, int priority);
}
