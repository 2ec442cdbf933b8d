using System;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

namespace DprivEmbedded.Cli;

/// <summary>The <c>dpriv</c> command.</summary>
public static partial class Program
{
    private const string About = """
        Private DNS lookups for small devices: DNS over TLS, resumed, measured and drawn.

        Examples:
          dpriv demo
          dpriv flows --figure 5
          dpriv trial --report trial.html
          dpriv bench --quick
          dpriv serve --dot 8853
          dpriv query www.example AAAA --server 127.0.0.1:8853 --pin PIN --trace     (with the pin that serve prints)
          dpriv query www.example.com --server 192.0.2.1 --auth-name dot.example.com --repeat 3 --reconnect
        """;

    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> Main(string[] args)
    {
        var root = new RootCommand(About)
        {
            QueryCommand.Create(),
            ServeCommand.Create(),
            DemoCommand.Create(),
            FlowsCommand.Create(),
            TrialCommand.Create(),
            BenchCommand.Create(),
        };
        foreach (Option option in root.Options)
        {
            if (option is VersionOption version)
                version.Action = new VersionAction();
        }

        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (ParseError error in parsed.Errors)
                Console.Error.WriteLine("dpriv: " + Rephrase(error.Message));

            Console.Error.WriteLine($"Try 'dpriv {(parsed.CommandResult.Command == root ? "" : parsed.CommandResult.Command.Name + " ")}--help'.");
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
        catch (Exception e)
        {
            Console.Error.WriteLine("dpriv: a defect of this program; please report it with these lines.");
            Console.Error.WriteLine(e);
            return ExitCode.Internal;
        }
    }

    private static string Rephrase(string message)
    {
        Match match = WrongNumber().Match(message);
        return match.Success ? $"{match.Groups[2].Value} takes a whole number, not '{match.Groups[1].Value}'." : message;
    }

    [GeneratedRegex("^Cannot parse argument '(.*)' for option '(.*)' as expected type 'System.(?:Int32|Nullable`1\\[System.Int32\\])'.$", RegexOptions.Singleline)]
    private static partial Regex WrongNumber();
}
