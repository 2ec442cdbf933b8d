using System;
using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace DprivEmbedded.Cli;

/// <summary><c>dpriv --version</c>: the version, and the commit that it was built of where that is known.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        string text = typeof(VersionAction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        int plus = text.IndexOf('+', StringComparison.Ordinal);
        Console.WriteLine(plus < 0 ? "dpriv " + text : $"dpriv {text[..plus]} (commit {text.AsSpan(plus + 1, Math.Min(12, text.Length - plus - 1))})");
        return ExitCode.Answered;
    }
}
