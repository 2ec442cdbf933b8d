using System;
using System.Security.Cryptography;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;

namespace DprivEmbedded.Harness.Bench;

/// <summary>AES-GCM, P-256 and the verification of ECDSA by the operating system, the rest by BouncyCastle: what the engine costs over the primitives that SslStream has.</summary>
internal sealed class SystemPrimitives : ICryptoProvider
{
    private readonly BouncyCastleProvider _inner = new();

    public IRandomSource Random => _inner.Random;

    public IHash CreateSha256() => _inner.CreateSha256();

    public IHmac CreateHmacSha256() => _inner.CreateHmacSha256();

    public IAead CreateAead(int algorithm) => algorithm == AeadAlgorithm.Aes128Gcm ? new Gcm() : _inner.CreateAead(algorithm)!;

    public IKeyAgreement CreateKeyAgreement(int group) => group == NamedGroup.Secp256r1 ? new P256() : _inner.CreateKeyAgreement(group)!;

    public bool SupportsSignature(int scheme) => _inner.SupportsSignature(scheme);

    public bool VerifySignature(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount)
    {
        if (scheme != SignatureScheme.EcdsaSecp256r1Sha256)
            return _inner.VerifySignature(scheme, spki, spkiOffset, spkiCount, message, messageOffset, messageCount, signature, signatureOffset, signatureCount);

        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(spki.AsSpan(spkiOffset, spkiCount), out _);
        return key.VerifyData(message.AsSpan(messageOffset, messageCount), signature.AsSpan(signatureOffset, signatureCount), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    private sealed class Gcm : IAead
    {
        private AesGcm? _gcm;

        public int KeyBytes => 16;

        public int TagBytes => 16;

        public void SetKey(byte[] key, int offset)
        {
            Clear();
            _gcm = new AesGcm(key.AsSpan(offset, KeyBytes), TagBytes);
        }

        public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
            => _gcm!.Encrypt(nonce, buffer.AsSpan(offset, count), buffer.AsSpan(offset, count), buffer.AsSpan(offset + count, TagBytes), aad.AsSpan(aadOffset, aadCount));

        public bool Open(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
        {
            if (count < TagBytes)
                return false;

            Span<byte> text = buffer.AsSpan(offset, count - TagBytes);
            try
            {
                _gcm!.Decrypt(nonce, text, buffer.AsSpan(offset + count - TagBytes, TagBytes), text, aad.AsSpan(aadOffset, aadCount));
                return true;
            }
            catch (AuthenticationTagMismatchException)
            {
                text.Clear();
                return false;
            }
        }

        public void Clear()
        {
            _gcm?.Dispose();
            _gcm = null;
        }
    }

    private sealed class P256 : IKeyAgreement
    {
        private ECDiffieHellman? _key;

        public int Group => NamedGroup.Secp256r1;

        public int PublicBytes => 65;

        public void Generate(IRandomSource random, byte[] output, int offset)
        {
            Clear();
            _key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
            ECPoint point = _key.ExportParameters(false).Q;
            output[offset] = 4;
            point.X!.CopyTo(output, offset + 1);
            point.Y!.CopyTo(output, offset + 33);
        }

        public bool Agree(byte[] peer, int peerOffset, int peerCount, byte[] secret, int secretOffset)
        {
            if (peerCount != PublicBytes || peer[peerOffset] != 4)
                return false;

            try
            {
                using var other = ECDiffieHellman.Create(new ECParameters
                {
                    Curve = ECCurve.NamedCurves.nistP256,
                    Q = new ECPoint { X = peer.AsSpan(peerOffset + 1, 32).ToArray(), Y = peer.AsSpan(peerOffset + 33, 32).ToArray() },
                });
                using ECDiffieHellmanPublicKey key = other.PublicKey;
                _key!.DeriveRawSecretAgreement(key).CopyTo(secret, secretOffset);
                return true;
            }
            catch (CryptographicException)
            {
                return false;
            }
        }

        public void Clear()
        {
            _key?.Dispose();
            _key = null;
        }
    }
}
