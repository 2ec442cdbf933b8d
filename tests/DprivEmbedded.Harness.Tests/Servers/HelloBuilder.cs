using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>Builds ClientHellos byte by byte, lawful and unlawful ones. The defaults are those of a small TLS 1.3 and 1.2 client.</summary>
internal sealed class HelloBuilder
{
    private static readonly byte[] s_share = MakeShare();

    public int LegacyVersion { get; set; } = ProtocolVersion.Tls12;

    public byte[] SessionId { get; set; } = [];

    public int[] CipherSuites { get; set; } = [CipherSuite.Aes128GcmSha256, CipherSuite.EcdheEcdsaAes128GcmSha256];

    public byte[] Compression { get; set; } = [0];

    /// <summary>Type and content of each extension, in order.</summary>
    public List<(int Type, byte[] Content)> Extensions { get; } =
    [
        (ExtensionType.SupportedVersions, [2, 3, 4]),
        (ExtensionType.SupportedGroups, [0, 2, 0, 29]),
        (ExtensionType.SignatureAlgorithms, [0, 2, 4, 3]),
        (ExtensionType.KeyShare, [0, 36, 0, 29, 0, 32, .. s_share]),
    ];

    /// <summary>Bytes behind the last extension, inside of the message.</summary>
    public byte[] Trailing { get; set; } = [];

    public HelloBuilder Set(int type, params byte[] content)
    {
        int at = Extensions.FindIndex(e => e.Type == type);
        if (at < 0)
            Extensions.Add((type, content));
        else
            Extensions[at] = (type, content);

        return this;
    }

    public HelloBuilder Remove(int type)
    {
        Extensions.RemoveAll(e => e.Type == type);
        return this;
    }

    /// <summary>For TLS 1.2 alone.</summary>
    public HelloBuilder As12()
    {
        Remove(ExtensionType.SupportedVersions);
        Remove(ExtensionType.KeyShare);
        return Set(ExtensionType.ExtendedMasterSecret);
    }

    public byte[] Message()
    {
        byte[] suites = [.. CipherSuites.SelectMany(U16)];
        byte[] extensions = [.. Extensions.SelectMany(e => (byte[])[.. U16(e.Type), .. U16(e.Content.Length), .. e.Content])];
        byte[] body =
        [
            .. U16(LegacyVersion), .. Enumerable.Range(0, 32).Select(i => (byte)i), (byte)SessionId.Length, .. SessionId, .. U16(suites.Length), .. suites,
            (byte)Compression.Length, .. Compression, .. U16(extensions.Length), .. extensions, .. Trailing,
        ];
        return [1, 0, .. U16(body.Length), .. body];
    }

    public byte[] Record()
    {
        byte[] message = Message();
        return [22, 3, 1, .. U16(message.Length), .. message];
    }

    public static byte[] U16(int value)
    {
        return [(byte)(value >> 8), (byte)value];
    }

    private static byte[] MakeShare()
    {
        BouncyCastleProvider crypto = new();
        byte[] share = new byte[32];
        crypto.CreateKeyAgreement(NamedGroup.X25519)!.Generate(crypto.Random, share, 0);
        return share;
    }
}
