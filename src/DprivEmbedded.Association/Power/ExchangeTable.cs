namespace DprivEmbedded.Power;

/// <summary>Flights and bytes of one protocol, an element for each <see cref="ExchangeKind"/>. Bytes count IP headers.</summary>
public sealed class ExchangeTable
{
    /// <summary>The protocol's name, such as "dodtls".</summary>
    public string Name;

    /// <summary>One of <see cref="Association.AssociationTransport"/>.</summary>
    public int Transport;

    /// <summary>Bytes to the server.</summary>
    public readonly int[] UpBytes = new int[ExchangeKind.Count];

    /// <summary>Bytes from the server.</summary>
    public readonly int[] DownBytes = new int[ExchangeKind.Count];

    /// <summary>Packets in both directions.</summary>
    public readonly int[] Packets = new int[ExchangeKind.Count];

    /// <summary>Round trips until the answer, or until the exchange is over.</summary>
    public readonly int[] RoundTrips = new int[ExchangeKind.Count];

    /// <summary>What is computed, one of <see cref="HandshakeKind"/>.</summary>
    public readonly int[] Handshake = new int[ExchangeKind.Count];
}
