using System;
using System.Collections.Generic;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Crypto.BouncyCastle.Tests;

/// <summary>Hands a chain to a verifier as an engine does.</summary>
internal static class Feed
{
    /// <summary>Feeds certificates in pieces and finishes; returns the first error.</summary>
    public static int Chain(IPeerVerifier verifier, long utcSeconds, IReadOnlyList<byte[]> chain, int pieceBytes = int.MaxValue, bool raw = false)
    {
        verifier.Begin(raw);
        foreach (byte[] certificate in chain)
        {
            int error = verifier.BeginCertificate(certificate.Length);
            for (int done = 0; error == TlsError.None && done < certificate.Length;)
            {
                int n = Math.Min(pieceBytes, certificate.Length - done);

                // Not at index 0 and overwritten afterwards: the verifier must neither assume an offset nor keep the buffer.
                byte[] buffer = new byte[n + 3];
                Array.Copy(certificate, done, buffer, 2, n);
                error = verifier.Certificate(buffer, 2, n);
                Array.Fill(buffer, (byte)0xee);
                done += n;
            }

            if (error == TlsError.None)
                error = verifier.EndCertificate();
            if (error != TlsError.None)
                return error;
        }

        return verifier.Finish(utcSeconds);
    }

    public static byte[]? Key(IPeerVerifier verifier)
        => verifier.PublicKeyInfo?.AsSpan(verifier.PublicKeyInfoOffset, verifier.PublicKeyInfoBytes).ToArray();
}
