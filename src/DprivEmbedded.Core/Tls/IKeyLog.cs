namespace DprivEmbedded.Tls;

/// <summary>Receives the secrets of a connection, so that a packet analyser can decrypt its capture. Used on explicit request only.</summary>
public interface IKeyLog
{
    /// <summary>Takes one secret. Source: RFC 9850 (the SSLKEYLOGFILE format).</summary>
    /// <param name="label">CLIENT_RANDOM for TLS 1.2; CLIENT_HANDSHAKE_TRAFFIC_SECRET and the like for TLS 1.3.</param>
    /// <param name="clientRandom">The 32-byte client random; valid during the call.</param>
    /// <param name="secret">The secret; valid during the call.</param>
    /// <param name="secretBytes">Its number of bytes.</param>
    void Log(string label, byte[] clientRandom, byte[] secret, int secretBytes);
}
