using System;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Threading.Tasks;

namespace DprivEmbedded.Cli;

/// <summary>The <c>dpriv</c> command.</summary>
public static class Program
{
    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("Private DNS lookups for small devices: DNS over TLS, resumed, measured and drawn.")
        {
            QueryCommand.Create(),
            ServeCommand.Create(),
            DemoCommand.Create(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (ParseError error in parsed.Errors)
                Console.Error.WriteLine("dpriv: " + error.Message);

            Console.Error.WriteLine("Try 'dpriv --help', or 'dpriv query --help'.");
            return ExitCode.BadInput;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        }
        catch (BadInputException e)
        {
            Console.Error.WriteLine("dpriv: " + e.Message);
            return ExitCode.BadInput;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
    }
}
