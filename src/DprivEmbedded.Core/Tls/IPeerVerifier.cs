namespace DprivEmbedded.Tls;

/// <summary>Decides whether the peer's certificate chain, or its raw public key, is that of the server that was meant.</summary>
/// <remarks>
/// The chain arrives in pieces, so that a receive buffer smaller than the chain is enough. Order of calls: <see cref="Begin"/>, then for each
/// certificate <see cref="BeginCertificate"/>, <see cref="Certificate"/> any number of times, <see cref="EndCertificate"/>; then <see cref="Finish"/>.
/// No call throws on bytes from the network. Each method returns <see cref="TlsError.None"/> or the error that ends the handshake. After a
/// failure of any call the engine makes no further call but <see cref="Begin"/>.
/// A verifier serves one handshake at a time and can be reused for the next.
/// </remarks>
public interface IPeerVerifier
{
    /// <summary>Whether an X.509 chain can be verified; otherwise only raw public keys are asked for.</summary>
    bool AcceptsX509 { get; }

    /// <summary>Whether a raw public key (RFC 7250) can be verified: true only where pins are set (RFC 8310 section 9).</summary>
    bool AcceptsRawPublicKey { get; }

    /// <summary>Starts a chain and forgets the one before.</summary>
    /// <param name="rawPublicKey">True where the one "certificate" to come is a SubjectPublicKeyInfo (RFC 7250).</param>
    void Begin(bool rawPublicKey);

    /// <summary>Starts a certificate of the chain, the peer's own first.</summary>
    /// <param name="totalBytes">Its size in bytes, as announced by the peer and not yet received.</param>
    /// <returns><see cref="TlsError.None"/> or the error.</returns>
    int BeginCertificate(int totalBytes);

    /// <summary>Takes the next bytes of the certificate.</summary>
    /// <param name="data">The bytes; valid during the call only.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <returns><see cref="TlsError.None"/> or the error.</returns>
    int Certificate(byte[] data, int offset, int count);

    /// <summary>Ends the certificate: all announced bytes were handed over.</summary>
    /// <returns><see cref="TlsError.None"/> or the error.</returns>
    int EndCertificate();

    /// <summary>Decides on the whole chain.</summary>
    /// <param name="utcSeconds">The time of day in seconds since 1970-01-01 UTC, or 0 where it is unknown. A verifier that needs it and has none returns <see cref="TlsError.ClockUnknown"/>.</param>
    /// <returns>
    /// <see cref="TlsError.None"/> where the peer is authenticated; <see cref="TlsError.CertificateMalformed"/> where not even its public key could
    /// be read; any other code in the authentication range where the key was read but the peer is not authenticated (an opportunistic client may go on).
    /// </returns>
    int Finish(long utcSeconds);

    /// <summary>The peer's SubjectPublicKeyInfo in DER, in a buffer of the verifier; valid after <see cref="Finish"/> until the next <see cref="Begin"/>. Null where it could not be read.</summary>
    byte[] PublicKeyInfo { get; }

    /// <summary>First byte of the SubjectPublicKeyInfo in <see cref="PublicKeyInfo"/>.</summary>
    int PublicKeyInfoOffset { get; }

    /// <summary>Number of bytes of the SubjectPublicKeyInfo.</summary>
    int PublicKeyInfoBytes { get; }

    /// <summary>Until when the verdict of <see cref="Finish"/> holds, in seconds since 1970-01-01 UTC (the earliest notAfter of the path); 0 where nothing ends it (pins). A session is not resumed later than that.</summary>
    long ValidUntilUtcSeconds { get; }
}
