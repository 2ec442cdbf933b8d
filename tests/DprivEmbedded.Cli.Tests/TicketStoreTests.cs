using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using Xunit;

namespace DprivEmbedded.Cli.Tests;

/// <summary><c>--ticket-store</c>: sessions outlive the process; whatever is wrong with the file is reported and costs a full handshake at most.</summary>
public class TicketStoreTests
{
    [Theory]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public async Task The_next_process_resumes(string version)
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();

        string[] more = ["--json", "--tls", version, "--ticket-store", folder["tickets"]];
        string[] handshakes = new string[3];
        for (int i = 0; i < handshakes.Length; i++)
            handshakes[i] = (await server.QueryAsync("www.example", "A", more)).EndedWell().Handshakes;

        Assert.Equal(["full", "resumed", "resumed"], handshakes);
        Assert.Equal((1, 2), (server.Host.Counters.FullHandshakes, server.Host.Counters.ResumedHandshakes));
        Assert.Equal(["tickets", "tickets.key"], Directory.GetFiles(folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(Directory.GetFiles(folder.Root), file => Assert.Equal("600", TempFolder.Mode(file)));
    }

    [Fact]
    public async Task Sessions_of_one_way_to_authenticate_do_not_serve_another()
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();
        (await server.QueryAsync("www.example", "A", "--ticket-store", folder["tickets"])).EndedWell();

        CommandResult result = (await DprivCommand.RunAsync(
            "query", "www.example", "--server", server.Address, "--auth-name", TestServer.Name, "--ca", server.AuthorityFile, "--ticket-store", folder["tickets"], "--json")).EndedWell();

        Assert.Equal("full", result.Handshakes);
    }

    [Fact]
    public async Task A_damaged_store_is_reported_and_passed_over()
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();
        (await server.QueryAsync("www.example", "A", "--ticket-store", folder["tickets"])).EndedWell();
        byte[] bytes = File.ReadAllBytes(folder["tickets"]);
        bytes[^20] ^= 1;
        File.WriteAllBytes(folder["tickets"], bytes);

        CommandResult result = (await server.QueryAsync("www.example", "A", "--ticket-store", folder["tickets"], "--json")).Ended(0);

        Assert.Equal("dpriv: the ticket store is passed over: the stored sessions are sealed with another key, or damaged\n", result.Error);
        Assert.Equal("full", result.Handshakes);
        // The new sessions are there for the run after that.
        Assert.Equal("resumed", (await server.QueryAsync("www.example", "A", "--ticket-store", folder["tickets"], "--json")).EndedWell().Handshakes);
    }

    [Fact]
    public async Task A_truncated_store_is_reported_and_passed_over()
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();
        (await server.QueryAsync("www.example", "A", "--ticket-store", folder["tickets"])).EndedWell();
        File.WriteAllBytes(folder["tickets"], File.ReadAllBytes(folder["tickets"])[..10]);

        CommandResult result = (await server.QueryAsync("www.example", "A", "--ticket-store", folder["tickets"], "--json")).Ended(0);

        Assert.StartsWith("dpriv: the ticket store is passed over: ", result.Error, StringComparison.Ordinal);
        Assert.Equal("full", result.Handshakes);
    }

    [Fact]
    public async Task A_foreign_file_is_reported_and_left_alone()
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();
        string text = "This is a letter to a friend, and it is long enough to be one. " + new string('x', 200);
        string letter = folder.Write("letter.txt", text);

        CommandResult result = (await server.QueryAsync("www.example", "A", "--ticket-store", letter)).Ended(0);

        Assert.Contains("dpriv: the ticket store is passed over: what is stored there is no session store, so it is left alone; name another place or remove it\n", result.Error, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(letter));
    }

    [Fact]
    public async Task A_directory_in_its_place_is_reported()
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();
        Directory.CreateDirectory(folder["tickets"]);

        CommandResult result = (await server.QueryAsync("www.example", "A", "--ticket-store", folder["tickets"])).Ended(0);

        Assert.Equal(2, result.ErrorLines.Count);
        Assert.All(result.ErrorLines, line => Assert.Contains($"'{folder["tickets"]}' could not be read: it is a directory; name a file", line, StringComparison.Ordinal));
        Assert.StartsWith("dpriv: the ticket store is passed over: ", result.ErrorLines[0], StringComparison.Ordinal);
        Assert.StartsWith("dpriv: the ticket store could not be written: ", result.ErrorLines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_others_may_read_is_refused()
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();
        File.WriteAllBytes(folder["tickets.key"], new byte[16]);
        TempFolder.SetMode(folder["tickets.key"], "604");

        CommandResult result = (await server.QueryAsync("www.example", "A", "--ticket-store", folder["tickets"])).Ended(ExitCode.BadInput);

        Assert.StartsWith("dpriv: --ticket-store: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("chmod 600", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, server.Host.Counters.Connections);
    }

    [Fact]
    public async Task A_key_of_another_size_is_refused()
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();
        folder.Write("tickets.key", "short");

        CommandResult result = (await server.QueryAsync("www.example", "A", "--ticket-store", folder["tickets"])).Ended(ExitCode.BadInput);

        Assert.StartsWith("dpriv: --ticket-store: ", result.Error, StringComparison.Ordinal);
        Assert.Equal("short", File.ReadAllText(folder["tickets.key"]));
        Assert.Equal(0, server.Host.Counters.Connections);
    }
}
