using System;
using System.Collections.Generic;
using DprivEmbedded.Tls;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Pkix;
using Org.BouncyCastle.X509;

namespace DprivEmbedded.Crypto.BouncyCastle.Pkix;

/// <summary>Searches a path from the peer's certificate to a trust anchor and has BouncyCastle validate it (RFC 5280 section 6).</summary>
/// <remarks>
/// The search goes depth first over issuers' names and checks each signature on the way, with a budget of signature checks: certificates made to
/// form a thicket (cross-signed loops, many namesakes) end in an error, not in minutes of work. Only a path whose every signature is right reaches
/// BouncyCastle's validator, which then checks the rest: validity, name constraints, policies, path lengths, critical extensions.
/// BouncyCastle's own builder is not used: it follows names without checking signatures, without a budget, and says little about what was wrong.
/// </remarks>
internal sealed class PathSearch
{
    private const int SignatureBudget = 60;

    private readonly TrustAnchors _anchors;
    private readonly IReadOnlyList<X509Certificate> _others;
    private readonly IReadOnlyList<byte[]>? _pins;
    private readonly long _utcSeconds;
    private readonly List<X509Certificate> _path = new List<X509Certificate>();
    private int _signatureChecks;

    private PathSearch(TrustAnchors anchors, IReadOnlyList<X509Certificate> others, IReadOnlyList<byte[]>? pins, long utcSeconds)
    {
        _anchors = anchors;
        _others = others;
        _pins = pins;
        _utcSeconds = utcSeconds;
        Error = TlsError.UnknownAuthority;
    }

    /// <summary>None, or the most telling error of the paths tried. PinMismatch where a valid path was found but none with a pin in it.</summary>
    public int Error { get; private set; }

    /// <summary>The earliest notAfter of the path that was accepted.</summary>
    public long ValidUntil { get; private set; }

    /// <summary>Searches.</summary>
    /// <param name="chain">The peer's certificate first, then others in any order; some may be of no use.</param>
    /// <param name="anchors">What is trusted.</param>
    /// <param name="pins">SHA-256 values of which one must be of a certificate of the path; null for none.</param>
    /// <param name="utcSeconds">The time.</param>
    public static PathSearch Run(IReadOnlyList<X509Certificate> chain, TrustAnchors anchors, IReadOnlyList<byte[]>? pins, long utcSeconds)
    {
        PathSearch search = new PathSearch(anchors, chain, pins, utcSeconds);
        search._path.Add(chain[0]);
        if (!search.TryLeafAsAnchor(chain[0]))
            search.Extend();

        return search;
    }

    private bool TryLeafAsAnchor(X509Certificate leaf)
    {
        foreach (X509Certificate anchor in _anchors.BySubject(CertificateFacts.Subject(leaf)))
        {
            if (!anchor.Equals(leaf))
                continue;

            // There is nothing to validate between the anchor and itself; validity, use and unknown critical extensions remain.
            if (!CertificateFacts.IsValidAt(leaf, _utcSeconds))
                Note(TlsError.CertificateExpired);
            else if (HasUnknownCriticalExtension(leaf))
                Note(TlsError.CertificateInvalid);
            else
                Accept();

            break;
        }

        return Error == TlsError.None;
    }

    /// <summary>Tries every way on from the last certificate of the path. True where the search is over.</summary>
    private bool Extend()
    {
        X509Certificate last = _path[_path.Count - 1];
        byte[] issuerName = CertificateFacts.Issuer(last);
        if (!CertificateFacts.SignatureAlgorithmFits(last))
        {
            Note(TlsError.CertificateInvalid);
            return false;
        }

        foreach (X509Certificate anchor in _anchors.BySubject(issuerName))
        {
            if (!_path.Contains(anchor) && IsSignedBy(last, anchor) && Complete(anchor))
                return true;
        }

        foreach (X509Certificate candidate in _others)
        {
            if (!CertificateFacts.SameBytes(CertificateFacts.Subject(candidate), issuerName) || _path.Contains(candidate) || !IsSignedBy(last, candidate))
                continue;

            _path.Add(candidate);
            bool over = Extend();
            _path.RemoveAt(_path.Count - 1);
            if (over)
                return true;
        }

        return _signatureChecks >= SignatureBudget;
    }

    private bool IsSignedBy(X509Certificate certificate, X509Certificate issuer)
    {
        if (_signatureChecks >= SignatureBudget)
            return false;
        if (!CertificateFacts.IssuerKeyFits(issuer))
        {
            Note(TlsError.CertificateInvalid);
            return false;
        }

        _signatureChecks++;
        try
        {
            certificate.Verify(issuer.GetPublicKey());
            return true;
        }
        catch (Exception e) when (!(e is OutOfMemoryException))
        {
            // Most often an authority of the same name with another key.
            if (CertificateFacts.KeyIdentifiersMatch(certificate, issuer))
                Note(TlsError.CertificateInvalid);

            return false;
        }
    }

    /// <summary>Judges the path with this anchor on top. True where it is accepted.</summary>
    private bool Complete(X509Certificate anchor)
    {
        int error = Judge(anchor);
        if (error == TlsError.None && !HasPin(anchor))
            error = TlsError.PinMismatch;
        if (error != TlsError.None)
        {
            Note(error);
            return false;
        }

        _path.Add(anchor);
        Accept();
        return true;
    }

    private int Judge(X509Certificate anchor)
    {
        if (!CertificateFacts.IsValidAt(anchor, _utcSeconds))
            return TlsError.CertificateExpired;
        foreach (X509Certificate certificate in _path)
        {
            if (!CertificateFacts.IsValidAt(certificate, _utcSeconds))
                return TlsError.CertificateExpired;
        }

        if (!CertificateFacts.MayIssue(anchor, isAnchor: true))
            return TlsError.CertificateNotForServer;
        for (int i = 1; i < _path.Count; i++)
        {
            if (!CertificateFacts.MayIssue(_path[i], isAnchor: false) || !CertificateFacts.ExtendedUsageFits(_path[i]))
                return TlsError.CertificateNotForServer;
        }

        try
        {
            Validate(anchor);
            return TlsError.None;
        }
        catch (PkixCertPathValidatorException)
        {
            return TlsError.CertificateInvalid;
        }
    }

    private void Validate(X509Certificate anchor)
    {
        // A self-signed anchor goes into the path itself, so that its name constraints and path length count too.
        List<X509Certificate> certificates = new List<X509Certificate>(_path);
        if (IsSelfSigned(anchor))
            certificates.Add(anchor);
        else
            CheckAnchorConstraints(anchor);

        PkixParameters parameters = new PkixParameters(new HashSet<TrustAnchor> { new TrustAnchor(anchor, null) })
        {
            IsRevocationEnabled = false,
            Date = CertificateFacts.ToDateTime(_utcSeconds),
        };
        parameters.AddCertPathChecker(new ExtendedKeyUsageChecker());
        new PkixCertPathValidator().Validate(new PkixCertPath(certificates), parameters);
    }

    /// <summary>Path length and name constraints of an anchor that is not self-signed, which BouncyCastle would not look at.</summary>
    private void CheckAnchorConstraints(X509Certificate anchor)
    {
        int below = 0;
        for (int i = 1; i < _path.Count; i++)
        {
            if (!CertificateFacts.IsSelfIssued(_path[i]))
                below++;
        }

        if (anchor.Version >= 3 && anchor.GetBasicConstraints() < below)
            throw new PkixCertPathValidatorException("The path is longer than its anchor allows.");

        Asn1OctetString? extension = anchor.GetExtensionValue(X509Extensions.NameConstraints);
        if (extension == null)
            return;

        // Constraints of an anchor hold for the whole path.
        NameConstraints constraints = NameConstraints.GetInstance(extension.GetOctets());
        PkixNameConstraintValidator validator = new PkixNameConstraintValidator();
        if (constraints.PermittedSubtreesValue != null)
            validator.IntersectPermittedSubtree(constraints.PermittedSubtreesValue.Elements);
        if (constraints.ExcludedSubtreesValue != null)
        {
            foreach (GeneralSubtree subtree in constraints.ExcludedSubtreesValue.GetElements())
                validator.AddExcludedSubtree(subtree);
        }

        try
        {
            foreach (X509Certificate certificate in _path)
            {
                validator.CheckDN(certificate.SubjectDN);
                GeneralNames? names = certificate.GetSubjectAlternativeNameExtension();
                if (names == null)
                    continue;

                foreach (GeneralName name in names.GetNames())
                    validator.CheckName(name);
            }
        }
        catch (PkixNameConstraintValidatorException e)
        {
            throw new PkixCertPathValidatorException("A name is outside of the anchor's constraints.", e);
        }
    }

    private static bool IsSelfSigned(X509Certificate certificate)
    {
        if (!CertificateFacts.IsSelfIssued(certificate))
            return false;

        try
        {
            certificate.Verify(certificate.GetPublicKey());
            return true;
        }
        catch (Exception e) when (!(e is OutOfMemoryException))
        {
            return false;
        }
    }

    private static bool HasUnknownCriticalExtension(X509Certificate certificate)
    {
        ISet<string>? critical = certificate.GetCriticalExtensionOids();
        if (critical == null)
            return false;

        foreach (string oid in critical)
        {
            if (oid != X509Extensions.BasicConstraints.Id && oid != X509Extensions.KeyUsage.Id && oid != X509Extensions.ExtendedKeyUsage.Id && oid != X509Extensions.SubjectAlternativeName.Id)
                return true;
        }

        return false;
    }

    private bool HasPin(X509Certificate? anchor)
    {
        if (_pins == null || (anchor != null && IsPinned(anchor)))
            return true;

        foreach (X509Certificate certificate in _path)
        {
            if (IsPinned(certificate))
                return true;
        }

        return false;
    }

    private bool IsPinned(X509Certificate certificate)
    {
        byte[] hash = CertificateFacts.SpkiSha256(certificate);
        foreach (byte[] pin in _pins!)
        {
            if (CertificateFacts.SameBytes(pin, hash))
                return true;
        }

        return false;
    }

    private void Accept()
    {
        if (!HasPin(null))
        {
            Note(TlsError.PinMismatch);
            return;
        }

        ValidUntil = long.MaxValue;
        foreach (X509Certificate certificate in _path)
            ValidUntil = Math.Min(ValidUntil, CertificateFacts.NotAfter(certificate));

        Error = TlsError.None;
    }

    private void Note(int error)
    {
        if (Rank(error) > Rank(Error))
            Error = error;
    }

    /// <summary>The nearer to success the path came, the more telling its error.</summary>
    private static int Rank(int error)
    {
        switch (error)
        {
            case TlsError.PinMismatch: return 4;
            case TlsError.CertificateExpired: return 3;
            case TlsError.CertificateNotForServer: return 2;
            case TlsError.CertificateInvalid: return 1;
            default: return 0;
        }
    }
}
