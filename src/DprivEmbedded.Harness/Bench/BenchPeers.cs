using System;
using System.Collections.Generic;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace DprivEmbedded.Harness.Bench;

/// <summary>Who is measured.</summary>
public static class BenchPeers
{
    /// <summary>This library with BouncyCastle's primitives, as it ships.</summary>
    public const string Own = "dpriv";

    /// <summary>This library with the operating system's AES-GCM, P-256 and ECDSA.</summary>
    public const string OwnSystem = "dpriv-system";

    /// <summary>This library, resuming TLS 1.3 without a key exchange (psk_ke).</summary>
    public const string OwnPskKe = "dpriv-psk-ke";

    /// <summary>This library without tickets: TLS 1.2 and DTLS 1.2 are resumed by session id, as BouncyCastle does.</summary>
    public const string OwnIds = "dpriv-session-ids";

    /// <summary>.NET's SslStream, over the operating system's OpenSSL.</summary>
    public const string SslStream = "sslstream";

    /// <summary>BouncyCastle's TLS or DTLS client.</summary>
    public const string BouncyCastle = "bouncycastle";

    private static readonly byte[] s_piece = new byte[16384];

    /// <summary>The peers that speak a version in this process.</summary>
    /// <param name="version">tls12, tls13 or dtls12.</param>
    /// <param name="resumes">Whether they must be able to resume. BouncyCastle's client does not resume TLS 1.3.</param>
    public static IReadOnlyList<string> For(string version, bool resumes)
    {
        if (version == "dtls12")
            return [Own, OwnSystem, OwnIds, BouncyCastle];

        if (version == "tls12")
            return [Own, OwnSystem, OwnIds, SslStream, BouncyCastle];

        return resumes ? [Own, OwnSystem, OwnPskKe, SslStream] : [Own, OwnSystem, SslStream, BouncyCastle];
    }

    /// <summary>Makes a client with a server of its own.</summary>
    /// <param name="peer">One of this class's names.</param>
    /// <param name="version">tls12, tls13 or dtls12.</param>
    /// <param name="resumes">Whether the client keeps its sessions from the first connection on.</param>
    public static BenchClient Create(string peer, string version, bool resumes)
    {
        if (version == "dtls12")
            return CreateMany(peer, version, resumes, BenchServer.Dodtls())();

        return CreateMany(peer, version, resumes, BenchServer.Dot(version == "tls13"))();
    }

    /// <summary>Makes a client of this library over DTLS with given primitives and a server of its own.</summary>
    /// <param name="crypto">The client's primitives.</param>
    public static BenchClient CreateOwnDatagram(ICryptoProvider crypto) => new OwnDatagramClient(BenchServer.Dodtls(), crypto, [NamedGroup.X25519], true, s_piece);

    /// <summary>Makes clients of one server.</summary>
    internal static Func<BenchClient> CreateMany(string peer, string version, bool resumes, object server)
    {
        bool system = peer == OwnSystem;
        // One source of primitives serves all clients, as in a resolver.
        ICryptoProvider crypto = system ? new SystemPrimitives() : new BouncyCastleProvider();
        BcTlsCrypto bouncy = BouncyPeer.NewCrypto();
        int[] groups = [system ? NamedGroup.Secp256r1 : NamedGroup.X25519];
        bool tls13 = version == "tls13";
        return peer switch
        {
            BouncyCastle when version == "dtls12" => () => new BouncyDatagramClient((DodtlsServer)server, bouncy),
            BouncyCastle => () => new BouncyStreamClient((DotServer)server, tls13, bouncy),
            SslStream => () => new SslStreamBenchClient((DotServer)server, tls13) { StoresSessions = resumes },
            Own or OwnSystem or OwnIds or OwnPskKe when version == "dtls12" => () => new OwnDatagramClient((DodtlsServer)server, crypto, groups, peer != OwnIds, s_piece),
            Own or OwnSystem or OwnIds or OwnPskKe => () => new OwnStreamClient((DotServer)server, tls13, crypto, groups, peer != OwnPskKe, peer != OwnIds, s_piece),
            _ => throw new ArgumentException("There is no peer " + peer + ".", nameof(peer)),
        };
    }
}
