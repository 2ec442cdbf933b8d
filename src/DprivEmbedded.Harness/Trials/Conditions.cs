namespace DprivEmbedded.Harness.Trials;

/// <summary>Link, path and server for a stretch of time.</summary>
public sealed class Conditions
{
    /// <summary>From when on they hold, in hours since the start.</summary>
    public double AtHours { get; set; }

    /// <summary>Round trip of the path in milliseconds, without the radio's own delays.</summary>
    public int RttMs { get; set; } = 50;

    /// <summary>How much longer a query's round trip may be; uniform from 0.</summary>
    public int JitterMs { get; set; }

    /// <summary>How many of a thousand exchanges lose a packet.</summary>
    public int LossPermille { get; set; }

    /// <summary>How long NATs and firewalls keep state without traffic, in seconds.</summary>
    public double PathSeconds { get; set; } = 7200;

    /// <summary>How much that varies from association to association, in percent.</summary>
    public double PathJitterPercent { get; set; }

    /// <summary>How many of a hundred losses on the path are silent; the others show as a reset or an ICMP message.</summary>
    public int PathSilentPercent { get; set; } = 100;

    /// <summary>How long the server keeps an idle association, in seconds.</summary>
    public double IdleSeconds { get; set; } = 7200;

    /// <summary>How much that varies, in percent.</summary>
    public double IdleJitterPercent { get; set; }

    /// <summary>How it ends.</summary>
    public ServerEnd End { get; set; }

    /// <summary>Whether the server tells its idle timeout (RFC 7828).</summary>
    public bool TellsIdle { get; set; }

    /// <summary>How long a session may be resumed, in seconds.</summary>
    public double TicketSeconds { get; set; } = 7200;

    /// <summary>A copy from a later time on.</summary>
    /// <param name="atHours">From when on.</param>
    public Conditions CopyAt(double atHours)
    {
        var copy = (Conditions)MemberwiseClone();
        copy.AtHours = atHours;
        return copy;
    }
}
