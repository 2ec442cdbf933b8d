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

    /// <summary>Lookups asked for.</summary>
    public long Lookups => Interlocked.Read(ref LookupsCount);

    /// <summary>Lookups answered.</summary>
    public long Answers => Interlocked.Read(ref AnswersCount);

    /// <summary>Lookups that failed at every server.</summary>
    public long Failures => Interlocked.Read(ref FailuresCount);

    /// <summary>TCP connections begun.</summary>
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

    internal void Add(ref long counter, long value) => Interlocked.Add(ref counter, value);
}
