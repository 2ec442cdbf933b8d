using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using DprivEmbedded.Association;
using DprivEmbedded.Harness.Tests.Hostile;
using DprivEmbedded.Harness.Trials;
using DprivEmbedded.Power;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>
/// Floods of 10,000 forged packets a second: lookups go on, and what the device sends and spends because of them stays under the budget of signals. Each flood is held against the same lookups without one. What
/// receiving the flood itself takes is not in it: nobody can avoid that, and it is stated apart.
/// </summary>
public class FloodTests(ITestOutputHelper output)
{
    private const int PerSecond = 10_000;

    /// <summary>Exact resets for a second before each query and a second after; there is no defence against those that never stop.</summary>
    private const int PulseMs = 2000;

    /// <summary>Connections that a lookup opens by itself where each is reset at once and the budget is spent: its own, one more in the same place, and one after the wait.</summary>
    private const int ConnectionsOfALookup = 3;

    /// <summary>The first reset of an association's life finds allowances of the handshake besides the budget.</summary>
    private const int HandshakeRestarts = 2;

    private static readonly ConcurrentDictionary<string, Lazy<FloodRun>> s_runs = new();
    private static readonly string[] s_devices = ["esp32-dtim3", "nrf9160-ltem"];

    private static readonly Row[] s_rows =
    [
        new("DTLS: alerts in the clear", FloodKind.Alert, 24, 5_000),
        new("DTLS: forged records", FloodKind.Record, 12, 5_000),
        new("DTLS: ICMP port unreachable", FloodKind.Unreachable, 24, 5_000),
        new("DTLS: alerts, for an hour at 100 a second", FloodKind.Alert, 120, 30_000, 100),
        new("TCP: resets with guessed numbers", FloodKind.GuessedReset, 24, 5_000),
        new("TCP: exact resets, 2 s around each query", FloodKind.ExactReset, 12, 20_000, PerSecond, PulseMs),
        new("TCP: exact resets that never stop", FloodKind.ExactReset, 12, 20_000),
    ];

    public static TheoryData<string> Names => [.. s_rows.Select(r => r.Name)];

    /// <summary>Under each flood: every lookup is answered (but where no TCP connection can live), quiet time costs nothing, and the handshakes, the bytes and the energy stay under the budget.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Lookups_go_on_and_the_cost_stays_under_the_budget(string name)
    {
        Row row = s_rows.Single(r => r.Name == name);
        FloodRun control = row.Control;
        FloodRun run = row.Run;
        Assert.Equal((row.Lookups, 0, 0, 0), (control.Answered, control.Failed, control.Handshakes, control.Core.SignalRecoveries));
        if (row.Kind != FloodKind.ExactReset)
            Assert.Equal(row.Lookups * row.EveryMs / 1000 * row.PerSecond, run.Forged);
        else
            Assert.True(run.Forged > 100);

        // A connection that is reset as soon as it is there answers nobody.
        bool hopeless = row.Kind == FloodKind.ExactReset && row.OnMs == int.MaxValue;
        Assert.Equal(hopeless ? (0, row.Lookups) : (row.Lookups, 0), (run.Answered, run.Failed));
        Assert.Equal(0, run.OpensInQuiet);
        Assert.InRange(run.Core.SignalRecoveries, row.Kind is FloodKind.Record or FloodKind.GuessedReset ? 0 : row.Tokens - 1, row.Tokens);
        Assert.InRange(run.Handshakes, 0, row.Budget);
        if (row.Kind is FloodKind.Record or FloodKind.GuessedReset)
            Assert.Equal((0, 0), (run.Handshakes, run.Core.SignalsIgnored));
        if (row.Kind == FloodKind.Record)
            Assert.Equal((control.PacketsUp, control.BytesUp), (run.PacketsUp, run.BytesUp));

        ExchangeTable table = row.Table;
        long mostBytes = row.Budget * (long)table.UpBytes[ExchangeKind.Resume];
        Assert.InRange(run.BytesUp - control.BytesUp, long.MinValue, mostBytes);
        foreach (string device in s_devices)
        {
            DeviceProfile profile = ProfileReader.Shipped(device)!;
            long extra = row.ExtraNanoJoules(profile);
            long budget = row.Budget * FloodRun.ResumptionNanoJoules(profile, table);
            output.WriteLine(device + ": " + (extra / 1_000_000) + " mJ of " + (budget / 1_000_000) + " mJ");
            Assert.InRange(extra, 0, budget);
        }
    }

    /// <summary>Resets beside the exact number, as one who sees the connection can send them, end nothing. TCP itself answers them, up to 100 a second (RFC 5961 section 7): the system's cost, which no budget of the library bounds.</summary>
    [Fact]
    public void Resets_beside_the_number_end_nothing_and_TCP_answers_a_hundred_a_second()
    {
        Row row = new("near", FloodKind.NearReset, 24, 5_000);
        FloodRun run = row.Run;
        Assert.Equal((row.Lookups, 0), (run.Answered, run.Failed));
        Assert.Equal((0, 0), (run.Handshakes, run.Core.SignalRecoveries));
        int acknowledgements = run.BareAcknowledgements - row.Control.BareAcknowledgements;
        Assert.InRange(acknowledgements, 11_000, 100 * (row.Seconds + 1));
        Assert.Equal(acknowledgements, run.PacketsUp - row.Control.PacketsUp);
    }

    /// <summary>docs/threat-model.md has the table as these runs print it. DPRIV_ACCEPT_SNAPSHOTS=1 writes it.</summary>
    [Fact]
    public void TheDocumentIsTheTable()
    {
        const string begin = "<!-- printed by FloodTests -->\n\n";
        const string end = "\n<!-- end -->";
        string path = Path.Combine(HostilePeerTests.Root(), "docs", "threat-model.md");
        string text = File.ReadAllText(path);
        int from = text.IndexOf(begin, StringComparison.Ordinal);
        int until = text.IndexOf(end, StringComparison.Ordinal);
        Assert.True(from > 0 && until > from, "docs/threat-model.md lacks the lines around the table.");
        string printed = text[..(from + begin.Length)] + Markdown() + text[until..];
        if (Environment.GetEnvironmentVariable("DPRIV_ACCEPT_SNAPSHOTS") == "1")
            File.WriteAllText(path, printed);
        else
            Assert.Equal(printed, text);
    }

    private static string Markdown()
    {
        StringBuilder table = new("| flood | seconds | forged packets | answered | handshakes begun | budget, in resumptions | sent because of it: packets, bytes | ESP32 on Wi-Fi: mJ of the budget's | LTE-M: mJ of the budget's |\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (Row row in s_rows)
        {
            FloodRun run = row.Run;
            string[] cells =
            [
                row.Name, Number(row.Seconds), Number(run.Forged), run.Answered + " of " + row.Lookups, Number(run.Handshakes), Number(row.Budget),
                Number(run.PacketsUp - row.Control.PacketsUp) + ", " + Number(run.BytesUp - row.Control.BytesUp), .. s_devices.Select(row.Energy),
            ];
            table.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
        }

        return table.ToString();
    }

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private sealed record Row(string Name, FloodKind Kind, int Lookups, int EveryMs, int PerSecond = FloodTests.PerSecond, int OnMs = int.MaxValue)
    {
        public FloodRun Run => Of(Kind);

        public FloodRun Control => Of(FloodKind.None);

        public long Seconds => (long)Lookups * EveryMs / 1000;

        /// <summary>Tokens of that time: four at once, and those that flow in.</summary>
        public int Tokens => 4 + (int)(12 * Seconds / 3600);

        /// <summary>The most handshakes that the flood can cause.</summary>
        public int Budget => Tokens + (Kind == FloodKind.ExactReset ? HandshakeRestarts + (ConnectionsOfALookup * Lookups) : 0);

        public ExchangeTable Table => ProfileReader.Protocols().Single(t => t.Name == (Transport == AssociationTransport.Dot ? "dot" : "dodtls"));

        private int Transport => Kind >= FloodKind.GuessedReset ? AssociationTransport.Dot : AssociationTransport.Dodtls;

        public long ExtraNanoJoules(DeviceProfile device) => Run.NanoJoules(device, Table) - Control.NanoJoules(device, Table);

        public string Energy(string device)
        {
            DeviceProfile profile = ProfileReader.Shipped(device)!;
            return Number(ExtraNanoJoules(profile) / 1_000_000) + " of " + Number(Budget * FloodRun.ResumptionNanoJoules(profile, Table) / 1_000_000);
        }

        private FloodRun Of(FloodKind kind)
        {
            return s_runs.GetOrAdd(string.Join(' ', kind, Transport, Lookups, EveryMs, PerSecond, OnMs), _ => new Lazy<FloodRun>(() => FloodRun.Of(kind, Transport, Lookups, EveryMs, PerSecond, OnMs))).Value;
        }
    }
}
