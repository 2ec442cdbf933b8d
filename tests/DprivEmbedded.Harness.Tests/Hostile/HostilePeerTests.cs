using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using DprivEmbedded.Core.Tests.Support;
using DprivEmbedded.Harness.Hostile;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Hostile;

/// <summary>Every row of the table of hostile peers over every protocol that it names: the outcome, its alert, and the bounds of time, heap and bytes sent.</summary>
public class HostilePeerTests(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<HostilePeer> s_rows = HostilePeers.Rows();

    internal static IEnumerable<string> Names => s_rows.Select(r => r.ToString());

    public static IEnumerable<TheoryDataRow<HostileTransport, string>> Rows()
    {
        return s_rows.SelectMany(row => row.Outcomes.Keys.Select(transport => new TheoryDataRow<HostileTransport, string>(transport, row.ToString())));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Row(HostileTransport transport, string name)
    {
        HostilePeer row = s_rows.Single(r => r.ToString() == name);

        // The first run pays for what the runtime makes once. Its bookkeeping shows now and then in later ones as well: what a row itself allocates shows in each.
        Run(row, transport);
        HostileResult result = Run(row, transport);
        for (int again = 0; again < 3 && result.AllocatedBytes > row.MaxAllocatedBytes; again++)
            result = Run(row, transport);

        output.WriteLine($"{HostileTable.Cell(result.Outcome)}; {result.DurationMs} ms, {result.AllocatedBytes} bytes of heap, {result.SentBytes} bytes sent, {result.ReceivedBytes} received");
        Assert.Equal(HostileTable.Cell(row.Outcomes[transport]), HostileTable.Cell(result.Outcome));
        Assert.Equal(row.Outcomes[transport], result.Outcome);
        Assert.InRange(result.DurationMs, 0, row.MaxDurationMs);
        Assert.InRange(result.AllocatedBytes, 0, row.MaxAllocatedBytes);
        Assert.InRange(result.SentBytes, 1, row.MaxSentBytes);
        Assert.Equal(0, result.WrongAnswers);
    }

    [Fact]
    public void RowsHaveNamesOfTheirOwn()
    {
        Assert.Equal(s_rows.Count, s_rows.Select(r => r.ToString()).Distinct().Count());
        Assert.All(s_rows, r => Assert.NotEmpty(r.Outcomes));
    }

    /// <summary>docs/hostile-peers.md is printed from the table. After a change: DPRIV_ACCEPT_SNAPSHOTS=1 writes it anew.</summary>
    [Fact]
    public void TheDocumentIsTheTable()
    {
        string path = Path.Combine(Root(), "docs", "hostile-peers.md");
        string text = File.Exists(path) ? File.ReadAllText(path) : "";
        const string mark = "<!-- printed by HostilePeerTests from here on -->\n\n";
        int at = text.IndexOf(mark, StringComparison.Ordinal);
        Assert.True(at > 0, "docs/hostile-peers.md lacks the line " + mark.Trim());
        string printed = text[..(at + mark.Length)] + HostileTable.Markdown();
        if (Environment.GetEnvironmentVariable("DPRIV_ACCEPT_SNAPSHOTS") == "1")
            File.WriteAllText(path, printed);
        else
            Assert.Equal(printed, text);
    }

    private static HostileResult Run(HostilePeer row, HostileTransport transport)
    {
        return HostileRun.Run(row, transport, new SystemCryptoProvider(new SeededRandomSource(1)), new SystemCryptoProvider(new SeededRandomSource(2)));
    }

    internal static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "DprivEmbedded.sln")))
            folder = Path.GetDirectoryName(folder);

        return folder ?? throw new InvalidOperationException("The root of the repository was not found.");
    }
}
