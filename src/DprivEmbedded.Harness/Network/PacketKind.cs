namespace DprivEmbedded.Harness.Network;

/// <summary>What a packet is.</summary>
public enum PacketKind
{
    /// <summary>TCP: opens a connection, with or without data.</summary>
    Syn,

    /// <summary>TCP: the answer to that.</summary>
    SynAck,

    /// <summary>TCP: data, with or without a FIN.</summary>
    Data,

    /// <summary>TCP: the end of a direction.</summary>
    Fin,

    /// <summary>TCP: the connection does not exist, or no more.</summary>
    Reset,

    /// <summary>TCP: a bare acknowledgement.</summary>
    Ack,

    /// <summary>TCP: a probe, a zero-length segment one below the next number.</summary>
    Keepalive,

    /// <summary>UDP.</summary>
    Datagram,

    /// <summary>ICMP.</summary>
    Icmp,
}
