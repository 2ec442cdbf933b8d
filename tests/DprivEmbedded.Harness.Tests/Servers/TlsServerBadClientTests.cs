using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Security;
using System.Security.Authentication;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>What the server does with clients that break the protocol: the right alert, never an exception.</summary>
public class TlsServerBadClientTests
{
    private static readonly BouncyCastleProvider s_crypto = new();

    private static TlsServer NewServer()
    {
        return new TlsServer(s_crypto, new TlsServerOptions { Credentials = TestCertificates.Credentials }, new ServerState(s_crypto));
    }

    private static TlsServer Feed(byte[] bytes, int pieceBytes = int.MaxValue)
    {
        TlsServer server = NewServer();
        for (int i = 0; i < bytes.Length; i += pieceBytes)
        {
            int part = Math.Min(pieceBytes, bytes.Length - i);
            server.Receive(bytes, i, part, 0);
            if (pieceBytes == int.MaxValue)
                break;
        }

        return server;
    }

    private static void AssertAlert(int alert, byte[] bytes)
    {
        TlsServer server = Feed(bytes);
        Assert.Equal(alert, server.AlertSent);
        Assert.NotEqual(TlsError.None, server.Error);
        Assert.Equal(TransportEnd.Fin, server.End);
        byte[] output = new byte[20000];
        int count = server.Transmit(output, 0, output.Length);
        Assert.Equal([21, 3, 3, 0, 2, 2, (byte)alert], output[..count][^7..]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public void ALawfulHelloIsAnswered(int pieceBytes)
    {
        foreach (HelloBuilder hello in new[] { new HelloBuilder(), new HelloBuilder().As12() })
        {
            TlsServer server = Feed(hello.Record(), pieceBytes);
            Assert.Equal(TlsError.None, server.Error);
            byte[] output = new byte[100];
            Assert.Equal(100, server.Transmit(output, 0, 100));
            Assert.Equal((byte)22, output[0]);
            Assert.Equal((byte)HandshakeType.ServerHello, output[5]);
        }
    }

    public static TheoryData<string, int> Cases => new()
    {
        { "duplicate extension", AlertDescription.IllegalParameter },
        { "pre_shared_key not last", AlertDescription.IllegalParameter },
        { "pre_shared_key without modes", AlertDescription.MissingExtension },
        { "fewer binders than identities", AlertDescription.IllegalParameter },
        { "short binder", AlertDescription.DecodeError },
        { "no key_share", AlertDescription.MissingExtension },
        { "no supported_groups", AlertDescription.MissingExtension },
        { "no signature_algorithms", AlertDescription.MissingExtension },
        { "share of a group that is not listed", AlertDescription.IllegalParameter },
        { "two shares of a group", AlertDescription.IllegalParameter },
        { "short share", AlertDescription.IllegalParameter },
        { "zero share", AlertDescription.IllegalParameter },
        { "no common group", AlertDescription.HandshakeFailure },
        { "no common suite", AlertDescription.HandshakeFailure },
        { "no common signature scheme", AlertDescription.HandshakeFailure },
        { "no common suite in 1.2", AlertDescription.HandshakeFailure },
        { "no suites", AlertDescription.DecodeError },
        { "odd suites", AlertDescription.DecodeError },
        { "compression", AlertDescription.IllegalParameter },
        { "no null compression in 1.2", AlertDescription.IllegalParameter },
        { "TLS 1.1", AlertDescription.ProtocolVersion },
        { "unknown versions", AlertDescription.ProtocolVersion },
        { "trailing byte", AlertDescription.DecodeError },
        { "long session id", AlertDescription.DecodeError },
        { "cookie unasked for", AlertDescription.IllegalParameter },
        { "early data without a key", AlertDescription.IllegalParameter },
        { "max_fragment_length 5", AlertDescription.IllegalParameter },
        { "record_size_limit 63", AlertDescription.IllegalParameter },
        { "empty ALPN", AlertDescription.DecodeError },
        { "empty ALPN name", AlertDescription.DecodeError },
        { "unknown ALPN", AlertDescription.NoApplicationProtocol },
        { "empty server name", AlertDescription.DecodeError },
        { "two server names", AlertDescription.IllegalParameter },
        { "unknown certificate type", AlertDescription.UnsupportedCertificate },
        { "renegotiation_info with content", AlertDescription.HandshakeFailure },
        { "compressed points only", AlertDescription.IllegalParameter },
        { "extension with a byte too many", AlertDescription.DecodeError },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void HelloAndItsAlert(string what, int alert)
    {
        HelloBuilder hello = new();
        byte[] identities = [0, 9, 0, 3, 1, 2, 3, 0, 0, 0, 0];
        byte[] binders = [0, 33, 32, .. new byte[32]];
        switch (what)
        {
            case "duplicate extension":
                hello.Extensions.Add(hello.Extensions[0]);
                break;
            case "pre_shared_key not last":
                hello.Set(ExtensionType.PskKeyExchangeModes, 1, 1).Set(ExtensionType.PreSharedKey, [.. identities, .. binders]).Set(ExtensionType.ExtendedMasterSecret);
                break;
            case "pre_shared_key without modes":
                hello.Set(ExtensionType.PreSharedKey, [.. identities, .. binders]);
                break;
            case "fewer binders than identities":
                hello.Set(ExtensionType.PskKeyExchangeModes, 1, 1).Set(ExtensionType.PreSharedKey, [0, 18, .. identities[2..], .. identities[2..], .. binders]);
                break;
            case "short binder":
                hello.Set(ExtensionType.PskKeyExchangeModes, 1, 1).Set(ExtensionType.PreSharedKey, [.. identities, 0, 32, 31, .. new byte[31]]);
                break;
            case "no key_share":
                hello.Remove(ExtensionType.KeyShare);
                break;
            case "no supported_groups":
                hello.Remove(ExtensionType.SupportedGroups);
                break;
            case "no signature_algorithms":
                hello.Remove(ExtensionType.SignatureAlgorithms);
                break;
            case "share of a group that is not listed":
                hello.Set(ExtensionType.SupportedGroups, 0, 2, 0, 23);
                break;
            case "two shares of a group":
                hello.Set(ExtensionType.KeyShare, [0, 72, 0, 29, 0, 32, .. new byte[32], 0, 29, 0, 32, .. new byte[32]]);
                break;
            case "short share":
                hello.Set(ExtensionType.KeyShare, [0, 35, 0, 29, 0, 31, .. new byte[31]]);
                break;
            case "zero share":
                hello.Set(ExtensionType.KeyShare, [0, 36, 0, 29, 0, 32, .. new byte[32]]);
                break;
            case "no common group":
                hello.Set(ExtensionType.SupportedGroups, 0, 2, 0, 24).Set(ExtensionType.KeyShare, 0, 0);
                break;
            case "no common suite":
                hello.CipherSuites = [0x1302];
                break;
            case "no common signature scheme":
                hello.Set(ExtensionType.SignatureAlgorithms, 0, 2, 8, 7);
                break;
            case "no common suite in 1.2":
                hello.As12().CipherSuites = [CipherSuite.Aes128GcmSha256, 0x002F];
                break;
            case "no suites":
                hello.CipherSuites = [];
                break;
            case "odd suites":
                AssertAlert(alert, OddSuites());
                return;
            case "compression":
                hello.Compression = [1, 0];
                break;
            case "no null compression in 1.2":
                hello.As12().Compression = [1];
                break;
            case "TLS 1.1":
                hello.As12().LegacyVersion = 0x0302;
                break;
            case "unknown versions":
                hello.Set(ExtensionType.SupportedVersions, 4, 0x7F, 0x1C, 3, 2);
                break;
            case "trailing byte":
                hello.Trailing = [0];
                break;
            case "long session id":
                hello.SessionId = new byte[33];
                break;
            case "cookie unasked for":
                hello.Set(ExtensionType.Cookie, 0, 1, 1);
                break;
            case "early data without a key":
                hello.Set(ExtensionType.EarlyData);
                break;
            case "max_fragment_length 5":
                hello.Set(ExtensionType.MaxFragmentLength, 5);
                break;
            case "record_size_limit 63":
                hello.Set(ExtensionType.RecordSizeLimit, 0, 63);
                break;
            case "empty ALPN":
                hello.Set(ExtensionType.ApplicationLayerProtocolNegotiation, 0, 0);
                break;
            case "empty ALPN name":
                hello.Set(ExtensionType.ApplicationLayerProtocolNegotiation, 0, 1, 0);
                break;
            case "unknown ALPN":
                hello.Set(ExtensionType.ApplicationLayerProtocolNegotiation, 0, 3, 2, (byte)'h', (byte)'2');
                break;
            case "empty server name":
                hello.Set(ExtensionType.ServerName, 0, 3, 0, 0, 0);
                break;
            case "two server names":
                hello.Set(ExtensionType.ServerName, 0, 8, 0, 0, 1, (byte)'a', 0, 0, 1, (byte)'b');
                break;
            case "unknown certificate type":
                hello.Set(ExtensionType.ServerCertificateType, 1, 1);
                break;
            case "renegotiation_info with content":
                hello.As12().Set(ExtensionType.RenegotiationInfo, 1, 0);
                break;
            case "compressed points only":
                hello.As12().Set(ExtensionType.EcPointFormats, 1, 1);
                break;
            case "extension with a byte too many":
                hello.Set(ExtensionType.ExtendedMasterSecret, 0);
                break;
            default:
                Assert.Fail(what);
                break;
        }

        AssertAlert(alert, hello.Record());
    }

    /// <summary>A hello whose list of suites has an odd length.</summary>
    private static byte[] OddSuites()
    {
        byte[] record = new HelloBuilder().Record();
        record[5 + 4 + 2 + 32 + 1 + 1] = 3;
        return record;
    }

    public static TheoryData<byte[], int> Records => new()
    {
        { [22, 3, 1, 0, 0], AlertDescription.UnexpectedMessage },
        { [23, 3, 3, 0, 1, 0], AlertDescription.UnexpectedMessage },
        { [20, 3, 3, 0, 1, 1], AlertDescription.UnexpectedMessage },
        { [24, 3, 3, 0, 1, 1], AlertDescription.UnexpectedMessage },
        { [22, 2, 0, 0, 1, 1], AlertDescription.UnexpectedMessage },
        { [22, 3, 1, 0x40, 1], AlertDescription.RecordOverflow },
        { [22, 3, 1, 0, 4, 2, 0, 0, 0], AlertDescription.UnexpectedMessage },
        { [22, 3, 1, 0, 4, 1, 0xFF, 0xFF, 0xFF], AlertDescription.DecodeError },
        { [21, 3, 1, 0, 1, 2], AlertDescription.DecodeError },
        { [21, 3, 1, 0, 2, 3, 0], AlertDescription.DecodeError },
        { [22, 3, 1, 0, 2, 1, 0, 20, 3, 3, 0, 1, 1], AlertDescription.UnexpectedMessage },
    };

    [Theory]
    [MemberData(nameof(Records))]
    public void RecordAndItsAlert(byte[] bytes, int alert)
    {
        AssertAlert(alert, bytes);
    }

    [Fact]
    public void AlertsOfTheClientAreKept()
    {
        TlsServer server = Feed([21, 3, 1, 0, 2, 2, 48]);
        Assert.Equal(TlsError.AlertReceived + AlertDescription.UnknownCa, server.Error);
        Assert.Equal(-1, server.AlertSent);
        Assert.Equal(TransportEnd.Fin, server.End);
        server = Feed([21, 3, 1, 0, 2, 1, 0]);
        Assert.True(server.PeerClosed);
        Assert.Equal(TlsError.None, server.Error);
        byte[] warnings = [.. Enumerable.Repeat((byte[])[21, 3, 1, 0, 2, 1, 90], 100).SelectMany(b => b)];
        Assert.Equal(TlsError.Flood, Feed(warnings).Error);
    }

    [Fact]
    public void WhatFollowsAHelloInItsRecordIsRefusedIn13()
    {
        byte[] hello = new HelloBuilder().Message();
        byte[] record = [22, 3, 1, .. HelloBuilder.U16(hello.Length + 1), .. hello, 0];
        TlsServer server = Feed(record);
        Assert.Equal(TlsError.UnexpectedMessage, server.Error);
    }

    [Fact]
    public void MutatedHellosNeverThrow()
    {
        byte[][] hellos =
        [
            new HelloBuilder().Record(),
            new HelloBuilder().As12().Record(),
            new HelloBuilder()
                .Set(ExtensionType.ServerName, 0, 4, 0, 0, 1, (byte)'a')
                .Set(ExtensionType.ApplicationLayerProtocolNegotiation, 0, 4, 3, (byte)'d', (byte)'o', (byte)'t')
                .Set(ExtensionType.PskKeyExchangeModes, 1, 1)
                .Set(ExtensionType.PreSharedKey, [0, 9, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 33, 32, .. new byte[32]])
                .Record(),
        ];
        int refused = 0;
        int answered = 0;
        foreach (byte[] hello in hellos)
        {
            for (int at = 0; at < hello.Length; at++)
            {
                foreach (int flip in new[] { 1, 0x80, 0xFF })
                {
                    byte[] mutated = (byte[])hello.Clone();
                    mutated[at] ^= (byte)flip;
                    TlsServer server = Feed(mutated);
                    Assert.Equal(server.Error != TlsError.None, server.End == TransportEnd.Fin);
                    Assert.Equal(server.Error != TlsError.None && server.Error < TlsError.AlertReceived, server.AlertSent >= 0);
                    if (server.Error != TlsError.None)
                        refused++;
                    else if (server.PendingBytes > 0)
                        answered++;
                }
            }
        }

        Assert.True(refused > 100, "refused " + refused);
        Assert.True(answered > 100, "answered " + answered);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public void ADamagedRecordEndsTheConnection(SslProtocols version)
    {
        DotServer server = EngineStream.NewServer();
        EngineStream transport = new(server);
        using SslStream stream = transport.Handshake(version);
        stream.Write(EngineStream.Query(1, "www.example."));
        Assert.Equal([1], EngineStream.ReadIds(stream, 1));
        byte[] record = [23, 3, 3, 0, 40, .. new byte[40]];
        transport.Write(record, 0, record.Length);
        Assert.Equal(TlsError.BadRecordMac, transport.Connection.Tls.Error);
        Assert.Equal(AlertDescription.BadRecordMac, transport.Connection.Tls.AlertSent);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public void PlaintextAfterTheHandshakeIsRefused(SslProtocols version)
    {
        foreach (byte type in new byte[] { 20, 21, 22 })
        {
            EngineStream transport = new(EngineStream.NewServer());
            using SslStream stream = transport.Handshake(version);
            stream.Write(EngineStream.Query(1, "www.example."));
            byte[] record = [type, 3, 3, 0, 2, 2, 0];
            transport.Write(record, 0, record.Length);
            Assert.NotEqual(TlsError.None, transport.Connection.Tls.Error);
            Assert.Equal(TransportEnd.Fin, transport.Connection.Closed);
        }
    }

    [Fact]
    public void TheTransportsEndIsToldApart()
    {
        TlsServer server = NewServer();
        server.TransportClosed(false);
        Assert.Equal((TlsError.ClosedInHandshake, TransportEnd.Fin), (server.Error, server.End));
        server = NewServer();
        server.TransportClosed(true);
        Assert.Equal((TlsError.ConnectionReset, TransportEnd.Reset), (server.Error, server.End));
    }
}
