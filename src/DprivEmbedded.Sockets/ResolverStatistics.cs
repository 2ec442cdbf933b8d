using System.Threading;

namespace DprivEmbedded.Sockets;

/// <summary>What a resolver has done so far. Each number is read at once with the call; they may be of slightly different moments.</summary>
public sealed class ResolverStatistics
{
    internal long LookupsCount;
    internal long AnswersCount;
    internal long FailuresCount;
    internal long ConnectionsCount;
    internal long FullHandshakesCount;
    internal long ResumedHandshakesCount;
    internal long EarlyDataAcceptedCount;
    internal long BytesUpCount;
    internal long BytesDownCount;
    internal long RetriesCount;
    internal long ProbesSentCount;
    internal long ProbesAnsweredCount;
    internal long ProbesFailedCount;
    internal long HedgesCount;
    internal long ResetRecoveriesCount;
    internal long SignalRecoveriesCount;
    internal long SilenceRecoveriesCount;
    internal long SignalsIgnoredCount;

    /// <summary>Lookups asked for.</summary>
    public long Lookups => Interlocked.Read(ref LookupsCount);

    /// <summary>Lookups answered.</summary>
    public long Answers => Interlocked.Read(ref AnswersCount);

    /// <summary>Lookups that failed at every server.</summary>
    public long Failures => Interlocked.Read(ref FailuresCount);

    /// <summary>TCP connections and DTLS associations begun.</summary>
    public long Connections => Interlocked.Read(ref ConnectionsCount);

    /// <summary>Full handshakes completed.</summary>
    public long FullHandshakes => Interlocked.Read(ref FullHandshakesCount);

    /// <summary>Resumptions completed, those with early data included.</summary>
    public long ResumedHandshakes => Interlocked.Read(ref ResumedHandshakesCount);

    /// <summary>Resumptions in which the server took queries as early data.</summary>
    public long EarlyDataAccepted => Interlocked.Read(ref EarlyDataAcceptedCount);

    /// <summary>Bytes sent on TLS streams.</summary>
    public long BytesUp => Interlocked.Read(ref BytesUpCount);

    /// <summary>Bytes received on TLS streams.</summary>
    public long BytesDown => Interlocked.Read(ref BytesDownCount);

    /// <summary>Queries that were sent again after their connection was lost.</summary>
    public long Retries => Interlocked.Read(ref RetriesCount);

    /// <summary>Probes of associations sent: heartbeats, TCP keepalives, padded queries.</summary>
    public long ProbesSent => Interlocked.Read(ref ProbesSentCount);

    /// <summary>Probes answered: the server still had the association.</summary>
    public long ProbesAnswered => Interlocked.Read(ref ProbesAnsweredCount);

    /// <summary>Probes that met silence, a reset or an alert.</summary>
    public long ProbesFailed => Interlocked.Read(ref ProbesFailedCount);

    /// <summary>Lookups that went over the association and started a resumption beside it at once.</summary>
    public long Hedges => Interlocked.Read(ref HedgesCount);

    /// <summary>Recoveries because TCP was reset or ended while an answer was due.</summary>
    public long ResetRecoveries => Interlocked.Read(ref ResetRecoveriesCount);

    /// <summary>Recoveries because of a signal that nobody authenticated: a DTLS alert, or ICMP. Each takes one of <see cref="DprivResolverOptions.SignalBudgetPerHour"/>.</summary>
    public long SignalRecoveries => Interlocked.Read(ref SignalRecoveriesCount);

    /// <summary>Recoveries because of silence while an answer was due.</summary>
    public long SilenceRecoveries => Interlocked.Read(ref SilenceRecoveriesCount);

    /// <summary>Signals that nobody authenticated and that started nothing.</summary>
    public long SignalsIgnored => Interlocked.Read(ref SignalsIgnoredCount);

    internal void Add(ref long counter, long value) => Interlocked.Add(ref counter, value);
}
