using System;
using System.IO;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.BogoShim;

/// <summary>Does on one end of a connection what BoringSSL's test runner, on the other end, tells it to by flags. Exit codes: 0 as told, 1 failed, 89 not implemented.</summary>
internal static class Program
{
    private const int Unimplemented = 89;

    private static int Main(string[] arguments)
    {
        if (arguments.Length == 5 && arguments[0] == "summary")
            return new Summary(arguments[1], arguments[2], arguments[3], arguments[4]).Print() ? 0 : 1;

        ShimFlags flags = new(arguments);
        int version = 0;
        string note = string.Empty;
        try
        {
            flags.Parse();
            if (flags.AsksForHandshaker)
            {
                Console.WriteLine("No");
                return 0;
            }

            if (Environment.GetEnvironmentVariable("BOGO_SHIM_LIST") == "1")
                return Unimplemented;

            Run(flags, ref version);
            return 0;
        }
        catch (UnimplementedException what)
        {
            note = "unimplemented " + what.Message;
            return Unimplemented;
        }
        catch (ShimFailure failure)
        {
            Console.Error.WriteLine(failure.Message);
            return 1;
        }
        finally
        {
            // Beside the runner's transcript of the test, for the counts of tests/bogo.sh.
            if (flags.SettingsPrefix != null)
                File.WriteAllText(flags.SettingsPrefix + "shim", note.Length > 0 || version == 0 ? note : ProtocolVersion.Name(version));
        }
    }

    private static void Run(ShimFlags flags, ref int version)
    {
        ShimClock clock = new();
        ShimProvider provider = new();
        TlsSession? session = null;
        for (int i = 0; i <= flags.ResumeCount; i++)
        {
            ShimConfig config = i == 0 ? flags.Initial : flags.Resume;
            if (i > 0 && session == null)
                throw new ShimFailure("there is no session to offer");

            Exchange exchange = new(config, flags.Retry, session, clock, provider, flags.Port);
            try
            {
                exchange.Run();
            }
            finally
            {
                version = exchange.Version;
            }

            session = exchange.Session;
            clock.Advance(1000L * config.ResumptionDelaySeconds);
        }
    }
}
