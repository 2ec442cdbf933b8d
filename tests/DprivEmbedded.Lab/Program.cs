using System.Threading.Tasks;
using DprivEmbedded.Lab.Client;
using DprivEmbedded.Lab.Forging;
using DprivEmbedded.Lab.Queue;

namespace DprivEmbedded.Lab;

/// <summary>The tests; and, with a first argument that says so, a program of the lab that a test runs inside a network namespace: nothing has to be compiled or installed for it.</summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        switch (args.Length > 0 ? args[0] : "")
        {
            case "delay":
                return DelayProgram.Run(args[1..]);
            case "forge":
                return ForgeProgram.Run(args[1..]);
            case "client":
                return await LabClientProgram.RunAsync().ConfigureAwait(false);
            default:
                return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args).ConfigureAwait(false);
        }
    }
}
