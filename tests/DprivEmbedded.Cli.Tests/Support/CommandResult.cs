using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace DprivEmbedded.Cli.Tests.Support;

/// <summary>What a run of <c>dpriv</c> left.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public IReadOnlyList<string> ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The JSON objects on standard output, one a line and nothing else.</summary>
    public IReadOnlyList<JsonElement> Json => Lines.Select(line => JsonDocument.Parse(line).RootElement.Clone()).ToList();

    /// <summary>Asserts the exit code, with everything that was printed in the failure's message.</summary>
    public CommandResult Ended(int exitCode)
    {
        Assert.True(exitCode == ExitCode, $"exit code {ExitCode} instead of {exitCode}\n{Output}\n{Error}");
        Assert.DoesNotContain("   at ", Output + Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", Output + Error, StringComparison.Ordinal);
        return this;
    }

    /// <summary>Asserts that all went well and that nothing was said on standard error.</summary>
    public CommandResult EndedWell()
    {
        Ended(0);
        Assert.Equal("", Error);
        return this;
    }

    /// <summary>The lookups' handshakes of a run with --json.</summary>
    public string Handshakes => string.Join(' ', Json.Select(one => one.GetProperty("handshake").GetString()));
}
