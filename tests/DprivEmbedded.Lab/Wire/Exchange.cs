using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace DprivEmbedded.Lab.Wire;

/// <summary>What passed at the client from a query to its answer, counted as the seed counts: a round trip is a flight of the client and what comes back for it. Bare acknowledgements and goodbyes do not count.</summary>
public sealed class Exchange
{
    private Exchange(IReadOnlyList<Packet> packets, IReadOnlyList<(bool IsUp, IReadOnlyList<Packet> Packets)> flights)
    {
        Packets = packets;
        Flights = flights;
    }

    /// <summary>All packets, those that do not count as flights too.</summary>
    public IReadOnlyList<Packet> Packets { get; }

    public IReadOnlyList<(bool IsUp, IReadOnlyList<Packet> Packets)> Flights { get; }

    public int RoundTrips => Flights.Count(f => !f.IsUp);

    public int BytesUp => Packets.Where(p => p.IsUp).Sum(p => p.IpBytes);

    public int BytesDown => Packets.Where(p => !p.IsUp).Sum(p => p.IpBytes);

    /// <summary>From the first packet of the client to the last one of the server.</summary>
    public double ElapsedMs => Flights.Count == 0 ? 0 : (Flights[^1].Packets[^1].TimeUs - Flights[0].Packets[0].TimeUs) / 1000.0;

    /// <summary>Every packet, with its time since the first one.</summary>
    public string Listing => string.Join('\n', Packets.Select(p => FormattableString.Invariant($"{(p.TimeUs - Packets[0].TimeUs) / 1000.0,8:0.0} {p}")));

    /// <summary>One line a flight, such as "--> CCS, Finished, data".</summary>
    public IReadOnlyList<string> Ladder => [.. Flights.Select(f => (f.IsUp ? "--> " : "<-- ") + string.Join(", ", f.Packets.SelectMany(p => p.Labels)))];

    /// <param name="startUs">When the query was asked, microseconds since 1970.</param>
    /// <param name="endUs">When the client had the answer.</param>
    public static Exchange Between(IReadOnlyList<Packet> capture, long startUs, long endUs)
    {
        var packets = capture.Where(p => p.TimeUs >= startUs && p.TimeUs <= endUs).ToList();
        var flights = new List<(bool IsUp, List<Packet> Packets)>();
        foreach (var packet in packets.Where(p => p.Matters))
        {
            if (flights.Count == 0 && !packet.IsUp)
                continue;
            if (flights.Count == 0 || flights[^1].IsUp != packet.IsUp)
                flights.Add((packet.IsUp, []));
            flights[^1].Packets.Add(packet);
        }

        // What the client says after the answer's packet belongs to no round trip.
        if (flights.Count > 0 && flights[^1].IsUp)
            flights.RemoveAt(flights.Count - 1);
        return new Exchange(packets, [.. flights.Select(f => (f.IsUp, (IReadOnlyList<Packet>)f.Packets))]);
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var line in Ladder)
            text.Append(line).Append('\n');
        return text.Append(FormattableString.Invariant($"{RoundTrips} round trips, {Packets.Count} packets, {BytesUp} B up, {BytesDown} B down, {ElapsedMs:0.0} ms")).ToString();
    }
}
