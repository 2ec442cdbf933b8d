namespace DprivEmbedded.Tls;

/// <summary>A verifier that wants to know whether the peer's certificate was revoked, as an OCSP response that the peer staples to it. It costs a device no connection of its own.</summary>
/// <remarks>
/// The engine asks for the response and hands it over; what it says and whether it is authentic (RFC 6960 section 3.2) is for the verifier to judge. It stands between the peer's own
/// certificate and <see cref="IPeerVerifier.Finish"/>, which is called whether a response came or not. In TLS 1.2 one that does not fit into the handshake buffer is passed over.
/// Source: RFC 6066 section 8, RFC 8446 section 4.4.2.1.
/// </remarks>
public interface IStapledStatusVerifier : IPeerVerifier
{
    /// <summary>Whether a response is asked for.</summary>
    bool WantsStatus { get; }

    /// <summary>Starts the OCSP response of the peer's own certificate.</summary>
    /// <param name="totalBytes">Its size in bytes, as announced by the peer.</param>
    /// <returns><see cref="TlsError.None"/> or the error.</returns>
    int BeginStatus(int totalBytes);

    /// <summary>Takes the next bytes of the response.</summary>
    /// <param name="data">The bytes; valid during the call only.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <returns><see cref="TlsError.None"/> or the error.</returns>
    int Status(byte[] data, int offset, int count);
}
