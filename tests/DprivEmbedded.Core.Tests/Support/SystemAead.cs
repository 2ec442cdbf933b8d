using System;
using System.Security.Cryptography;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Core.Tests.Support;

/// <summary>The AEADs of System.Security.Cryptography: a second, independent back-end for the suites of the core.</summary>
/// <remarks>Sealing and opening allocate nothing in GCM and ChaCha20-Poly1305. In CCM the BCL makes a native context for every record. A wrong tag costs an exception.</remarks>
public sealed class SystemAead : IAead
{
    private readonly int _algorithm;
    private AesGcm? _gcm;
    private AesCcm? _ccm;
    private ChaCha20Poly1305? _chaCha;

    public SystemAead(int algorithm)
    {
        _algorithm = algorithm;
        KeyBytes = algorithm == AeadAlgorithm.ChaCha20Poly1305 ? 32 : 16;
        TagBytes = algorithm == AeadAlgorithm.Aes128Ccm8 ? 8 : 16;
    }

    public int KeyBytes { get; }

    public int TagBytes { get; }

    public static bool IsSupported(int algorithm)
    {
        return algorithm switch
        {
            AeadAlgorithm.Aes128Gcm => AesGcm.IsSupported,
            AeadAlgorithm.Aes128Ccm or AeadAlgorithm.Aes128Ccm8 => AesCcm.IsSupported,
            AeadAlgorithm.ChaCha20Poly1305 => ChaCha20Poly1305.IsSupported,
            _ => false,
        };
    }

    public void SetKey(byte[] key, int offset)
    {
        Clear();
        ReadOnlySpan<byte> bytes = key.AsSpan(offset, KeyBytes);
        switch (_algorithm)
        {
            case AeadAlgorithm.Aes128Gcm:
                _gcm = new AesGcm(bytes, TagBytes);
                break;
            case AeadAlgorithm.ChaCha20Poly1305:
                _chaCha = new ChaCha20Poly1305(bytes);
                break;
            default:
                _ccm = new AesCcm(bytes);
                break;
        }
    }

    public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        Span<byte> text = buffer.AsSpan(offset, count);
        Span<byte> tag = buffer.AsSpan(offset + count, TagBytes);
        ReadOnlySpan<byte> associated = aad.AsSpan(aadOffset, aadCount);
        if (_gcm != null)
            _gcm.Encrypt(nonce, text, text, tag, associated);
        else if (_chaCha != null)
            _chaCha.Encrypt(nonce, text, text, tag, associated);
        else if (_ccm != null)
            _ccm.Encrypt(nonce, text, text, tag, associated);
        else
            throw new InvalidOperationException("no key is set");
    }

    public bool Open(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        if (count < TagBytes)
            return false;

        Span<byte> text = buffer.AsSpan(offset, count - TagBytes);
        ReadOnlySpan<byte> tag = buffer.AsSpan(offset + count - TagBytes, TagBytes);
        ReadOnlySpan<byte> associated = aad.AsSpan(aadOffset, aadCount);
        try
        {
            if (_gcm != null)
                _gcm.Decrypt(nonce, text, tag, text, associated);
            else if (_chaCha != null)
                _chaCha.Decrypt(nonce, text, tag, text, associated);
            else if (_ccm != null)
                _ccm.Decrypt(nonce, text, tag, text, associated);
            else
                throw new InvalidOperationException("no key is set");
        }
        catch (AuthenticationTagMismatchException)
        {
            text.Clear();
            return false;
        }

        return true;
    }

    public void Clear()
    {
        _gcm?.Dispose();
        _ccm?.Dispose();
        _chaCha?.Dispose();
        _gcm = null;
        _ccm = null;
        _chaCha = null;
    }
}
