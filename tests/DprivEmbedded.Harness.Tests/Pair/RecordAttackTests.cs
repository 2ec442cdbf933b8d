using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;
using Record = DprivEmbedded.Harness.Tests.Pair.RecordMeddler.Record;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>Records and messages put together in ways that the protocol forbids, or allows and rarely uses, by somebody who has the server's keys.</summary>
public class RecordAttackTests
{
    private static readonly byte[] s_closeNotify = [1, 0];

    private static PairSetup Setup(int version, out RecordMeddler meddler)
    {
        PairSetup setup = new PairSetup().WithVersion(version);
        meddler = new RecordMeddler(setup);
        return setup;
    }

    private static Record Ccs(params byte[] content) => new(ContentType.ChangeCipherSpec, content, 0);

    private static Record Alert(int epoch, params byte[] content) => new(ContentType.Alert, content, epoch);

    private static Record Data(int epoch, string text) => new(ContentType.ApplicationData, Encoding.Latin1.GetBytes(text), epoch);

    private static Record Message(int epoch, int type, params byte[] body) => new(ContentType.Handshake, [(byte)type, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body], epoch);

    /// <summary>Puts records before the first of the server's under some keys.</summary>
    private static Func<Record, IEnumerable<Record>> Before(int epoch, params Record[] added)
    {
        bool done = false;
        return record =>
        {
            if (done || record.Epoch != epoch)
                return [record];

            done = true;
            return [.. added, record];
        };
    }

    private static IEnumerable<Record> Split(Record record, int bytes)
    {
        for (int at = 0; at < record.Content.Length; at += bytes)
            yield return record with { Content = record.Content[at..Math.Min(record.Content.Length, at + bytes)] };
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12, 1)]
    [InlineData(ProtocolVersion.Tls12, 3)]
    [InlineData(ProtocolVersion.Tls12, 1000)]
    [InlineData(ProtocolVersion.Tls13, 1)]
    [InlineData(ProtocolVersion.Tls13, 3)]
    [InlineData(ProtocolVersion.Tls13, 1000)]
    public void HandshakeMessagesInRecordsOfAnySize(int version, int bytes)
    {
        PairSetup setup = Setup(version, out RecordMeddler meddler);
        meddler.Change = record => record.Type == ContentType.Handshake ? Split(record, bytes) : [record];
        TlsPair pair = setup.Connect().AssertConnected();
        pair.CheckEcho();
        Assert.Equal(version == ProtocolVersion.Tls12 ? 1 : 2, pair.Sessions.Count);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void EachMessageInItsOwnRecord(int version)
    {
        PairSetup setup = new PairSetup().WithVersion(version);
        setup.Server.CoalesceHandshake = false;
        setup.Connect().AssertConnected().CheckEcho();
    }

    [Theory]
    [InlineData("alert", TlsError.UnexpectedMessage)]
    [InlineData("data", TlsError.UnexpectedMessage)]
    [InlineData("change_cipher_spec", TlsError.None)]
    public void ARecordInTheMiddleOfAMessageOfTls13(string what, int error)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls13, out RecordMeddler meddler);
        Record between = what switch
        {
            "alert" => Alert(1, 2, 40),
            "data" => Data(1, "x"),
            _ => Ccs(1),
        };
        meddler.Change = record => record.Epoch != 1 ? [record] : [record with { Content = record.Content[..10] }, between, record with { Content = record.Content[10..] }];
        Check(setup.Connect(), error);
    }

    [Theory]
    [InlineData("alert")]
    [InlineData("change_cipher_spec")]
    public void ARecordInTheMiddleOfAMessageOfTls12(string what)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls12, out RecordMeddler meddler);
        Record between = what == "alert" ? Alert(0, 2, 40) : Ccs(1);
        bool done = false;
        meddler.Change = record =>
        {
            if (done)
                return [record];

            done = true;
            return [record with { Content = record.Content[..200] }, between, record with { Content = record.Content[200..] }];
        };
        setup.Connect().AssertFailed(TlsError.UnexpectedMessage);
    }

    [Theory]
    [InlineData("before ServerHello", 0)]
    [InlineData("before EncryptedExtensions", 1)]
    public void ChangeCipherSpecsOfTls13AreDroppedUpToALimit(string where, int epoch)
    {
        _ = where;
        PairSetup setup = Setup(ProtocolVersion.Tls13, out RecordMeddler meddler);
        meddler.Change = Before(epoch, [.. Enumerable.Repeat(Ccs(1), 32)]);
        setup.Connect().AssertConnected().CheckEcho();
        meddler.NewConnection();
        meddler.Change = Before(epoch, [.. Enumerable.Repeat(Ccs(1), 33)]);
        setup.Connect().AssertFailed(TlsError.Flood);
    }

    [Theory]
    [InlineData("after the handshake", TlsError.UnexpectedMessage)]
    [InlineData("value 2", TlsError.UnexpectedMessage)]
    [InlineData("two bytes", TlsError.UnexpectedMessage)]
    [InlineData("empty", TlsError.UnexpectedMessage)]
    [InlineData("protected", TlsError.UnexpectedMessage)]
    [InlineData("protected after the handshake", TlsError.UnexpectedMessage)]
    public void AChangeCipherSpecOfTls13ThatIsWrong(string how, int error)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls13, out RecordMeddler meddler);
        meddler.Change = how switch
        {
            "after the handshake" => Before(2, Ccs(1)),
            "value 2" => Before(1, Ccs(2)),
            "two bytes" => Before(1, Ccs(1, 1)),
            "empty" => Before(1, Ccs()),
            "protected" => Before(1, new Record(ContentType.ChangeCipherSpec, [1], 1)),
            _ => Before(2, new Record(ContentType.ChangeCipherSpec, [1], 2)),
        };
        setup.Connect().AssertFailed(error);
    }

    [Theory]
    [InlineData("first", TlsError.UnexpectedMessage)]
    [InlineData("value 2", TlsError.UnexpectedMessage)]
    public void AChangeCipherSpecOfTls12ThatIsWrong(string how, int error)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls12, out RecordMeddler meddler);
        meddler.Change = how == "first" ? Before(0, Ccs(1)) : record => record.Type == ContentType.ChangeCipherSpec ? [Ccs(2)] : [record];
        setup.Connect().AssertFailed(error);
    }

    [Theory]
    [InlineData("ServerHello and a byte more")]
    [InlineData("HelloRetryRequest and a byte more")]
    [InlineData("Finished and a byte more")]
    [InlineData("Finished and half a ticket")]
    [InlineData("KeyUpdate and a byte more")]
    [InlineData("KeyUpdate and another")]
    public void AMessageAcrossAKeyChange(string what)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls13, out RecordMeddler meddler);
        meddler.Change = record => (what, record.Epoch) switch
        {
            ("ServerHello and a byte more" or "HelloRetryRequest and a byte more", 0) => [record with { Content = [.. record.Content, 8] }],
            ("Finished and a byte more", 1) => [record with { Content = [.. record.Content, 4] }],
            ("Finished and half a ticket", 1) => [record with { Content = [.. record.Content, 4, 0, 0, 50, 1, 2, 3] }],
            ("KeyUpdate and a byte more", 2) => [Message(2, HandshakeType.KeyUpdate, 0) with { Content = [24, 0, 0, 1, 0, 24] }],
            ("KeyUpdate and another", 2) => [new Record(ContentType.Handshake, [24, 0, 0, 1, 0, 24, 0, 0, 1, 0], 2)],
            _ => [record],
        };
        if (what.StartsWith("HelloRetryRequest", StringComparison.Ordinal))
            setup.Server.HelloRetry = HelloRetryMode.Cookie;

        setup.Connect().AssertFailed(TlsError.UnexpectedMessage);
    }

    /// <summary>ServerHelloDone ends the server's flight; what is to follow ours cannot have begun.</summary>
    [Theory]
    [InlineData("a byte")]
    [InlineData("half a ticket")]
    public void MoreBehindServerHelloDone(string what)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls12, out RecordMeddler meddler);
        byte[] more = what == "a byte" ? [4] : [4, 0, 0, 50, 1, 2, 3];
        bool done = false;
        meddler.Change = record =>
        {
            if (done)
                return [record];

            done = true;
            return [record with { Content = [.. record.Content, .. more] }];
        };
        setup.Connect().AssertFailed(TlsError.UnexpectedMessage);
    }

    [Theory]
    [InlineData("KeyUpdate of value 2", TlsError.IllegalParameter)]
    [InlineData("KeyUpdate of two bytes", TlsError.DecodeError)]
    [InlineData("KeyUpdate of no byte", TlsError.DecodeError)]
    [InlineData("CertificateRequest after the handshake", TlsError.UnexpectedMessage)]
    [InlineData("Finished after the handshake", TlsError.UnexpectedMessage)]
    [InlineData("HelloRequest", TlsError.UnexpectedMessage)]
    [InlineData("ServerHello after the handshake", TlsError.UnexpectedMessage)]
    [InlineData("ticket of no byte", TlsError.DecodeError)]
    [InlineData("ticket cut short", TlsError.DecodeError)]
    [InlineData("empty handshake record", TlsError.UnexpectedMessage)]
    [InlineData("alert of one byte", TlsError.BadAlert)]
    [InlineData("alert of three bytes", TlsError.BadAlert)]
    [InlineData("alert of no byte", TlsError.BadAlert)]
    [InlineData("alert of level 3", TlsError.IllegalParameter)]
    [InlineData("record without a type", TlsError.UnexpectedMessage)]
    [InlineData("record of type 99", TlsError.UnexpectedMessage)]
    [InlineData("record of type heartbeat", TlsError.UnexpectedMessage)]
    [InlineData("alert in the clear", TlsError.UnexpectedMessage)]
    [InlineData("handshake in the clear", TlsError.UnexpectedMessage)]
    [InlineData("record shorter than its tag", TlsError.BadRecordMac)]
    [InlineData("empty record", TlsError.BadRecordMac)]
    [InlineData("record of version 0x0402", TlsError.BadRecordHeader)]
    [InlineData("record of type 19", TlsError.BadRecordHeader)]
    [InlineData("record of 16641 bytes", TlsError.RecordOverflow)]
    [InlineData("content of 16385 bytes", TlsError.RecordOverflow)]
    [InlineData("content of 16384 bytes", TlsError.None)]
    [InlineData("content and padding of 16385 bytes", TlsError.RecordOverflow)]
    [InlineData("content and padding of 16384 bytes", TlsError.None)]
    [InlineData("a replayed record", TlsError.BadRecordMac)]
    public void AfterTheHandshakeOfTls13(string what, int error)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls13, out RecordMeddler meddler);
        TlsPair pair = setup.Connect().AssertConnected();
        byte[] bytes = pair.ServerRecords[^1];
        Record put = what switch
        {
            "KeyUpdate of value 2" => Message(2, HandshakeType.KeyUpdate, 2),
            "KeyUpdate of two bytes" => Message(2, HandshakeType.KeyUpdate, 0, 0),
            "KeyUpdate of no byte" => Message(2, HandshakeType.KeyUpdate),
            "CertificateRequest after the handshake" => Message(2, HandshakeType.CertificateRequest, 0, 0, 0),
            "Finished after the handshake" => Message(2, HandshakeType.Finished, new byte[32]),
            "HelloRequest" => Message(2, HandshakeType.HelloRequest),
            "ServerHello after the handshake" => Message(2, HandshakeType.ServerHello, new byte[40]),
            "ticket of no byte" => Message(2, HandshakeType.NewSessionTicket, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            "ticket cut short" => Message(2, HandshakeType.NewSessionTicket, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1),
            "empty handshake record" => new Record(ContentType.Handshake, [], 2),
            "alert of one byte" => Alert(2, 2),
            "alert of three bytes" => Alert(2, 2, 40, 0),
            "alert of no byte" => Alert(2),
            "alert of level 3" => Alert(2, 3, 40),
            "record without a type" => new Record(0, [], 2, 20),
            "record of type 99" => new Record(99, [1], 2),
            "record of type heartbeat" => new Record(ContentType.Heartbeat, [1], 2),
            "alert in the clear" => Alert(0, 2, 40),
            "handshake in the clear" => Message(0, HandshakeType.KeyUpdate, 0),
            "record shorter than its tag" => new Record(0, [], 0, 0, [23, 3, 3, 0, 15, .. new byte[15]]),
            "empty record" => new Record(0, [], 0, 0, [23, 3, 3, 0, 0]),
            "record of version 0x0402" => new Record(0, [], 0, 0, [23, 4, 2, 0, 20, .. new byte[20]]),
            "record of type 19" => new Record(0, [], 0, 0, [19, 3, 3, 0, 20, .. new byte[20]]),
            "record of 16641 bytes" => new Record(0, [], 0, 0, [23, 3, 3, 65, 1]),
            "content of 16385 bytes" => new Record(ContentType.ApplicationData, new byte[16385], 2),
            "content of 16384 bytes" => new Record(ContentType.ApplicationData, new byte[16384], 2),
            "content and padding of 16385 bytes" => new Record(ContentType.ApplicationData, new byte[4000], 2, 12385),
            "content and padding of 16384 bytes" => new Record(ContentType.ApplicationData, new byte[4000], 2, 12384),
            _ => new Record(0, [], 0, 0, bytes),
        };
        meddler.Change = _ => [put];
        pair.ServerSay("data");
        pair.Run();
        Check(pair, error);
        Assert.Equal(error != TlsError.None ? 0 : what == "content of 16384 bytes" ? 16384 : 4000, pair.ClientText.Length);
    }

    [Theory]
    [InlineData("KeyUpdates", 32)]
    [InlineData("tickets", 32)]
    [InlineData("oversized tickets", 32)]
    [InlineData("user_canceled alerts", 4)]
    [InlineData("empty records", 32)]
    public void AFloodOfTls13IsEnded(string what, int allowed)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls13, out RecordMeddler meddler);
        setup.Server.Tickets = false;
        setup.Client.HandshakeBufferBytes = 768;
        Assert.Equal(TlsError.None, Run(allowed));
        Assert.Equal(TlsError.Flood, Run(allowed + 1));

        int Run(int count)
        {
            meddler.NewConnection();
            meddler.Change = null;
            TlsPair pair = setup.Connect().AssertConnected();
            meddler.Change = record =>
            {
                List<Record> records = [];
                for (int i = 0; i < count; i++)
                {
                    records.Add(what switch
                    {
                        "KeyUpdates" => Message(2 + i, HandshakeType.KeyUpdate, 0),
                        "tickets" => Message(2, HandshakeType.NewSessionTicket, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, (byte)i, 1, 0, 0),
                        "oversized tickets" => Message(2, HandshakeType.NewSessionTicket, new byte[2000]),
                        "user_canceled alerts" => Alert(2, 1, 90),
                        _ => Data(2, ""),
                    });
                }

                return [.. records, record with { Epoch = what == "KeyUpdates" ? 2 + count : 2 }];
            };
            pair.ServerSay("data");
            pair.Run();
            Assert.Equal(pair.Client.Error == TlsError.None ? "data" : "", pair.ClientText);
            return pair.Client.Error;
        }
    }

    [Theory]
    [InlineData("HelloRequests", 32)]
    [InlineData("warnings", 4)]
    [InlineData("empty records", 32)]
    public void AFloodOfTls12IsEnded(string what, int allowed)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls12, out RecordMeddler meddler);
        Assert.Equal(TlsError.None, Run(allowed));
        Assert.Equal(TlsError.Flood, Run(allowed + 1));

        int Run(int count)
        {
            meddler.NewConnection();
            meddler.Change = null;
            TlsPair pair = setup.Connect().AssertConnected();
            Record put = what switch
            {
                "HelloRequests" => Message(1, HandshakeType.HelloRequest),
                "warnings" => Alert(1, 1, 100),
                _ => Data(1, ""),
            };
            meddler.Change = record => [.. Enumerable.Repeat(put, count), record];
            pair.Link.Up.Cut();
            pair.ServerSay("data");
            pair.Run();
            Assert.Equal(pair.Client.Error == TlsError.None ? "data" : "", pair.ClientText);
            return pair.Client.Error;
        }
    }

    [Fact]
    public void ARequestToRenegotiateIsRefusedAndTheConnectionGoesOn()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls12);
        TlsPair pair = setup.Connect().AssertConnected();
        pair.Server.SendHelloRequest();
        pair.PumpServer();
        pair.Run();
        Assert.Equal(AlertDescription.NoRenegotiation, pair.Server.AlertReceived);
        pair.CheckEcho();
    }

    [Fact]
    public void AHelloRequestInTheMiddleOfAHandshakeIsIgnored()
    {
        PairSetup setup = Setup(ProtocolVersion.Tls12, out RecordMeddler meddler);
        setup.Server.CoalesceHandshake = false;
        meddler.Change = record => record.Epoch == 0 && record.Type == ContentType.Handshake && record.Content[0] != HandshakeType.ServerHello
            ? [Message(0, HandshakeType.HelloRequest), record]
            : [record];
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.NotEqual(AlertDescription.NoRenegotiation, pair.Server.AlertReceived);
        pair.CheckEcho();
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void DataBeforeFinishedFails(int version)
    {
        PairSetup setup = Setup(version, out RecordMeddler meddler);
        meddler.Change = Before(1, Data(1, "too early"));
        TlsPair pair = setup.Connect();
        pair.AssertFailed(TlsError.UnexpectedMessage);
        Assert.Equal("", pair.ClientText);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12, 1)]
    [InlineData(ProtocolVersion.Tls13, 2)]
    public void NothingIsReadBehindCloseNotify(int version, int epoch)
    {
        PairSetup setup = Setup(version, out RecordMeddler meddler);
        TlsPair pair = setup.Connect().AssertConnected();
        meddler.Change = record => [Data(epoch, "before"), Alert(epoch, s_closeNotify), record];
        pair.ServerSay("behind");
        pair.Run();
        Assert.Equal("before", pair.ClientText);
        Assert.True(pair.Client.IsPeerClosed);
        Assert.Equal(TlsError.None, pair.Client.Error);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(4000)]
    public void PaddedRecordsAreRead(int block)
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Server.PaddingBlockBytes = block;
        TlsPair pair = setup.Connect().AssertConnected();
        pair.CheckEcho();
        Assert.True(setup.Connect(pair.Sessions[0]).AssertConnected().Client.IsResumed);
    }

    [Theory]
    [InlineData("context of one byte", TlsError.IllegalParameter)]
    [InlineData("no signature_algorithms", TlsError.MissingExtension)]
    public void ARequestForACertificateThatIsWrong(string how, int error)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls13, out RecordMeddler meddler);
        setup.Server.CoalesceHandshake = false;
        setup.Server.RequestClientCertificate = true;
        meddler.Change = record => record.Epoch == 1 && record.Content[0] == HandshakeType.CertificateRequest
            ? [how == "context of one byte" ? Message(1, HandshakeType.CertificateRequest, 1, 7, 0, 0) : Message(1, HandshakeType.CertificateRequest, 0, 0, 0)]
            : [record];
        setup.Connect().AssertFailed(error);
    }

    [Theory]
    [InlineData("empty list", TlsError.NoCertificate)]
    [InlineData("list longer than the message", TlsError.DecodeError)]
    [InlineData("list shorter than the message", TlsError.DecodeError)]
    [InlineData("certificate of no byte", TlsError.DecodeError)]
    [InlineData("certificate longer than the list", TlsError.DecodeError)]
    [InlineData("a context", TlsError.IllegalParameter)]
    [InlineData("garbage in place of a certificate", TlsError.CertificateMalformed)]
    [InlineData("a message of 70000 bytes", TlsError.CertificateTooLarge)]
    public void ACertificateMessageThatIsWrong(string how, int error)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls13, out RecordMeddler meddler);
        setup.Server.CoalesceHandshake = false;
        byte[] body = how switch
        {
            "empty list" => [0, 0, 0, 0],
            "list longer than the message" => [0, 0, 0, 9, 0, 0, 1, 1, 0, 0],
            "list shorter than the message" => [0, 0, 0, 5, 0, 0, 1, 1, 0, 0],
            "certificate of no byte" => [0, 0, 0, 5, 0, 0, 0, 0, 0],
            "certificate longer than the list" => [0, 0, 0, 6, 0, 0, 9, 1, 0, 0],
            "a context" => [1, 0, 0, 0, 0],
            _ => [0, 0, 0, 55, 0, 0, 50, .. new byte[50], 0, 0],
        };
        Record put = Message(1, HandshakeType.Certificate, body);
        if (how == "a message of 70000 bytes")
            put = put with { Content = [HandshakeType.Certificate, 1, 0x11, 0x70, 0] };

        meddler.Change = record => record.Epoch == 1 && record.Content[0] == HandshakeType.Certificate ? [put] : [record];
        setup.Connect().AssertFailed(error);
    }

    private static void Check(TlsPair pair, int error)
    {
        if (error == TlsError.None)
            pair.AssertConnected();
        else
            pair.AssertFailed(error);
    }
}
