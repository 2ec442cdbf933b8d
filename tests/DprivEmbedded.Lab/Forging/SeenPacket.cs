namespace DprivEmbedded.Lab.Forging;

/// <summary>The client's last packet to the server.</summary>
/// <param name="Port">The client's port.</param>
/// <param name="Acknowledged">TCP: the sequence number that the client expects next.</param>
/// <param name="Start">The IP header and the first 8 bytes behind it.</param>
internal sealed record SeenPacket(int Port, uint Acknowledged, byte[] Start);
