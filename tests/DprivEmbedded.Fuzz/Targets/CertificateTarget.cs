using System;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Fuzz;

/// <summary>Certificates and raw public keys: the reader of pins in pieces of several sizes, and the path validation with BouncyCastle's parser behind it.</summary>
internal sealed class CertificateTarget : FuzzTarget
{
    private readonly SpkiPinVerifier _pins = new([new byte[32]], new NullHash());
    private readonly PkixPeerVerifier _paths = new(TlsFuzzClient.Name, TrustAnchors.FromCertificates(Authority().Der));

    public override string Name => "certificate";

    public override string Description => "certificates and raw public keys: SpkiReader, SpkiPinVerifier, PkixPeerVerifier";

    public override int MaxInputBytes => 4096;

    // BouncyCastle's object model of a certificate, and the exceptions of those that it refuses.
    public override long MaxAllocatedBytes(int inputBytes) => 2_000_000 + 2000L * inputBytes;

    public static IssuedCertificate Authority()
    {
        CertificateMaker maker = new(new Harness.SeededRandomSource(3));
        return maker.MakeAuthority("Fuzz CA", DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), DateTimeOffset.FromUnixTimeSeconds(1_900_000_000));
    }

    public override void Run(byte[] input)
    {
        if (input.Length < 2)
            return;

        bool raw = (input[0] & 1) != 0;
        int piece = (input[0] >> 1 & 3) switch { 0 => int.MaxValue, 1 => 1, 2 => 7, _ => 100 };
        Verify(_pins, input, raw, piece);
        if (!raw && (input[0] & 8) != 0)
            Verify(_paths, input, raw, piece);
    }

    private static void Verify(IPeerVerifier verifier, byte[] input, bool raw, int piece)
    {
        int count = input.Length - 1;
        verifier.Begin(raw);
        if (verifier.BeginCertificate(count) != TlsError.None)
            return;

        for (int at = 1; at < input.Length; at += Math.Min(piece, input.Length - at))
        {
            if (verifier.Certificate(input, at, Math.Min(piece, input.Length - at)) != TlsError.None)
                return;
        }

        if (verifier.EndCertificate() != TlsError.None)
            return;

        int error = verifier.Finish(1_750_000_000);
        FuzzFailure.Unless(error != TlsError.None || verifier.PublicKeyInfo != null, "Authenticated without a key.");
        if (verifier.PublicKeyInfo != null)
            FuzzFailure.Unless(verifier.PublicKeyInfoOffset + verifier.PublicKeyInfoBytes <= verifier.PublicKeyInfo.Length, "A key outside its buffer.");
    }
}
