namespace DprivEmbedded.Harness.Bench;

/// <summary>What one peer costs in one row. What was not measured is null.</summary>
public sealed class BenchRow
{
    /// <summary>The row: query-tls13, resumed-dtls12, heap, startup and so on.</summary>
    public required string Name { get; init; }

    /// <summary>One of <see cref="BenchPeers"/>, or a program's name.</summary>
    public required string Peer { get; init; }

    /// <summary>The server: <c>memory</c> (in the same thread) or <c>loopback</c> (in this process, over a socket).</summary>
    public required string Server { get; init; }

    /// <summary>Processor time of the client, the median over rounds; of a program, of the whole process with its children.</summary>
    public double? CpuMicroseconds { get; set; }

    /// <summary>The same of this library (<see cref="BenchPeers.Own"/>) by this peer's: below 1 where this library is cheaper.</summary>
    public double? CpuRatio { get; set; }

    /// <summary>Bytes that the client allocated on the managed heap.</summary>
    public long? AllocatedBytes { get; set; }

    /// <summary>Bytes of the TLS stream or of datagrams, to the server.</summary>
    public long? BytesUp { get; set; }

    /// <summary>The same from the server.</summary>
    public long? BytesDown { get; set; }

    /// <summary>Flights in both directions.</summary>
    public int? Flights { get; set; }

    /// <summary>Managed bytes that a quiet association keeps alive.</summary>
    public long? HeapBytes { get; set; }

    /// <summary>Growth of the process's resident memory for each, managed and native; rough.</summary>
    public long? ResidentBytes { get; set; }
}
