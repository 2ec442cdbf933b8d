using System.Collections.Generic;

namespace DprivEmbedded.Sockets;

/// <summary>What travelled one way before anything came the other way, and when.</summary>
public sealed class Flight
{
    internal Flight(bool up, double atMs)
    {
        Up = up;
        AtMs = atMs;
    }

    /// <summary>Whether it went from the client to the server.</summary>
    public bool Up { get; }

    /// <summary>When it began, in milliseconds since the recorder's start.</summary>
    public double AtMs { get; }

    /// <summary>Its bytes on the TCP stream; 0 for a flight of TCP alone.</summary>
    public int Bytes { get; internal set; }

    /// <summary>What is in it, in the words of the seed's figures.</summary>
    public IList<string> Parts { get; } = new List<string>();
}
