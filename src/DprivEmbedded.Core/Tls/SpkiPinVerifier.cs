using System;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Tls;

/// <summary>Authenticates the peer by pins: SHA-256 values of the SubjectPublicKeyInfo of its own certificate or raw public key. Source: RFC 7858 section 4.2, RFC 8310 section 8.2.</summary>
/// <remarks>
/// <para>Never holds a certificate: beside the pins it keeps <see cref="SpkiReader.MaxSpkiBytes"/> bytes. Allocates nothing after construction.
/// Needs no time of day: a pin has no end of validity.</para>
/// <para>Only the first certificate is matched. The others of a chain that nobody validated prove nothing: anyone can send the pinned authority's
/// public certificate behind one of his own. To pin an authority, use a verifier that validates the path.</para>
/// <para>Several pins are alternatives, so that a backup key can be pinned in advance. Without any pin the key is still read, and
/// <see cref="Finish"/> returns <see cref="TlsError.NothingToVerifyWith"/>: an opportunistic client (RFC 8310 section 5) may go on from there.</para>
/// </remarks>
public sealed class SpkiPinVerifier : IPeerVerifier
{
    /// <summary>Size of a pin in bytes.</summary>
    public const int PinBytes = 32;

    /// <summary>Largest chain that is let pass by, in bytes: a bound on what a peer can make a device receive.</summary>
    public const int MaxChainBytes = 65536;

    private readonly byte[][] _pins;
    private readonly IHash _sha256;
    private readonly SpkiReader _reader = new SpkiReader();
    private readonly byte[] _digest = new byte[PinBytes];
    private bool _raw;
    private int _certificates;
    private int _chainBytes;
    private bool _keyRead;

    /// <summary>Makes a verifier.</summary>
    /// <param name="pins">The pins, 32 bytes each, any number; copied. See <see cref="SpkiPin.Parse"/>.</param>
    /// <param name="sha256">A SHA-256 for this verifier alone.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">A pin has not 32 bytes.</exception>
    public SpkiPinVerifier(byte[][] pins, IHash sha256)
    {
        if (pins == null)
            throw new ArgumentNullException("pins");
        if (sha256 == null)
            throw new ArgumentNullException("sha256");

        _pins = new byte[pins.Length][];
        for (int i = 0; i < pins.Length; i++)
        {
            if (pins[i] == null || pins[i].Length != PinBytes)
                throw new ArgumentException("A pin is a SHA-256 value of 32 bytes.");

            _pins[i] = new byte[PinBytes];
            Array.Copy(pins[i], 0, _pins[i], 0, PinBytes);
        }

        _sha256 = sha256;
    }

    /// <inheritdoc/>
    public bool AcceptsX509
    {
        get { return true; }
    }

    /// <inheritdoc/>
    public bool AcceptsRawPublicKey
    {
        get { return _pins.Length > 0; }
    }

    /// <inheritdoc/>
    public byte[] PublicKeyInfo
    {
        get { return _keyRead ? _reader.Spki : null; }
    }

    /// <inheritdoc/>
    public int PublicKeyInfoOffset
    {
        get { return 0; }
    }

    /// <inheritdoc/>
    public int PublicKeyInfoBytes
    {
        get { return _keyRead ? _reader.SpkiBytes : 0; }
    }

    /// <inheritdoc/>
    public long ValidUntilUtcSeconds
    {
        get { return 0; }
    }

    /// <inheritdoc/>
    public void Begin(bool rawPublicKey)
    {
        _raw = rawPublicKey;
        _certificates = 0;
        _chainBytes = 0;
        _keyRead = false;
    }

    /// <inheritdoc/>
    public int BeginCertificate(int totalBytes)
    {
        if (_raw && _pins.Length == 0)
            return TlsError.NothingToVerifyWith;
        if (_raw && _certificates > 0)
            return TlsError.CertificateMalformed;
        if (totalBytes > MaxChainBytes - _chainBytes)
            return TlsError.CertificateTooLarge;

        _chainBytes += totalBytes;
        _certificates++;
        if (_certificates == 1)
            _reader.Begin(_raw, totalBytes);

        return TlsError.None;
    }

    /// <inheritdoc/>
    public int Certificate(byte[] data, int offset, int count)
    {
        return _certificates == 1 ? _reader.Update(data, offset, count) : TlsError.None;
    }

    /// <inheritdoc/>
    public int EndCertificate()
    {
        if (_certificates != 1)
            return TlsError.None;

        int error = _reader.End();
        _keyRead = error == TlsError.None;
        return error;
    }

    /// <inheritdoc/>
    public int Finish(long utcSeconds)
    {
        if (_certificates == 0)
            return TlsError.NoCertificate;
        if (!_keyRead)
            return TlsError.CertificateMalformed;
        if (_pins.Length == 0)
            return TlsError.NothingToVerifyWith;

        _sha256.Reset();
        _sha256.Update(_reader.Spki, 0, _reader.SpkiBytes);
        _sha256.Snapshot(_digest, 0);
        for (int i = 0; i < _pins.Length; i++)
        {
            if (ConstantTime.AreEqual(_pins[i], 0, _digest, 0, PinBytes))
                return TlsError.None;
        }

        return TlsError.PinMismatch;
    }
}
