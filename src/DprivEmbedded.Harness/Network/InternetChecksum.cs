using System;

namespace DprivEmbedded.Harness.Network;

/// <summary>The checksum of IPv4, UDP, TCP and ICMP. Source: RFC 1071.</summary>
internal static class InternetChecksum
{
    /// <summary>Adds 16-bit words, an odd byte padded with zero.</summary>
    public static uint Sum(ReadOnlySpan<byte> data, uint sum = 0)
    {
        for (int i = 0; i + 1 < data.Length; i += 2)
            sum += (uint)((data[i] << 8) | data[i + 1]);

        if ((data.Length & 1) != 0)
            sum += (uint)(data[^1] << 8);

        return sum;
    }

    /// <summary>The pseudo header's sum. Source: RFC 9293 section 3.1.</summary>
    public static uint PseudoHeader(Ipv4Address source, Ipv4Address destination, int protocol, int bytes)
    {
        return (source.Value >> 16) + (source.Value & 0xFFFF) + (destination.Value >> 16) + (destination.Value & 0xFFFF) + (uint)protocol + (uint)bytes;
    }

    /// <summary>Folds the sum and complements it.</summary>
    public static ushort Finish(uint sum)
    {
        while (sum >> 16 != 0)
            sum = (sum & 0xFFFF) + (sum >> 16);

        return (ushort)~sum;
    }
}
