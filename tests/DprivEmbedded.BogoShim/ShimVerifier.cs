using System;
using System.Collections.Generic;
using System.IO;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Tls;
using Org.BouncyCastle.X509;

namespace DprivEmbedded.BogoShim;

/// <summary>Finds every certificate good, or none: the runner's certificates are not meant to be verified. Keeps the chain for comparison.</summary>
internal sealed class ShimVerifier(Func<int> verdict, bool wantsStatus, int maxChainBytes) : IStapledStatusVerifier
{
    private readonly SpkiReader _key = new();
    private MemoryStream? _certificate;
    private int _chainBytes;

    public List<byte[]> Chain { get; } = [];

    /// <summary>The stapled OCSP response; null where none came.</summary>
    public byte[]? StapledStatus { get; private set; }

    public bool WantsStatus => wantsStatus;

    public bool AcceptsX509 => true;

    public bool AcceptsRawPublicKey => false;

    public byte[]? PublicKeyInfo => _key.SpkiBytes == 0 ? null : _key.Spki;

    public int PublicKeyInfoOffset => 0;

    public int PublicKeyInfoBytes => _key.SpkiBytes;

    public long ValidUntilUtcSeconds => 0;

    public void Begin(bool rawPublicKey)
    {
        Chain.Clear();
        _chainBytes = 0;
        StapledStatus = null;
    }

    public int BeginStatus(int totalBytes)
    {
        StapledStatus = [];
        return TlsError.None;
    }

    public int Status(byte[] data, int offset, int count)
    {
        StapledStatus = [.. StapledStatus!, .. data.AsSpan(offset, count)];
        return TlsError.None;
    }

    public int BeginCertificate(int totalBytes)
    {
        _chainBytes += totalBytes;
        if (_chainBytes > maxChainBytes)
            return TlsError.CertificateTooLarge;

        _certificate = new MemoryStream();
        if (Chain.Count == 0)
            _key.Begin(false, totalBytes);

        return TlsError.None;
    }

    public int Certificate(byte[] data, int offset, int count)
    {
        _certificate!.Write(data, offset, count);
        return Chain.Count == 0 ? _key.Update(data, offset, count) : TlsError.None;
    }

    public int EndCertificate()
    {
        int error = Chain.Count == 0 ? _key.End() : TlsError.None;
        Chain.Add(_certificate!.ToArray());
        return error;
    }

    public int Finish(long utcSeconds)
    {
        int error = verdict();
        if (error != TlsError.None)
            return error;

        // What PkixPeerVerifier demands of a server's certificate apart from its path: keyUsage and extendedKeyUsage.
        X509Certificate? leaf = CertificateFacts.Parse(Chain[0]);
        return leaf == null || CertificateFacts.MayServe(leaf) ? TlsError.None : TlsError.CertificateNotForServer;
    }
}
