using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using DprivEmbedded.Sockets;

namespace DprivEmbedded.Cli;

/// <summary>Draws flights as a ladder, in the style of the seed's figures, with bytes and times.</summary>
public static class Ladder
{
    private const int Inner = 74;

    /// <summary>Writes the ladder of one lookup.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="flights">The flights in order.</param>
    /// <param name="originMs">The time that counts as 0, on the flights' clock.</param>
    public static void Write(TextWriter output, IReadOnlyList<Flight> flights, double originMs)
    {
        output.WriteLine("client" + new string(' ', Inner - 4) + "server");
        foreach (Flight flight in flights)
        {
            IList<string> parts = flight.Parts.Count > 0 ? flight.Parts : ["(part of a record)"];
            string bytes = flight.Bytes > 0 ? string.Format(CultureInfo.InvariantCulture, " ({0} B)", flight.Bytes) : "";
            string time = string.Format(CultureInfo.InvariantCulture, "{0,9:0.0} ms", flight.AtMs - originMs);
            List<string> lines = Wrap(parts, bytes, Inner - 8);
            for (int i = 0; i < lines.Count; i++)
            {
                bool last = i == lines.Count - 1;
                output.WriteLine(Line(lines[i], flight.Up, last) + (last ? time : ""));
            }
        }
    }

    private static string Line(string text, bool up, bool arrow)
    {
        var line = new StringBuilder("|");
        if (!arrow)
            line.Append("   ").Append(text.PadRight(Inner - 3));
        else if (up)
            line.Append("--").Append(text).Append(' ').Append('-', Math.Max(1, Inner - text.Length - 4)).Append('>');
        else
            line.Append("<-").Append(text).Append(' ').Append('-', Math.Max(1, Inner - text.Length - 3));

        return line.Append('|').ToString();
    }

    private static List<string> Wrap(IList<string> parts, string bytes, int width)
    {
        var lines = new List<string>();
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
