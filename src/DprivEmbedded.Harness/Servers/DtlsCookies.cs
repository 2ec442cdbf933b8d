using System;
using System.Text;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Harness;

/// <summary>Makes and checks the cookies of HelloVerifyRequests without remembering anybody. Source: RFC 6347 section 4.2.1.</summary>
internal sealed class DtlsCookies
{
    private const int SecretBytes = 32;

    private readonly IRandomSource _random;
    private readonly IHmac _hmac;
    private byte[] _secret = new byte[SecretBytes];
    private byte[] _oldSecret = new byte[SecretBytes];
    private long _madeMs;
    private bool _any;

    /// <summary>Makes one; the secret comes with the first use.</summary>
    public DtlsCookies(ICryptoProvider crypto)
    {
        _random = crypto.Random;
        _hmac = crypto.CreateHmacSha256();
    }

    /// <summary>The cookie for a client.</summary>
    public byte[] Make(object address, ClientHello hello, DtlsServerOptions options, long nowMs)
    {
        Refresh(options, nowMs);
        return Make(_secret, address, hello, options);
    }

    /// <summary>Whether a ClientHello holds the cookie that its sender was given.</summary>
    public bool Check(object address, ClientHello hello, DtlsServerOptions options, long nowMs)
    {
        Refresh(options, nowMs);
        return IsEqual(Make(_secret, address, hello, options), hello.VerifyCookie) || IsEqual(Make(_oldSecret, address, hello, options), hello.VerifyCookie);
    }

    /// <summary>Forgets the secrets: no cookie from before is accepted.</summary>
    public void Forget()
    {
        _any = false;
    }

    private static bool IsEqual(byte[] own, byte[] other)
    {
        return own.Length == other.Length && ConstantTime.AreEqual(own, 0, other, 0, own.Length);
    }

    private void Refresh(DtlsServerOptions options, long nowMs)
    {
        long age = nowMs - _madeMs;
        if (_any && age < options.CookieSecretLifetimeMs)
            return;

        (_secret, _oldSecret) = (_oldSecret, _secret);
        _random.Fill(_secret, 0, SecretBytes);
        if (!_any || age >= 2L * options.CookieSecretLifetimeMs)
            _random.Fill(_oldSecret, 0, SecretBytes);

        _any = true;
        _madeMs = nowMs;
    }

    private byte[] Make(byte[] secret, object address, ClientHello hello, DtlsServerOptions options)
    {
        _hmac.SetKey(secret, 0, SecretBytes);
        Add(Encoding.UTF8.GetBytes(address.ToString() ?? ""));
        Add([(byte)(hello.LegacyVersion >> 8), (byte)hello.LegacyVersion]);
        Add(hello.Random);
        Add(hello.SessionId);
        byte[] suites = new byte[2 * hello.CipherSuites.Length];
        for (int i = 0; i < hello.CipherSuites.Length; i++)
        {
            suites[2 * i] = (byte)(hello.CipherSuites[i] >> 8);
            suites[2 * i + 1] = (byte)hello.CipherSuites[i];
        }

        Add(suites);
        Add(hello.CompressionMethods);
        byte[] mac = new byte[32];
        _hmac.Finish(mac, 0);
        return mac[..Math.Clamp(options.VerifyCookieBytes, 8, 32)];
    }

    /// <summary>Adds a field with its length, so that no two lists of fields look the same.</summary>
    private void Add(byte[] field)
    {
        _hmac.Update([(byte)(field.Length >> 8), (byte)field.Length], 0, 2);
        _hmac.Update(field, 0, field.Length);
    }
}
