using System;
using System.Collections.Generic;
using DprivEmbedded.Tls;
using Org.BouncyCastle.X509;

namespace DprivEmbedded.Crypto.BouncyCastle.Pkix;

/// <summary>
/// Authenticates the peer by an authentication name in a certificate whose path to a trust anchor is validated in full (RFC 5280), and by pins
/// besides where some are set. Source: RFC 8310 section 8.1, RFC 7858 section 4.2.
/// </summary>
/// <remarks>
/// <para>With pins, name and pin must both match; a pin may be of any certificate of the validated path, its anchor included. A raw public key has
/// no name: it is accepted by its pin alone, and only where pins are set.</para>
/// <para>Names are taken from subjectAltName only, never from the subject. Internationalised names are given and compared as A-labels. IP addresses
/// match iPAddress entries only. A wildcard must be the whole left-most label and has at least two labels behind it.</para>
/// <para>Accepted signatures in the path: ECDSA (P-256, P-384) with SHA-256 or SHA-384, RSA PKCS#1 v1.5 or PSS from 2048 bits with SHA-256, SHA-384
/// or SHA-512; the peer's own key is P-256 or RSA of 2048 to 4096 bits. Revocation is not checked. An expired anchor is refused.</para>
/// <para>Collects the chain up to a limit in bytes and certificates; the order of all but the first is free and extra certificates are ignored.</para>
/// </remarks>
public sealed class PkixPeerVerifier : IPeerVerifier
{
    /// <summary>Default of the largest chain in bytes.</summary>
    public const int DefaultMaxChainBytes = 16384;

    /// <summary>Default of the largest number of certificates in a chain.</summary>
    public const int DefaultMaxCertificates = 10;

    private readonly AuthenticationName _name;
    private readonly TrustAnchors _anchors;
    private readonly byte[][] _pins;
    private readonly int _maxChainBytes;
    private readonly int _maxCertificates;
    private readonly SpkiReader _reader = new SpkiReader();
    private readonly List<byte[]> _chain = new List<byte[]>();
    private byte[] _current = Array.Empty<byte>();
    private int _received;
    private int _chainBytes;
    private bool _raw;
    private bool _keyRead;

    /// <summary>Makes a verifier.</summary>
    /// <param name="authenticationName">A DNS name (A-labels) or an IP address.</param>
    /// <param name="anchors">What is trusted.</param>
    /// <param name="pins">SPKI pins of 32 bytes, of which one must match as well; null or empty for none. See <see cref="SpkiPin.Parse"/>.</param>
    /// <param name="maxChainBytes">Largest chain in bytes.</param>
    /// <param name="maxCertificates">Largest number of certificates.</param>
    /// <exception cref="ArgumentNullException">The name or the anchors are null.</exception>
    /// <exception cref="ArgumentException">The name is neither a DNS name nor an IP address, a pin has not 32 bytes, or a limit is not positive.</exception>
    public PkixPeerVerifier(string authenticationName, TrustAnchors anchors, byte[][]? pins = null, int maxChainBytes = DefaultMaxChainBytes, int maxCertificates = DefaultMaxCertificates)
    {
        if (authenticationName == null)
            throw new ArgumentNullException(nameof(authenticationName));
        if (maxChainBytes <= 0)
            throw new ArgumentOutOfRangeException(nameof(maxChainBytes), "The limit must be positive.");
        if (maxCertificates <= 0)
            throw new ArgumentOutOfRangeException(nameof(maxCertificates), "The limit must be positive.");

        _name = new AuthenticationName(authenticationName);
        _anchors = anchors ?? throw new ArgumentNullException(nameof(anchors));
        _pins = new byte[pins?.Length ?? 0][];
        for (int i = 0; i < _pins.Length; i++)
        {
            if (pins![i] == null || pins[i].Length != SpkiPinVerifier.PinBytes)
                throw new ArgumentException("A pin is a SHA-256 value of 32 bytes.", nameof(pins));

            _pins[i] = (byte[])pins[i].Clone();
        }

        _maxChainBytes = maxChainBytes;
        _maxCertificates = maxCertificates;
    }

    /// <inheritdoc/>
    public bool AcceptsX509 => true;

    /// <inheritdoc/>
    public bool AcceptsRawPublicKey => _pins.Length > 0;

    /// <inheritdoc/>
    public byte[]? PublicKeyInfo => _keyRead ? _reader.Spki : null;

    /// <inheritdoc/>
    public int PublicKeyInfoOffset => 0;

    /// <inheritdoc/>
    public int PublicKeyInfoBytes => _keyRead ? _reader.SpkiBytes : 0;

    /// <inheritdoc/>
    public long ValidUntilUtcSeconds { get; private set; }

    /// <inheritdoc/>
    public void Begin(bool rawPublicKey)
    {
        _raw = rawPublicKey;
        _chain.Clear();
        _chainBytes = 0;
        _keyRead = false;
        ValidUntilUtcSeconds = 0;
    }

    /// <inheritdoc/>
    public int BeginCertificate(int totalBytes)
    {
        if (_raw && _pins.Length == 0)
            return TlsError.NothingToVerifyWith;
        if (_raw && _chain.Count > 0)
            return TlsError.CertificateMalformed;
        if (_chain.Count >= _maxCertificates || totalBytes > _maxChainBytes - _chainBytes)
            return TlsError.CertificateTooLarge;
        if (totalBytes <= 0)
            return TlsError.CertificateMalformed;

        _chainBytes += totalBytes;
        _current = new byte[totalBytes];
        _received = 0;
        if (_chain.Count == 0)
            _reader.Begin(_raw, totalBytes);

        return TlsError.None;
    }

    /// <inheritdoc/>
    public int Certificate(byte[] data, int offset, int count)
    {
        if (count > _current.Length - _received)
            return TlsError.CertificateMalformed;

        Array.Copy(data, offset, _current, _received, count);
        _received += count;
        return _chain.Count == 0 ? _reader.Update(data, offset, count) : TlsError.None;
    }

    /// <inheritdoc/>
    public int EndCertificate()
    {
        if (_received != _current.Length)
            return TlsError.CertificateMalformed;

        int error = TlsError.None;
        if (_chain.Count == 0)
        {
            error = _reader.End();
            _keyRead = error == TlsError.None;
        }

        _chain.Add(_current);
        return error;
    }

    /// <inheritdoc/>
    public int Finish(long utcSeconds)
    {
        if (_chain.Count == 0)
            return TlsError.NoCertificate;
        if (!_keyRead)
            return TlsError.CertificateMalformed;
        if (_raw)
            return FinishRaw();

        try
        {
            return FinishChain(utcSeconds);
        }
        catch (Exception e) when (!(e is OutOfMemoryException))
        {
            // BouncyCastle throws many types on certificates that break rules which it meets late.
            return TlsError.CertificateInvalid;
        }
        finally
        {
            _chain.Clear();
            _current = Array.Empty<byte>();
        }
    }

    private int FinishRaw()
    {
        byte[] hash = new byte[SpkiPinVerifier.PinBytes];
        Sha256Hash sha256 = new Sha256Hash();
        sha256.Update(_reader.Spki, 0, _reader.SpkiBytes);
        sha256.Snapshot(hash, 0);
        foreach (byte[] pin in _pins)
        {
            if (CertificateFacts.SameBytes(pin, hash))
                return TlsError.None;
        }

        return TlsError.PinMismatch;
    }

    private int FinishChain(long utcSeconds)
    {
        X509Certificate? leaf = CertificateFacts.Parse(_chain[0]);
        if (leaf == null || !IsKeyOf(leaf))
        {
            _keyRead = false;
            return TlsError.CertificateMalformed;
        }

        if (utcSeconds <= 0)
            return TlsError.ClockUnknown;
        if (!CertificateFacts.LeafKeyFits(leaf))
            return TlsError.UnsupportedKey;

        List<X509Certificate> certificates = new List<X509Certificate> { leaf };
        bool damaged = false;
        for (int i = 1; i < _chain.Count; i++)
        {
            X509Certificate? certificate = CertificateFacts.Parse(_chain[i]);
            if (certificate != null)
                certificates.Add(certificate);
            else
                damaged = true;
        }

        PathSearch search = PathSearch.Run(certificates, _anchors, _pins.Length > 0 ? _pins : null, utcSeconds);
        if (search.Error == TlsError.UnknownAuthority && damaged)
            return TlsError.CertificateInvalid; // the missing link may be the damaged certificate
        if (search.Error != TlsError.None && search.Error != TlsError.PinMismatch)
            return search.Error;
        if (!CertificateFacts.MayServe(leaf))
            return TlsError.CertificateNotForServer;
        if (!_name.Matches(leaf))
            return TlsError.NameMismatch;
        if (search.Error == TlsError.None)
            ValidUntilUtcSeconds = search.ValidUntil;

        return search.Error;
    }

    /// <summary>Whether the streaming reader and BouncyCastle see the same key: what is pinned and used in the handshake is what was validated.</summary>
    private bool IsKeyOf(X509Certificate certificate)
    {
        byte[] spki = CertificateFacts.Spki(certificate);
        return spki.Length == _reader.SpkiBytes && ConstantTime.AreEqual(spki, 0, _reader.Spki, 0, spki.Length);
    }
}
