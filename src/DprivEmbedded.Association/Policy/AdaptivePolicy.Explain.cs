using DprivEmbedded.Association;

namespace DprivEmbedded.Policy;

public sealed partial class AdaptivePolicy
{
    private const int SaidQuery = 1;
    private const int SaidQuiet = 2;

    private int _said;
    private int _chosen;
    private int _survival;
    private int _refreshMs;
    private long _fresh;
    private long _eReuse;
    private long _eHedge;
    private long _eResume;

    /// <summary>Says in one line what the last decision was made on. Builds a string: not for hot paths.</summary>
    /// <returns>The line; empty before the first decision.</returns>
    public string Explain()
    {
        if (_said == SaidQuery)
        {
            string name = _chosen == QueryAction.Reuse ? "reuse" : _chosen == QueryAction.Hedge ? "hedge" : _chosen == QueryAction.Resume ? "resume" : "reconnect";
            if (_eReuse < 0)
                return name + ": no association; " + MilliJoules(_eResume);

            return name + ": alive " + Percent(_survival) + "; reuse " + MilliJoules(_eReuse) + ", hedge " + MilliJoules(_eHedge) + ", new " + MilliJoules(_eResume) + "; purse " + MilliJoules(_purse);
        }

        if (_said == SaidQuiet)
        {
            string name = _chosen == QuietAction.Probe ? "probe" : _chosen == QuietAction.Close ? "close" : _chosen == QuietAction.Renew ? "renew" : "nothing";
            return name + ": worth " + MilliJoules(_vAct) + " against " + MilliJoules(_vWait) + " for waiting, costs " + MilliJoules(_vCost) + "; refresh every " + (_refreshMs / 1000).ToString() + " s";
        }

        return "";
    }

    private static string Percent(int probability)
    {
        return ((probability * 100L + One / 2) >> 15).ToString() + " %";
    }

    private static string MilliJoules(long nanoJoules)
    {
        bool negative = nanoJoules < 0;
        long tenths = (negative ? -nanoJoules : nanoJoules) / 100000;
        return (negative ? "-" : "") + (tenths / 10).ToString() + "." + (tenths % 10).ToString() + " mJ";
    }
}
