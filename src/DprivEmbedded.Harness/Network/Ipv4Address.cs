using System;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace DprivEmbedded.Harness.Network;

/// <summary>An IPv4 address of the simulated network.</summary>
/// <param name="Value">The address, first octet uppermost.</param>
public readonly record struct Ipv4Address(uint Value)
{
    /// <summary>Reads a dotted address.</summary>
    /// <param name="text">Such as 192.0.2.1.</param>
    /// <returns>The address.</returns>
    /// <exception cref="FormatException">It is no IPv4 address.</exception>
    public static Ipv4Address Parse(string text)
    {
        IPAddress address = IPAddress.Parse(text);
        if (address.AddressFamily != AddressFamily.InterNetwork)
            throw new FormatException(text + " is no IPv4 address.");

        byte[] octets = address.GetAddressBytes();
        return new Ipv4Address(((uint)octets[0] << 24) | ((uint)octets[1] << 16) | ((uint)octets[2] << 8) | octets[3]);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        return string.Create(CultureInfo.InvariantCulture, $"{Value >> 24}.{(Value >> 16) & 255}.{(Value >> 8) & 255}.{Value & 255}");
    }
}
