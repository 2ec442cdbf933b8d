using System;
using System.Linq;
using DprivEmbedded.Tls;
using Xunit;
using Record = DprivEmbedded.Harness.Tests.Pair.RecordMeddler.Record;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>
/// OCSP responses stapled to the server's certificate (RFC 6066 section 8, RFC 8446 section 4.4.2.1). They are put in on the way, so that where the client has no objection the handshake ends
/// with the first proof over the transcript: the server's CertificateVerify in TLS 1.3, the client's Finished, under keys that differ then, in TLS 1.2. Whole handshakes with stapled responses: docs/bogo.md.
/// </summary>
public class StapledStatusTests
{
    private static readonly byte[] s_response = [7, 8, 9];

    [Theory]
    [InlineData(ProtocolVersion.Tls12, true)]
    [InlineData(ProtocolVersion.Tls12, false)]
    [InlineData(ProtocolVersion.Tls13, true)]
    [InlineData(ProtocolVersion.Tls13, false)]
    public void IsAskedForWhereTheVerifierWantsIt(int version, bool wanted)
    {
        PairSetup setup = new PairSetup().WithVersion(version);
        StatusVerifier verifier = new(setup, wanted);
        TlsPair pair = setup.Connect().AssertConnected();
        WireHello hello = new(pair.ClientSends[0].Bytes);
        Assert.Equal(wanted, hello.Extensions.TryGetValue(ExtensionType.StatusRequest, out byte[]? request));
        if (wanted)
            Assert.Equal([1, 0, 0, 0, 0], request);

        // A server that staples nothing is for the verifier to judge.
        Assert.Null(verifier.Response);
        pair.CheckEcho();
        verifier.Demands = wanted;
        pair = setup.Connect();
        if (wanted)
            pair.AssertFailed(TlsError.BadCertificateStatus);
        else
            pair.AssertConnected();

        Assert.Equal(wanted ? AlertDescription.BadCertificateStatusResponse : -1, pair.Client.AlertSent);
    }

    [Theory]
    [InlineData("a response", TlsError.BadSignature)]
    [InlineData("none", TlsError.None)]
    [InlineData("one to another certificate", TlsError.BadSignature)]
    [InlineData("two", TlsError.DuplicateExtension)]
    [InlineData("empty", TlsError.DecodeError)]
    [InlineData("of another type", TlsError.IllegalParameter)]
    [InlineData("longer than its extension", TlsError.DecodeError)]
    [InlineData("shorter than its extension", TlsError.DecodeError)]
    [InlineData("an extension longer than the block", TlsError.DecodeError)]
    [InlineData("a block longer than the message", TlsError.DecodeError)]
    [InlineData("another extension", TlsError.UnsolicitedExtension)]
    [InlineData("not asked for", TlsError.UnsolicitedExtension)]
    public void InTls13(string what, int error)
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        StatusVerifier verifier = new(setup, what != "not asked for");
        setup.Server.CoalesceHandshake = false;
        RecordMeddler meddler = new(setup);
        byte[] good = [0, 5, 0, 7, 1, 0, 0, 3, .. s_response];
        byte[] block = what switch
        {
            "none" or "one to another certificate" => [0, 0],
            "two" => [0, 22, .. good, .. good],
            "empty" => [0, 8, 0, 5, 0, 4, 1, 0, 0, 0],
            "of another type" => [0, 11, 0, 5, 0, 7, 2, 0, 0, 3, .. s_response],
            "longer than its extension" => [0, 11, 0, 5, 0, 7, 1, 0, 0, 4, .. s_response],
            "shorter than its extension" => [0, 11, 0, 5, 0, 7, 1, 0, 0, 2, .. s_response],
            "an extension longer than the block" => [0, 11, 0, 5, 0, 8, 1, 0, 0, 4, .. s_response],
            "a block longer than the message" => [0, 40, .. good],
            "another extension" => [0, 11, 0, 18, .. good[2..]],
            _ => [0, 11, .. good],
        };
        meddler.Change = record =>
        {
            if (record.Epoch != 1 || record.Content[0] != HandshakeType.Certificate)
                return [record];

            int length = (record.Content[8] << 16) | (record.Content[9] << 8) | record.Content[10];
            byte[] entry = [.. record.Content[8..(11 + length)], .. block];
            byte[] list = what == "one to another certificate" ? [.. entry, 0, 0, 1, 5, 0, 11, .. good] : entry;
            return [record with { Content = [HandshakeType.Certificate, .. U24(list.Length + 4), 0, .. U24(list.Length), .. list] }];
        };
        TlsPair pair = setup.Connect();
        Assert.Equal(TlsError.Describe(error), TlsError.Describe(pair.Client.Error));
        if (error is TlsError.None or TlsError.BadSignature)
            Assert.Equal(what == "a response" ? s_response : null, verifier.Response);
    }

    [Theory]
    [InlineData("a response", TlsError.AlertReceived + AlertDescription.BadRecordMac)]
    [InlineData("promised and left out", TlsError.AlertReceived + AlertDescription.BadRecordMac)]
    [InlineData("larger than the handshake buffer", TlsError.AlertReceived + AlertDescription.BadRecordMac)]
    [InlineData("not promised", TlsError.UnexpectedMessage)]
    [InlineData("twice", TlsError.UnexpectedMessage)]
    [InlineData("empty", TlsError.DecodeError)]
    [InlineData("cut short", TlsError.DecodeError)]
    [InlineData("of another type", TlsError.IllegalParameter)]
    [InlineData("promised with content", TlsError.DecodeError)]
    [InlineData("not asked for", TlsError.UnsolicitedExtension)]
    public void InTls12(string what, int error)
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls12);
        StatusVerifier verifier = new(setup, what != "not asked for");
        setup.Server.CoalesceHandshake = false;
        RecordMeddler meddler = new(setup);
        byte[] body = what switch
        {
            "empty" => [1, 0, 0, 0],
            "cut short" => [1, 0, 0, 4, .. s_response],
            "of another type" => [2, 0, 0, 3, .. s_response],
            "larger than the handshake buffer" => [1, 0, 11, 0xB8, .. new byte[3000]],
            _ => [1, 0, 0, 3, .. s_response],
        };
        Record status = new(ContentType.Handshake, [HandshakeType.CertificateStatus, .. U24(body.Length), .. body], 0);
        meddler.Change = record => record.Type != ContentType.Handshake ? [record] : (record.Epoch, record.Content[0]) switch
        {
            (0, HandshakeType.ServerHello) when what != "not promised" => [record with { Content = Promise(record.Content, what == "promised with content" ? [0, 5, 0, 1, 0] : [0, 5, 0, 0]) }],
            (0, HandshakeType.Certificate) when what == "twice" => [record, status, status],
            (0, HandshakeType.Certificate) when what != "promised and left out" => [record, status],
            _ => [record],
        };
        setup.Connect().AssertFailed(error);
        if (error >= TlsError.AlertReceived)
            Assert.Equal(what == "a response" ? s_response : null, verifier.Response);
    }

    /// <summary>Adds an extension to a ServerHello.</summary>
    private static byte[] Promise(byte[] hello, byte[] extension)
    {
        int at = 4 + 34 + 1 + hello[38] + 3;
        int length = ((hello[at] << 8) | hello[at + 1]) + extension.Length;
        return [hello[0], .. U24(hello.Length - 4 + extension.Length), .. hello[4..at], (byte)(length >> 8), (byte)length, .. hello[(at + 2)..], .. extension];
    }

    private static byte[] U24(int value) => [(byte)(value >> 16), (byte)(value >> 8), (byte)value];

    /// <summary>The setup's own verifier, and what the server stapled.</summary>
    private sealed class StatusVerifier : IStapledStatusVerifier
    {
        private readonly IPeerVerifier _inner;

        public StatusVerifier(PairSetup setup, bool wants)
        {
            WantsStatus = wants;
            _inner = setup.Client.Verifier!;
            setup.Client.Verifier = this;
        }

        public byte[]? Response { get; private set; }

        public bool Demands { get; set; }

        public bool WantsStatus { get; }

        public bool AcceptsX509 => true;

        public bool AcceptsRawPublicKey => false;

        public byte[]? PublicKeyInfo => _inner.PublicKeyInfo;

        public int PublicKeyInfoOffset => _inner.PublicKeyInfoOffset;

        public int PublicKeyInfoBytes => _inner.PublicKeyInfoBytes;

        public long ValidUntilUtcSeconds => 0;

        public void Begin(bool rawPublicKey)
        {
            Response = null;
            _inner.Begin(rawPublicKey);
        }

        public int BeginCertificate(int totalBytes) => _inner.BeginCertificate(totalBytes);

        public int Certificate(byte[] data, int offset, int count) => _inner.Certificate(data, offset, count);

        public int EndCertificate() => _inner.EndCertificate();

        public int BeginStatus(int totalBytes)
        {
            Response = [];
            return TlsError.None;
        }

        public int Status(byte[] data, int offset, int count)
        {
            Response = [.. Response!, .. data.AsSpan(offset, count)];
            return TlsError.None;
        }

        public int Finish(long utcSeconds) => Demands && Response == null ? TlsError.BadCertificateStatus : _inner.Finish(utcSeconds);
    }
}
