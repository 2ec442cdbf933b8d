namespace DprivEmbedded.Dtls;

/// <summary>The header of a handshake message's fragment. Source: RFC 6347 section 4.2.2.</summary>
public static class DtlsHandshakeHeader
{
    /// <summary>Its size: type (1), length (3), message_seq (2), fragment_offset (3), fragment_length (3).</summary>
    public const int Bytes = 12;

    /// <summary>Writes one.</summary>
    /// <param name="buffer">Receives <see cref="Bytes"/> bytes.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="type">The message's type, one of <see cref="Tls.HandshakeType"/>.</param>
    /// <param name="length">Size of the whole message's body in bytes.</param>
    /// <param name="sequence">Its message_seq.</param>
    /// <param name="fragmentOffset">Where in the body the fragment begins.</param>
    /// <param name="fragmentLength">Size of the fragment in bytes.</param>
    public static void Write(byte[] buffer, int offset, int type, int length, int sequence, int fragmentOffset, int fragmentLength)
    {
        buffer[offset] = (byte)type;
        Write24(buffer, offset + 1, length);
        buffer[offset + 4] = (byte)(sequence >> 8);
        buffer[offset + 5] = (byte)sequence;
        Write24(buffer, offset + 6, fragmentOffset);
        Write24(buffer, offset + 9, fragmentLength);
    }

    private static void Write24(byte[] buffer, int offset, int value)
    {
        buffer[offset] = (byte)(value >> 16);
        buffer[offset + 1] = (byte)(value >> 8);
        buffer[offset + 2] = (byte)value;
    }
}
