using System;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using DprivEmbedded.Harness;
using Xunit;

namespace DprivEmbedded.Cli.Tests;

/// <summary>Help, version, signals and exit codes.</summary>
public class RootTests
{
    [Fact]
    public async Task Help_names_the_commands_and_gives_examples()
    {
        string help = (await DprivCommand.RunAsync("--help")).EndedWell().Output;

        foreach (string command in (string[])["query", "serve", "demo", "flows"])
            Assert.Matches($"(?m)^  {command}\\b", help);

        Assert.Contains("dpriv query www.example AAAA --server 127.0.0.1:8853 --pin PIN --trace", help, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_a_line()
    {
        Assert.Matches(@"^dpriv \d+\.\d+\.\d+( \(commit [0-9a-f]{12}\))?\n$", (await DprivCommand.RunAsync("--version")).EndedWell().Output);
    }

    [Fact]
    public async Task Nothing_at_all_is_answered_with_a_hint()
    {
        Assert.Equal("dpriv: Required command was not provided.\nTry 'dpriv --help'.\n", (await DprivCommand.RunAsync()).Ended(ExitCode.BadInput).Error);
    }

    [Theory]
    [InlineData(DprivCommand.Interrupt)]
    [InlineData(DprivCommand.Terminate)]
    public async Task A_signal_ends_a_query(int signal)
    {
        await using TestServer server = TestServer.Start(options => options.AnswerDelayMs = 60000);
        await using DprivCommand command = DprivCommand.Start("query", "www.example", "--server", server.Address, "--pin", server.Pin, "--timeout", "60000");
        await server.Queried.WaitAsync(TimeSpan.FromSeconds(60));

        command.Signal(signal);

        CommandResult result = (await command.EndAsync()).Ended(ExitCode.Interrupted);
        Assert.Equal("", result.Output);
    }

    [Fact]
    public void The_document_has_every_exit_code()
    {
        int[] documented = Repository.Table(Repository.Read("docs", "cli.md"), "Exit codes").Select(row => int.Parse(row[0], System.Globalization.CultureInfo.InvariantCulture)).ToArray();

        int[] all = typeof(ExitCode).GetFields().Where(field => field.IsLiteral).Select(field => (int)field.GetRawConstantValue()!).ToArray();
        Assert.Equal(all, documented);
    }

    [Theory]
    [InlineData(Tls.TlsError.None, ExitCode.Answered)]
    [InlineData(Tls.TlsError.RecordTooLargeForBuffer, ExitCode.TlsFailed)]
    [InlineData(Tls.TlsError.HandshakeTimeout, ExitCode.Timeout)]
    [InlineData(Tls.TlsError.SilentPeer, ExitCode.Timeout)]
    [InlineData(Tls.TlsError.CertificateMalformed, ExitCode.NotAuthenticated)]
    [InlineData(Tls.TlsError.NothingToVerifyWith, ExitCode.NotAuthenticated)]
    [InlineData(Tls.TlsError.Truncated, ExitCode.TlsFailed)]
    [InlineData(Tls.TlsError.ConnectFailed, ExitCode.NoConnection)]
    [InlineData(Tls.TlsError.AlertReceived + 40, ExitCode.TlsFailed)]
    [InlineData(Association.DotError.QueryTimeout, ExitCode.Timeout)]
    [InlineData(Association.DotError.AnswerTooLarge, ExitCode.BadAnswer)]
    [InlineData(Association.DotError.TooManyAttempts, ExitCode.TlsFailed)]
    [InlineData(Association.DotError.Cancelled, ExitCode.Interrupted)]
    public void Errors_have_their_exit_codes(int error, int exitCode)
    {
        Assert.Equal(exitCode, ExitCode.For(error));
    }
}
