namespace DprivEmbedded.Harness.Network;

/// <summary>Which way a packet goes.</summary>
public enum PacketDirection
{
    /// <summary>From the client to the server.</summary>
    Up,

    /// <summary>From the server to the client.</summary>
    Down,
}
