using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using DprivEmbedded.Harness.Network;

namespace DprivEmbedded.Harness.Flows;

/// <summary>Draws a flow as a ladder of text, in the style of the seed's figures, with IP bytes and times.</summary>
public static class FlowLadder
{
    private const int Inner = 74;
    private const int NatColumn = 34;

    /// <summary>Writes the ladder of a flow, a title before and the counts after it.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="run">The flow.</param>
    public static void Write(TextWriter output, FlowRun run)
    {
        output.WriteLine(Title(run.Scenario));
        output.WriteLine();
        output.WriteLine(Heading(run.HasNat));
        output.WriteLine(Blank(run.HasNat, run.Scenario.LossText));
        foreach (FlowStep step in run.Steps)
        {
            string time = string.Format(CultureInfo.InvariantCulture, "{0,9:0.0} ms", step.TimeUs / 1000.0);
            int width = step.EndsAtNat ? NatColumn - 5 : Inner - 8;
            string bytes = string.Create(CultureInfo.InvariantCulture, $" ({step.Bytes} B)");
            List<string> lines = Wrap(step.Parts, bytes, width);
            for (int i = 0; i < lines.Count; i++)
            {
                bool last = i == lines.Count - 1;
                output.WriteLine(Line(lines[i], step, last) + (last ? time : ""));
            }
        }

        output.WriteLine();
        output.WriteLine(Counts(run));
    }

    /// <summary>The title of a flow: the figure's number or the row's name, and the situation.</summary>
    /// <param name="scenario">The flow's scenario.</param>
    /// <returns>One line.</returns>
    public static string Title(FlowScenario scenario)
    {
        string name = scenario.Figure > 0 ? "Figure " + scenario.Name : "Beyond the seed, " + scenario.Name;
        return name + ": " + scenario.Title + " (" + scenario.Transport + ")";
    }

    /// <summary>The counts of a flow, next to the seed's.</summary>
    /// <param name="run">The flow.</param>
    /// <returns>One line.</returns>
    public static string Counts(FlowRun run)
    {
        TraceCounts counts = run.Counts;
        string trips = counts.RoundTrips == 1 ? "1 round trip" : counts.RoundTrips.ToString(CultureInfo.InvariantCulture) + " round trips";
        string seed = counts.RoundTrips == run.Scenario.RoundTrips ? "as the seed says" : "the seed says " + run.Scenario.RoundTrips.ToString(CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{trips} ({seed}), {counts.Packets} packets, {counts.BytesUp} bytes up, {counts.BytesDown} bytes down, {run.ElapsedUs / 1000.0:0.0} ms");
    }

    private static string Heading(bool nat)
    {
        StringBuilder line = new StringBuilder("client").Append(' ', Inner - 4).Append("server");
        if (nat)
            Put(line, NatColumn - 7, "NAT or firewall");

        return line.ToString();
    }

    private static string Blank(bool nat, string text)
    {
        StringBuilder line = new StringBuilder("|").Append(' ', Inner).Append('|');
        if (nat)
            line[NatColumn] = '|';

        int at = nat ? NatColumn + 2 : Inner - text.Length - 3;
        Put(line, at, "(" + text + ")");
        return line.ToString();
    }

    private static string Line(string text, FlowStep step, bool arrow)
    {
        bool up = step.Direction == PacketDirection.Up;
        int inner = step.EndsAtNat ? NatColumn - 1 : Inner;
        StringBuilder line = new("|");
        if (!arrow)
            line.Append("   ").Append(text.PadRight(inner - 3));
        else if (up)
            line.Append("--").Append(text).Append(' ').Append('-', Math.Max(1, inner - text.Length - 4)).Append('>');
        else
            line.Append("<-").Append(text).Append(' ').Append('-', Math.Max(1, inner - text.Length - 3));

        line.Append(step.EndsAtNat && arrow && up ? 'X' : '|');
        if (step.EndsAtNat)
            line.Append(' ', Inner - inner - 1).Append('|');

        return line.ToString();
    }

    private static void Put(StringBuilder line, int at, string text)
    {
        for (int i = 0; i < text.Length && at + i < line.Length; i++)
            line[at + i] = text[i];
    }

    private static List<string> Wrap(List<string> parts, string bytes, int width)
    {
        List<string> lines = [];
        string line = "";
        for (int i = 0; i < parts.Count; i++)
        {
            string part = parts[i] + (i == parts.Count - 1 ? bytes : ",");
            if (line.Length > 0 && line.Length + 1 + part.Length > width)
            {
                lines.Add(line);
                line = "";
            }

            line += line.Length == 0 ? part : " " + part;
        }

        lines.Add(line);
        return lines;
    }
}
