namespace DprivEmbedded.Tls;

/// <summary>What a client handshake asks of the record layer beneath it, TLS's or DTLS's.</summary>
internal interface IHandshakeChannel
{
    /// <summary>Gives room for one handshake message with its 4-byte header.</summary>
    /// <param name="writer">Is reset to the room.</param>
    void BeginMessage(ByteWriter writer);

    /// <summary>Sends the message that was written since <see cref="BeginMessage"/>.</summary>
    /// <param name="count">Its number of bytes, the header included.</param>
    void SendMessage(int count);

    /// <summary>Sends a change_cipher_spec.</summary>
    void SendChangeCipherSpec();

    /// <summary>Protects what is sent from now on.</summary>
    /// <param name="suite">The cipher suite; 0 takes protection away (the second ClientHello after rejected early data).</param>
    /// <param name="key">The key.</param>
    /// <param name="keyOffset">Its first byte.</param>
    /// <param name="iv">The implicit nonce.</param>
    /// <param name="ivOffset">Its first byte.</param>
    void ProtectWrites(int suite, byte[] key, int keyOffset, byte[] iv, int ivOffset);

    /// <summary>Expects protection of what is received from now on.</summary>
    /// <param name="suite">The cipher suite.</param>
    /// <param name="key">The key.</param>
    /// <param name="keyOffset">Its first byte.</param>
    /// <param name="iv">The implicit nonce.</param>
    /// <param name="ivOffset">Its first byte.</param>
    void ProtectReads(int suite, byte[] key, int keyOffset, byte[] iv, int ivOffset);

    /// <summary>The plaintext limit that the peer announced for what is sent to it (RFC 8449, RFC 6066 section 4).</summary>
    /// <param name="bytes">Bytes of content a record.</param>
    void LimitWrites(int bytes);

    /// <summary>DTLS: the message_seq of the message that <see cref="SendMessage"/> takes next (RFC 6347 section 4.2.2).</summary>
    int SendSequence { get; }

    /// <summary>DTLS: the message_seq of the message that is being consumed.</summary>
    int ReceiveSequence { get; }
}
