using System;
using System.Globalization;

namespace DprivEmbedded.Harness.Network;

/// <summary>An address and a port of the simulated network.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port, 0..65535.</param>
public readonly record struct Ipv4EndPoint(Ipv4Address Address, int Port)
{
    /// <summary>Reads an address and a port.</summary>
    /// <param name="text">Such as 192.0.2.1:853.</param>
    /// <returns>The end point.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    public static Ipv4EndPoint Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon < 0)
            throw new FormatException(text + " has no port.");

        return new Ipv4EndPoint(Ipv4Address.Parse(text[..colon]), ushort.Parse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        return string.Create(CultureInfo.InvariantCulture, $"{Address}:{Port}");
    }
}
