using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Text;
using DprivEmbedded.Harness.Trials;
using ScottPlot;

namespace DprivEmbedded.Cli;

/// <summary>A trial as a page of HTML that needs nothing else: tables, and pictures as SVG.</summary>
internal static class TrialReport
{
    private const string Style = "body{font:15px/1.5 sans-serif;max-width:1180px;margin:2em auto;padding:0 1em}table{border-collapse:collapse;margin:1em 0}td,th{padding:2px 10px;border-bottom:1px solid #ccc;text-align:right}td:first-child,th:first-child{text-align:left}figure{display:inline-block;margin:.3em}figcaption{font-size:13px;color:#444}";

    public static string Html(IReadOnlyList<Scenario> scenarios, IReadOnlyList<TrialSummary> summaries, double days)
    {
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>dpriv trial</title><style>").Append(Style).Append("</style></head><body>\n<h1>Trial</h1>\n");
        page.Append("<p>Energy is what DNS adds. Cost is energy plus weighted latency, per query; ± is the 95 % interval over seeds.</p>\n");
        foreach (Scenario scenario in scenarios)
        {
            List<TrialSummary> here = summaries.Where(summary => summary.Scenario == scenario.Name).ToList();
            page.Append("<h2>").Append(Encode(scenario.Name)).Append(scenario.HeldOut ? " (held out)" : "").Append("</h2>\n<p>").Append(Encode(scenario.About)).Append("</p>\n");
            Table(page, here);
            Figure(page, Scatter(here), "Energy against mean latency; the line is the Pareto front.");
            if (scenario.Device.BatteryJoules > 0)
                Figure(page, Battery(here), "Battery life in days, other loads included.");

            double length = days > 0 ? days : scenario.Days;
            Figure(page, Survival(scenario, length), "Learned survival (seed 1, at the end) against the truth.");
            Figure(page, Timeline(scenario, length), "The last day of seed 1, adaptive: energy of each query (by what it did), probe, renewal and close.");
        }

        return page.Append("</body></html>\n").ToString();
    }

    private static void Table(StringBuilder page, List<TrialSummary> here)
    {
        page.Append("<table><tr><th>policy</th><th>cost, mJ a query</th><th>energy, mJ a query</th><th>latency p50, ms</th><th>p95, ms</th><th>failed</th><th>battery, days</th></tr>\n");
        foreach (TrialSummary summary in here.OrderBy(summary => summary.Objective))
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Encode(summary.Policy)}</td><td>{summary.Objective:F2} ± {summary.ObjectiveHalfInterval:F2}</td>");
            if (summary.IsBound)
                page.Append("<td></td><td></td><td></td><td></td><td></td></tr>\n");
            else
                page.Append(CultureInfo.InvariantCulture, $"<td>{summary.EnergyMilliJoulesPerQuery:F2}</td><td>{summary.LatencyMsP50:F0}</td><td>{summary.LatencyMsP95:F0}</td><td>{summary.Failed}</td><td>{(summary.BatteryDays > 0 ? summary.BatteryDays.ToString("F0", CultureInfo.InvariantCulture) : "mains")}</td></tr>\n");
        }

        page.Append("</table>\n");
    }

    private static void Figure(StringBuilder page, Plot plot, string caption)
    {
        page.Append("<figure>").Append(plot.GetSvgHtml(560, 330)).Append("<figcaption>").Append(Encode(caption)).Append("</figcaption></figure>\n");
    }

    private static Plot Scatter(List<TrialSummary> here)
    {
        var plot = new Plot();
        List<TrialSummary> points = here.Where(summary => !summary.IsBound).OrderBy(summary => summary.LatencyMsMean).ToList();
        var front = new List<Coordinates>();
        double least = double.MaxValue;
        foreach (TrialSummary point in points)
        {
            var marker = plot.Add.Marker(point.LatencyMsMean, point.EnergyMilliJoulesPerQuery);
            marker.Color = point.Policy == "adaptive" ? Colors.Red : Colors.Navy;
            var text = plot.Add.Text(" " + point.Policy, point.LatencyMsMean, point.EnergyMilliJoulesPerQuery);
            text.LabelFontSize = 10;
            if (point.EnergyMilliJoulesPerQuery >= least)
                continue;

            least = point.EnergyMilliJoulesPerQuery;
            front.Add(new Coordinates(point.LatencyMsMean, point.EnergyMilliJoulesPerQuery));
        }

        var line = plot.Add.ScatterLine(front.ToArray());
        line.Color = Colors.Gray;
        plot.XLabel("mean latency, ms");
        plot.YLabel("energy, mJ a query");
        return plot;
    }

    private static Plot Battery(List<TrialSummary> here)
    {
        var plot = new Plot();
        List<TrialSummary> bars = here.Where(summary => !summary.IsBound).ToList();
        plot.Add.Bars(bars.ConvertAll(summary => summary.BatteryDays).ToArray());
        plot.Axes.Bottom.SetTicks(Enumerable.Range(0, bars.Count).Select(i => (double)i).ToArray(), bars.ConvertAll(summary => summary.Policy).ToArray());
        plot.Axes.Bottom.TickLabelStyle.Rotation = 30;
        plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.UpperLeft;
        plot.Axes.Bottom.MinimumSize = 70;
        plot.Axes.Margins(bottom: 0);
        plot.YLabel("days");
        return plot;
    }

    private static Plot Survival(Scenario scenario, double days)
    {
        var plot = new Plot();
        var curve = TrialSuite.Survival(scenario, 1, days);
        double[] logs = curve.ConvertAll(point => Math.Log10(point.Seconds)).ToArray();
        var learned = plot.Add.ScatterLine(logs, curve.ConvertAll(point => point.Believed).ToArray());
        learned.LegendText = "learned";
        learned.Color = Colors.Red;
        var truth = plot.Add.ScatterLine(logs, curve.ConvertAll(point => point.True).ToArray());
        truth.LegendText = "true";
        truth.Color = Colors.Gray;
        plot.Axes.Bottom.SetTicks([0, 1, 2, 3, 4], ["1 s", "10 s", "100 s", "1000 s", "10000 s"]);
        plot.YLabel("probability of survival");
        plot.XLabel("gap");
        plot.ShowLegend();
        return plot;
    }

    private static Plot Timeline(Scenario scenario, double days)
    {
        var plot = new Plot();
        double from = (days - 1) * 86400e3;
        var series = new SortedDictionary<string, List<Coordinates>>(StringComparer.Ordinal);
        TrialSuite.Run(scenario, "adaptive", 1, days, happened =>
        {
            if (happened.AtMs < from || happened.Kind == "wake")
                return;

            string name = happened.Kind == "query" ? happened.Action : happened.Kind;
            if (!series.TryGetValue(name, out List<Coordinates>? points))
                series[name] = points = [];
            points.Add(new Coordinates((happened.AtMs - from) / 3600e3, Math.Log10(Math.Max(1, happened.EnergyMicroJoules / 1000.0))));
        });
        foreach ((string name, List<Coordinates> points) in series)
        {
            // Thousands of points would make megabytes: every n-th then.
            int stride = Math.Max(1, points.Count / 400);
            var scatter = plot.Add.ScatterPoints(points.Where((_, i) => i % stride == 0).ToArray());
            scatter.LegendText = name;
            scatter.MarkerSize = 4;
        }

        plot.Axes.Left.SetTicks([0, 1, 2, 3, 4], ["1 mJ", "10 mJ", "100 mJ", "1 J", "10 J"]);
        plot.XLabel("hour");
        plot.ShowLegend();
        return plot;
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
