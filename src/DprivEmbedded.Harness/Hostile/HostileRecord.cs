namespace DprivEmbedded.Harness.Hostile;

/// <summary>A record of the server before it is protected.</summary>
/// <param name="Type">Its content type.</param>
/// <param name="Content">Its content. Over DTLS a handshake record holds fragments with their 12-byte headers.</param>
/// <param name="Epoch">Its keys: 0 none; TLS 1.3: 1 handshake, 2 application, 3 and up after KeyUpdates; TLS 1.2 and DTLS 1.2: 1.</param>
public sealed record HostileRecord(int Type, byte[] Content, int Epoch)
{
    /// <summary>Bytes of TLS 1.3 padding to add.</summary>
    public int Padding { get; init; }

    /// <summary>Bytes to send as they are instead; null for none. Over DTLS a datagram of its own.</summary>
    public byte[]? Raw { get; init; }

    /// <summary>DTLS: the record's sequence number; -1 for the next one.</summary>
    public long Sequence { get; init; } = -1;
}
