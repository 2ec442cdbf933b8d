using System.Globalization;
using System.Text;
using DprivEmbedded.Harness.Network;

namespace DprivEmbedded.Harness.Flows;

/// <summary>Draws a flow as SVG: time goes down, an arrow for each step, its contents above it.</summary>
public static class FlowDrawing
{
    private const int Width = 860;
    private const int Left = 90;
    private const int Right = 710;
    private const int Top = 92;
    private const int RowHeight = 46;
    private const int Slope = 10;

    /// <summary>Draws a flow.</summary>
    /// <param name="run">The flow.</param>
    /// <returns>An SVG document; the same flow gives the same text.</returns>
    public static string Draw(FlowRun run)
    {
        int height = Top + (RowHeight * run.Steps.Count) + 54;
        int nat = (Left + Right) / 2;
        StringBuilder svg = new();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" font-family=\"sans-serif\" font-size=\"13\">");
        Line(svg, $"<title>{Escape(FlowLadder.Title(run.Scenario))}</title>");
        Line(svg, $"<rect width=\"{Width}\" height=\"{height}\" fill=\"#ffffff\"/>");
        Line(svg, $"<defs><marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L10 5L0 10z\" fill=\"#1f3a5f\"/></marker></defs>");
        Line(svg, $"<text x=\"{Width / 2}\" y=\"24\" text-anchor=\"middle\" font-size=\"14\" font-weight=\"bold\">{Escape(FlowLadder.Title(run.Scenario))}</text>");
        Column(svg, Left, "client", height);
        Column(svg, Right, "server", height);
        if (run.HasNat)
            Column(svg, nat, "NAT or firewall", height);

        int loser = run.HasNat ? nat : Right;
        Line(svg, $"<text x=\"{loser}\" y=\"{Top - 14}\" text-anchor=\"middle\" font-style=\"italic\" fill=\"#a02020\" paint-order=\"stroke\" stroke=\"#ffffff\" stroke-width=\"4\">{Escape(run.Scenario.LossText)}</text>");
        int y = Top + 20;
        foreach (FlowStep step in run.Steps)
        {
            bool up = step.Direction == PacketDirection.Up;
            int far = step.EndsAtNat ? nat : Right;
            int from = up ? Left : far;
            int to = up ? far : Left;
            int middle = (Left + far) / 2;
            Line(svg, $"<line x1=\"{from}\" y1=\"{y}\" x2=\"{to}\" y2=\"{y + Slope}\" stroke=\"#1f3a5f\" stroke-width=\"1.5\" marker-end=\"url(#head)\"/>");
            if (step.EndsAtNat && up)
                Line(svg, $"<text x=\"{nat + 8}\" y=\"{y + Slope + 5}\" fill=\"#a02020\" font-weight=\"bold\">X</text>");

            Line(svg, $"<text x=\"{middle}\" y=\"{y - 3}\" text-anchor=\"middle\" font-size=\"12\" paint-order=\"stroke\" stroke=\"#ffffff\" stroke-width=\"4\">{Escape(step.Text)}</text>");
            Line(svg, $"<text x=\"{Left - 8}\" y=\"{(up ? y : y + Slope) + 4}\" text-anchor=\"end\" font-size=\"11\" fill=\"#555555\">{(step.TimeUs / 1000.0).ToString("0.0", CultureInfo.InvariantCulture)} ms</text>");
            Line(svg, $"<text x=\"{Right + 10}\" y=\"{y + 8}\" font-size=\"11\" fill=\"#555555\">{step.Bytes} B</text>");
            y += RowHeight;
        }

        Line(svg, $"<text x=\"{Width / 2}\" y=\"{height - 14}\" text-anchor=\"middle\" fill=\"#1f3a5f\">{Escape(FlowLadder.Counts(run))}</text>");
        Line(svg, $"</svg>");
        return svg.ToString();
    }

    private static void Column(StringBuilder svg, int x, string name, int height)
    {
        Line(svg, $"<text x=\"{x}\" y=\"52\" text-anchor=\"middle\" font-weight=\"bold\">{name}</text>");
        Line(svg, $"<line x1=\"{x}\" y1=\"60\" x2=\"{x}\" y2=\"{height - 34}\" stroke=\"#999999\"/>");
    }

    private static void Line(StringBuilder svg, System.FormattableString text)
    {
        svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string Escape(string text)
    {
        return text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");
    }
}
