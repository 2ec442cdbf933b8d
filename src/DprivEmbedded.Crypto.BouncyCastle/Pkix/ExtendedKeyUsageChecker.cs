using System.Collections.Generic;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Pkix;
using Org.BouncyCastle.X509;

namespace DprivEmbedded.Crypto.BouncyCastle.Pkix;

/// <summary>Tells BouncyCastle's validator that a critical extendedKeyUsage is understood: the path search checks it in every certificate.</summary>
internal sealed class ExtendedKeyUsageChecker : PkixCertPathChecker
{
    public override void Init(bool forward)
    {
    }

    public override bool IsForwardCheckingSupported() => true;

    public override ISet<string> GetSupportedExtensions() => new HashSet<string> { X509Extensions.ExtendedKeyUsage.Id };

    public override void Check(X509Certificate cert, ISet<string> unresolvedCritExts) => unresolvedCritExts.Remove(X509Extensions.ExtendedKeyUsage.Id);

    public override object Clone() => new ExtendedKeyUsageChecker();
}
