using System;
using System.Globalization;
using System.Linq;
using System.Text;
using DprivEmbedded.Harness.Bench;

namespace DprivEmbedded.Cli;

/// <summary>The picture of <c>dpriv bench</c>: for each row a bar a peer, as long as its processor time by that of this library.</summary>
internal static class BenchDrawing
{
    private const int Left = 250;
    private const int Scale = 110;
    private const int Line = 17;
    private const int Longest = 6;
    private const int Width = Left + (Scale * Longest) + 110;

    public static string Draw(BenchReport report)
    {
        var body = new StringBuilder();
        int y = 34;
        foreach (IGrouping<string, BenchRow> rows in report.Rows.Where(row => row.CpuMicroseconds > 0).GroupBy(row => row.Name))
        {
            body.Append(Invariant($"<text x=\"8\" y=\"{y}\" font-weight=\"bold\">{rows.Key}</text>\n"));
            BenchRow? own = rows.FirstOrDefault(row => row.Peer == BenchPeers.Own);
            foreach (BenchRow row in rows)
            {
                double times = row.CpuMicroseconds!.Value / (own ?? rows.First()).CpuMicroseconds!.Value;
                double bar = Math.Max(1, Math.Min(times, Longest) * Scale);
                string colour = row.Peer.StartsWith(BenchPeers.Own, StringComparison.Ordinal) ? "#1f6f8b" : "#c8a45c";
                body.Append(Invariant($"<text x=\"{Left - 8}\" y=\"{y}\" text-anchor=\"end\">{row.Peer}</text>"));
                body.Append(Invariant($"<rect x=\"{Left}\" y=\"{y - 11}\" width=\"{bar:0.#}\" height=\"13\" fill=\"{colour}\"/>"));
                body.Append(Invariant($"<text x=\"{Left + bar + 5:0.#}\" y=\"{y}\">{times:0.00} ({Amount(row.CpuMicroseconds.Value)}){(times > Longest ? " …" : "")}</text>\n"));
                y += Line;
            }

            y += 8;
        }

        return Invariant($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{y}\" font-family=\"sans-serif\" font-size=\"12\">\n<title>Processor time of the client, by that of dpriv</title>\n<rect width=\"{Width}\" height=\"{y}\" fill=\"#fff\"/>\n")
            + "<text x=\"8\" y=\"14\">Processor time of the client by that of dpriv; shorter is cheaper</text>\n"
            + Invariant($"<line x1=\"{Left + Scale}\" y1=\"20\" x2=\"{Left + Scale}\" y2=\"{y - 8}\" stroke=\"#999\" stroke-dasharray=\"3 3\"/>\n")
            + body + "</svg>\n";
    }

    private static string Amount(double us) => us >= 1000 ? Invariant($"{us / 1000:0.##} ms") : Invariant($"{us:0.#} µs");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
