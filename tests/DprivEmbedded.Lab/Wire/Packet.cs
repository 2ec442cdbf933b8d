using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;

namespace DprivEmbedded.Lab.Wire;

/// <summary>A captured IPv4 packet.</summary>
public sealed class Packet
{
    /// <summary>Microseconds since 1970 (UTC).</summary>
    public required long TimeUs { get; init; }

    /// <summary>From the client.</summary>
    public required bool IsUp { get; init; }

    /// <summary>Tcp, Udp or Icmp.</summary>
    public required ProtocolType Protocol { get; init; }

    public required IPEndPoint Source { get; init; }

    public required IPEndPoint Destination { get; init; }

    /// <summary>Length of the IP packet.</summary>
    public required int IpBytes { get; init; }

    /// <summary>What TCP or UDP carries.</summary>
    public byte[] Payload { get; init; } = [];

    public bool Syn { get; init; }

    public bool Ack { get; init; }

    public bool Fin { get; init; }

    public bool Rst { get; init; }

    /// <summary>TCP's sequence number of the first payload byte.</summary>
    public uint Sequence { get; init; }

    /// <summary>The client's port.</summary>
    public int NearPort => IsUp ? Source.Port : Destination.Port;

    /// <summary>What is in it: "SYN", "ClientHello" and so on. Empty for an ACK alone and for FIN.</summary>
    public IReadOnlyList<string> Labels { get; set; } = [];

    /// <summary>Whether it says something: what only acknowledges or says goodbye (FIN, close_notify) costs no round trip.</summary>
    public bool Matters => Labels.Any(label => label != TlsRecords.ProtectedAlert);

    public override string ToString() => $"{(IsUp ? "-->" : "<--")} {NearPort} {IpBytes} B {(Labels.Count > 0 ? string.Join(", ", Labels) : Fin ? "FIN" : "ACK")}";
}
