using System.Collections.Generic;
using System.Linq;
using System.Text;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

// Records, change_cipher_spec, messages out of place, floods, alerts, time.
public static partial class HostilePeers
{
    private static IEnumerable<HostilePeer> Records()
    {
        const string topic = "Records";
        const string discard = "; DTLS discards it (RFC 6347 section 4.1.2.7)";
        yield return new HostilePeer(topic, "one byte of a message in each record, over DTLS few in each datagram", "Allowed (RFC 8446 section 5.1, RFC 6347 section 4.2.3)", c =>
        {
            c.Server.MaxRecordContentBytes = 1;
            if (c.IsDatagram)
                c.DtlsServer.MaxDatagramBytes = 160;
        }).On(All, Answered).Within(sentBytes: 4096);
        yield return new HostilePeer(topic, "one byte in each TCP segment", "Allowed: a stream has no boundaries", c => c.PieceBytes = 1).On(Streams, Answered);
        yield return new HostilePeer(topic, "an empty handshake record", "unexpected_message: no fragment of a handshake message is empty (RFC 8446 section 5.1)" + discard, Act(TlsStage.Certificate, TlsFaultAction.EmptyRecords)).On(Streams, Ends(TlsError.UnexpectedMessage)).On(D12, Answered);
        yield return new HostilePeer(topic, "a record of 18,433 bytes in the handshake", "record_overflow (RFC 8446 section 5.1)" + discard, Act(TlsStage.Certificate, TlsFaultAction.OversizeRecord)).On(Streams, Ends(TlsError.RecordOverflow)).On(D12, Answered);
        yield return new HostilePeer(topic, "a record of 18,433 bytes after it", "record_overflow (RFC 8446 section 5.2)" + discard, Act(TlsStage.ApplicationData, TlsFaultAction.OversizeRecord)).On(Streams, Ends(TlsError.RecordOverflow)).On(D12, Answered);
        yield return new HostilePeer(topic, "a record larger than the agreed record_size_limit", "record_overflow (RFC 8449 section 4)", c => c.BeforeAnswer(ContentType.ApplicationData, new byte[4090])).On(Streams, Ends(TlsError.RecordOverflow));
        yield return new HostilePeer(topic, "padding that exceeds the agreed record_size_limit", "record_overflow: padding counts (RFC 8449 section 4)", c => c.BeforeAnswer(() => [new HostileRecord(ContentType.ApplicationData, [], 2) { Padding = 4080 }])).On(T13, Ends(TlsError.RecordOverflow));
        yield return new HostilePeer(topic, "content of 16,385 bytes", "record_overflow (RFC 8446 section 5.4)", c =>
        {
            c.ReceiveBufferBytes = TlsClient.FullReceiveBufferBytes;
            c.BeforeAnswer(ContentType.ApplicationData, new byte[16385]);
        }).On(Streams, Ends(TlsError.RecordOverflow));
        yield return new HostilePeer(topic, "a record of an unknown type in the handshake", "unexpected_message (RFC 8446 section 5)" + discard, Act(TlsStage.Certificate, TlsFaultAction.CorruptRecord)).On(T12, Ends(TlsError.BadRecordHeader)).On(T13, Ends(TlsError.BadRecordMac)).On(D12, Answered);
        yield return new HostilePeer(topic, "a record of version 4.2", "Ours is an error; RFC 8446 section 5.1 would ignore the field" + discard, c => c.BeforeAnswer(() => [new HostileRecord(0, [], 0) { Raw = c.IsDatagram ? [23, 4, 2, 0, 1, 0, 0, 0, 0, 9, 9, 0, 20, .. new byte[20]] : [23, 4, 2, 0, 20, .. new byte[20]] }]))
            .On(Streams, Ends(TlsError.BadRecordHeader)).On(D12, Answered);
        yield return new HostilePeer(topic, "speaks HTTP", "No TLS: nothing is sent but the ClientHello", c => c.Script = () => [Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\nServer: example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")])
            .On(Streams, Silently(TlsError.NotTls)).On(D12, Silently(TlsError.HandshakeTimeout)).Within(durationMs: 15_000);
        yield return new HostilePeer(topic, "a wrong tag", "bad_record_mac (RFC 8446 section 5.2)" + discard, Act(TlsStage.ApplicationData, TlsFaultAction.CorruptRecord)).On(Streams, Ends(TlsError.BadRecordMac)).On(D12, Answered);
        yield return new HostilePeer(topic, "a record shorter than its tag", "bad_record_mac (RFC 8446 section 5.2)" + discard, c => c.BeforeAnswer(() => [new HostileRecord(0, [], 0) { Raw = c.Plain(ContentType.ApplicationData, new byte[7], 900, 1) }])).On(Streams, Ends(TlsError.BadRecordMac)).On(D12, Answered);
        yield return new HostilePeer(topic, "a record once more", "bad_record_mac by its number (RFC 8446 section 5.3); DTLS discards it (RFC 6347 section 4.1.2.6)", Replay).On(Streams, Ends(TlsError.BadRecordMac)).On(D12, Answered);
        yield return new HostilePeer(topic, "a protected record without a type", "unexpected_message (RFC 8446 section 5.4)", c => c.BeforeAnswer(() => [new HostileRecord(0, [], 2) { Padding = 20 }])).On(T13, Ends(TlsError.UnexpectedMessage));
        yield return new HostilePeer(topic, "2,000 bytes of padding around nothing", "Allowed (RFC 8446 section 5.4)", c => c.BeforeAnswer(() => [new HostileRecord(ContentType.ApplicationData, [], 2) { Padding = 2000 }])).On(T13, Answered);
        yield return new HostilePeer(topic, "application data in the clear", "unexpected_message (RFC 8446 section 5, RFC 5246 section 7.2.2)" + discard, c => c.BeforeMessage(HandshakeType.ServerHello, () => [new HostileRecord(ContentType.ApplicationData, new byte[40], 0)])).On(Streams, Ends(TlsError.UnexpectedMessage)).On(D12, Answered);
        yield return new HostilePeer(topic, "application data before its Finished", "unexpected_message (RFC 8446 section 5, RFC 5246 section 7.3); DTLS keeps it for later, as records overtake each other, and it then answers no query", c => c.BeforeMessage(HandshakeType.Finished, () => [new HostileRecord(ContentType.ApplicationData, new byte[40], 1)]))
            .On(Streams, Ends(TlsError.UnexpectedMessage)).On(D12, Answered);
        yield return new HostilePeer(topic, "an alert in the clear after the keys changed", "unexpected_message in 1.3 (RFC 8446 section 5), bad_record_mac in 1.2; over DTLS anybody can send it, and it ends nothing", c => c.BeforeAnswer(() => [new HostileRecord(ContentType.Alert, [2, 40], 0) { Sequence = 77 }]))
            .On(T13, Ends(TlsError.UnexpectedMessage)).On(T12, Ends(TlsError.BadRecordMac)).On(D12, Answered);
        yield return new HostilePeer(topic, "an alert in the middle of a message", "unexpected_message: no other record within a message (RFC 8446 section 5.1)", c => Split(c, new HostileRecord(ContentType.Alert, [1, 90], c.IsTls13 ? 1 : 0))).On(Streams, Ends(TlsError.UnexpectedMessage));
        yield return new HostilePeer(topic, "application data in the middle of a message", "unexpected_message (RFC 8446 section 5.1)", c => Split(c, new HostileRecord(ContentType.ApplicationData, [1], c.IsTls13 ? 1 : 0))).On(Streams, Ends(TlsError.UnexpectedMessage));
        yield return new HostilePeer(topic, "a message that spans a change of keys", "unexpected_message (RFC 8446 section 5.1)", c => c.Change(r => HostileContext.IsMessage(r, HandshakeType.Finished) ? [r with { Content = [.. r.Content, 4, 0] }] : null)).On(T13, Ends(TlsError.UnexpectedMessage));

        static void Replay(HostileContext c)
        {
            // The bytes of a record, twice: under DTLS the same sequence number.
            c.Change(r => r.Type != ContentType.ApplicationData || r.Epoch != c.LastEpoch ? null
                : c.IsDatagram ? [new HostileRecord(ContentType.ApplicationData, [1, 2, 3], 1) { Sequence = 500 }, new HostileRecord(ContentType.ApplicationData, [1, 2, 3], 1) { Sequence = 500 }, r with { Sequence = 501 }]
                : [r with { Content = [0] }, new HostileRecord(0, [], 0) { Raw = c.Plain(ContentType.ApplicationData, new byte[40]) }]);
        }

        static void Split(HostileContext c, HostileRecord between)
        {
            c.Change(r => HostileContext.IsMessage(r, HandshakeType.Certificate) ? [r with { Content = r.Content[..10] }, between, r with { Content = r.Content[10..] }] : null);
        }
    }

    private static IEnumerable<HostilePeer> CipherSpecs()
    {
        const string topic = "change_cipher_spec";
        yield return new HostilePeer(topic, "before ServerHello", "unexpected_message in 1.2 (RFC 5246 section 7.1); ignored in 1.3 (RFC 8446 section 5); over DTLS it waits for its place", c => c.BeforeMessage(HandshakeType.ServerHello, () => [new HostileRecord(ContentType.ChangeCipherSpec, [1], 0)]))
            .On(T12, Ends(TlsError.UnexpectedMessage)).On(T13, Answered).On(D12, Answered);
        yield return new HostilePeer(topic, "before there are keys (CVE-2014-0224)", "unexpected_message (RFC 5246 section 7.1); over DTLS it waits for its place", c => c.BeforeMessage(HandshakeType.ServerKeyExchange, () => [new HostileRecord(ContentType.ChangeCipherSpec, [1], 0)]))
            .On(T12, Ends(TlsError.UnexpectedMessage)).On(D12, Answered);
        yield return new HostilePeer(topic, "of value 2", "unexpected_message (RFC 8446 section 5)", c => c.Before(r => c.IsTls13 ? r.Epoch == 1 : r.Type == ContentType.ChangeCipherSpec, () => [new HostileRecord(ContentType.ChangeCipherSpec, [2], 0)]))
            .On(Streams, Ends(TlsError.UnexpectedMessage)).On(D12, Answered);
        yield return new HostilePeer(topic, "of two bytes", "unexpected_message (RFC 8446 section 5)", c => c.Before(r => c.IsTls13 ? r.Epoch == 1 : r.Type == ContentType.ChangeCipherSpec, () => [new HostileRecord(ContentType.ChangeCipherSpec, [1, 1], 0)]))
            .On(Streams, Ends(TlsError.UnexpectedMessage)).On(D12, Answered);
        yield return new HostilePeer(topic, "twice", "unexpected_message (RFC 5246 section 7.1): the second one is read under the new keys, so bad_record_mac", Act(TlsStage.ChangeCipherSpec, TlsFaultAction.Repeat)).On(T12, Ends(TlsError.BadRecordMac)).On(D12, Answered);
        yield return new HostilePeer(topic, "is left out", "unexpected_message (RFC 5246 section 7.1); over DTLS it may be lost, so the handshake's time runs out", Act(TlsStage.ChangeCipherSpec, TlsFaultAction.Omit))
            .On(T12, Ends(TlsError.UnexpectedMessage)).On(D12, Silently(TlsError.HandshakeTimeout)).Within(durationMs: 15_000, sentBytes: 4096);
        yield return new HostilePeer(topic, "protected", "unexpected_message (RFC 8446 section 5)", c => c.BeforeAnswer(ContentType.ChangeCipherSpec, 1)).On(Streams, Ends(TlsError.UnexpectedMessage)).On(D12, Answered);
        yield return new HostilePeer(topic, "in the clear after the handshake", "unexpected_message (RFC 8446 section 5); in 1.2 it is no protected record: bad_record_mac", c => c.BeforeAnswer(() => [new HostileRecord(ContentType.ChangeCipherSpec, [1], 0) { Sequence = 90 }]))
            .On(T13, Ends(TlsError.UnexpectedMessage)).On(T12, Ends(TlsError.BadRecordMac)).On(D12, Answered);
        yield return new HostilePeer(topic, "33 times in the handshake", "Ignored (RFC 8446 section 5); no number is set, ours is 32", c => c.Before(r => r.Epoch == 1, () => Enumerable.Repeat(new HostileRecord(ContentType.ChangeCipherSpec, [1], 0), 33))).On(T13, Ends(TlsError.Flood));
    }

    private static IEnumerable<HostilePeer> Messages()
    {
        const string topic = "Messages out of place, renegotiation";
        const string place = "unexpected_message (RFC 8446 section 4, RFC 5246 section 7.4)";
        foreach ((int type, string name) in new[] { (HandshakeType.ServerHello, "ServerHello"), (HandshakeType.ClientHello, "ClientHello"), (HandshakeType.Certificate, "Certificate"), (HandshakeType.CertificateRequest, "CertificateRequest") })
        {
            yield return new HostilePeer(topic, name + " after the handshake", place + "; over DTLS it is a repetition for all that is known, and ignored", c => c.BeforeAnswer(ContentType.Handshake, c.Message(type, new byte[40])))
                .On(Streams, Ends(TlsError.UnexpectedMessage)).On(D12, Answered);
        }

        yield return new HostilePeer(topic, "HelloRequest after the handshake", "May be refused with a no_renegotiation warning (RFC 5246 section 7.4.1.1, RFC 5746 section 4.5); 1.3 has none: unexpected_message", c => c.BeforeAnswer(ContentType.Handshake, c.Message(HandshakeType.HelloRequest)))
            .On(Old, Answered).On(T13, Ends(TlsError.UnexpectedMessage));
        yield return new HostilePeer(topic, "HelloRequest in the handshake", "Ignored (RFC 5246 section 7.4.1.1)", c => c.BeforeMessage(HandshakeType.ServerKeyExchange, () => [new HostileRecord(ContentType.Handshake, c.Message(HandshakeType.HelloRequest), 0)]))
            .On(T12, Answered);
        yield return new HostilePeer(topic, "a HelloRequest with content", "decode_error (RFC 5246 section 7.4.1.1)", c => c.BeforeAnswer(ContentType.Handshake, c.Message(HandshakeType.HelloRequest, 1))).On(T12, Ends(TlsError.DecodeError));
        foreach ((TlsStage stage, string name, HostileTransport where) in new[]
        {
            (TlsStage.EncryptedExtensions, "EncryptedExtensions", T13), (TlsStage.Certificate, "Certificate", All), (TlsStage.ServerKeyExchange, "ServerKeyExchange", Old), (TlsStage.CertificateVerify, "CertificateVerify", T13),
        })
        {
            yield return new HostilePeer(topic, name + " is left out", place, Act(stage, TlsFaultAction.Omit)).On(where, Ends(TlsError.UnexpectedMessage));
            yield return new HostilePeer(topic, name + " comes twice", place, Act(stage, TlsFaultAction.Repeat)).On(where, Ends(TlsError.UnexpectedMessage));
        }

        yield return new HostilePeer(topic, "a message of type 99", place, Act(TlsStage.Certificate, TlsFaultAction.UnexpectedMessage)).On(All, Ends(TlsError.UnexpectedMessage));
        yield return new HostilePeer(topic, "a KeyUpdate of value 2", "illegal_parameter (RFC 8446 section 4.6.3)", c => c.BeforeAnswer(ContentType.Handshake, c.Message(HandshakeType.KeyUpdate, 2))).On(T13, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "a KeyUpdate in the handshake", "unexpected_message (RFC 8446 section 4.6.3)", c => c.BeforeMessage(HandshakeType.Finished, () => [new HostileRecord(ContentType.Handshake, c.Message(HandshakeType.KeyUpdate, 0), 1)])).On(T13, Ends(TlsError.UnexpectedMessage));
        yield return new HostilePeer(topic, "a KeyUpdate in TLS 1.2", "unexpected_message (RFC 5246 section 7.4)", c => c.BeforeAnswer(ContentType.Handshake, c.Message(HandshakeType.KeyUpdate, 0))).On(T12, Ends(TlsError.UnexpectedMessage)).On(D12, Answered);
        yield return new HostilePeer(topic, "a heartbeat over TLS", "unexpected_message (RFC 6520 section 2: not offered)", c => c.BeforeAnswer(ContentType.Heartbeat, 1, 0, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).On(T13, Ends(TlsError.UnexpectedMessage)).On(T12, Ends(TlsError.BadRecordHeader));
    }

    private static IEnumerable<HostilePeer> Floods()
    {
        const string topic = "Floods";
        const string limit = "No RFC sets a number; without data in between it is ours: ";
        yield return new HostilePeer(topic, "65 KeyUpdates", limit + "64", c => c.Change(Updates(c, 65, 0))).On(T13, Ends(TlsError.Flood)).Within(64 * 1024);
        yield return new HostilePeer(topic, "30 KeyUpdates that ask for one in return", "One answers them all, before the next data (RFC 8446 section 4.6.3)", c => c.Change(Updates(c, 30, 1))).On(T13, Answered).Within(128 * 1024, sentBytes: 3072);
        yield return new HostilePeer(topic, "65 tickets", limit + "64", c => c.BeforeAnswer(() => Repeat(65, ContentType.Handshake, 2, c.Message(HandshakeType.NewSessionTicket, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 7, 7, 0, 0)))).On(T13, Ends(TlsError.Flood)).Within(40 * 1024);
        yield return new HostilePeer(topic, "65 HelloRequests", limit + "64 over TLS, and 8 refusals over DTLS", c => c.BeforeAnswer(() => Repeat(65, ContentType.Handshake, 1, c.Message(HandshakeType.HelloRequest)))).On(T12, Ends(TlsError.Flood)).On(D12, Answered).Within(sentBytes: 4096);
        yield return new HostilePeer(topic, "65 HelloRequests in the handshake, which then would go on", limit + "64", c => c.BeforeMessage(HandshakeType.ServerKeyExchange, () => Repeat(65, ContentType.Handshake, 0, c.Message(HandshakeType.HelloRequest)))).On(T12, Ends(TlsError.Flood));
        yield return new HostilePeer(topic, "ServerHelloDone 500 times", "A repetition says that ours was lost (RFC 6347 section 4.2.4): answered once a round trip and 8 times at most", c => c.BeforeMessage(HandshakeType.Finished, () => Repeat(500, ContentType.Handshake, 0, HostileContext.Fragment(HandshakeType.ServerHelloDone, 0, 3, 0)))).On(D12, Answered);
        yield return new HostilePeer(topic, "9 warnings", limit + "8 over TLS; over DTLS they are ignored", c => c.BeforeAnswer(() => Repeat(9, ContentType.Alert, c.LastEpoch, [1, (byte)(c.IsTls13 ? 90 : 100)]))).On(Streams, Ends(TlsError.Flood)).On(D12, Answered);
        yield return new HostilePeer(topic, "33 empty records", limit + "32 over TLS; over DTLS they are ignored", c => c.BeforeAnswer(() => Repeat(33, ContentType.ApplicationData, c.LastEpoch, []))).On(Streams, Ends(TlsError.Flood)).On(D12, Answered);
        yield return new HostilePeer(topic, "1,000 answers that nobody asked for", "Ignored: an answer has the ID of a query (RFC 7766 section 7)", c => c.BeforeAnswer(() => Repeat(1000, ContentType.ApplicationData, c.LastEpoch, Unasked(c)))).On(All, Answered);
        yield return new HostilePeer(topic, "1,000 heartbeat requests", "Each is answered (RFC 6520 section 4); a peer with the keys gets no more bytes than it sends", c => c.OnAssociated = server =>
        {
            for (int i = 0; i < 1000; i++)
                server.SendRawHeartbeat([1, 0, 2, 1, 2, .. new byte[16]]);
        }).On(D12, Answered).Within(sentBytes: 60_000);

        static System.Func<HostileRecord, IEnumerable<HostileRecord>?> Updates(HostileContext c, int count, byte request)
        {
            return r => r.Type != ContentType.ApplicationData || r.Epoch != 2 ? null
                : [.. Enumerable.Range(0, count).Select(i => new HostileRecord(ContentType.Handshake, c.Message(HandshakeType.KeyUpdate, request), 2 + i)), r with { Epoch = 2 + count }];
        }

        static byte[] Unasked(HostileContext c)
        {
            byte[] message = [0, 0, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 0];
            return c.IsDatagram ? message : [0, 12, .. message];
        }
    }

    private static IEnumerable<HostileRecord> Repeat(int count, int type, int epoch, byte[] content) => Enumerable.Repeat(new HostileRecord(type, content, epoch), count);

    private static IEnumerable<HostilePeer> Alerts()
    {
        const string topic = "Alerts and ends, in every state";
        const string fatal = "A fatal alert ends the connection at once (RFC 8446 section 6.2, RFC 5246 section 7.2.2)";
        const string unsaid = "; over DTLS nobody has authenticated it, so it counts once its round is over (RFC 6347 section 4.1.2.7)";
        foreach ((TlsStage stage, string name, HostileTransport where) in Stages())
        {
            bool first = stage == TlsStage.ServerHello;
            bool last = stage == TlsStage.ApplicationData;
            yield return new HostilePeer(topic, "fatal alert handshake_failure " + name, fatal + (last ? "" : unsaid), Act(stage, TlsFaultAction.Alert, 1, AlertDescription.HandshakeFailure))
                .On(where, Silently(TlsError.AlertReceived + AlertDescription.HandshakeFailure)).Within(durationMs: 2500);
            HostilePeer warning = new(topic, "the warning unrecognized_name " + name, "1.2 goes on (RFC 5246 section 7.2.2); 1.3 knows no warnings, so what is not close_notify or user_canceled is fatal (RFC 8446 section 6)", Act(stage, TlsFaultAction.WarningAlert, 1, AlertDescription.UnrecognizedName));
            yield return warning.On(where & Old, Answered).On(where & T13, first ? Answered : Silently(TlsError.AlertReceived + AlertDescription.UnrecognizedName));
            HostilePeer close = new(topic, "close_notify " + name, "The peer sends no more (RFC 8446 section 6.1): in a handshake that is its end" + (last ? "" : "; over DTLS it is not authentic and the handshake's time runs out"), Act(stage, TlsFaultAction.CloseWithNotify));
            yield return close.On(where & Streams, Silently(last ? TlsError.None : TlsError.ClosedInHandshake)).On(where & D12, Silently(last ? TlsError.None : TlsError.HandshakeTimeout)).Within(durationMs: 15_000, sentBytes: 4096);
            yield return new HostilePeer(topic, "FIN without close_notify " + name, "Truncation: no answer is believed to be whole (RFC 8446 section 6.1)", Act(stage, TlsFaultAction.Close)).On(where & Streams, Silently(last ? TlsError.Truncated : TlsError.ClosedInHandshake));
            yield return new HostilePeer(topic, "RST " + name, "Nothing of TLS: the transport is gone", Act(stage, TlsFaultAction.Reset)).On(where & Streams, Silently(TlsError.ConnectionReset));
        }

        yield return new HostilePeer(topic, "an alert of level 3", "decode_error or illegal_parameter (RFC 8446 section 6)", c => c.BeforeAnswer(ContentType.Alert, 3, 90)).On(T12, Ends(TlsError.IllegalParameter)).On(T13, Ends(TlsError.IllegalParameter)).On(D12, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "an alert of one byte", "An alert is not cut in pieces (RFC 8446 section 5.1); DTLS ignores it", c => c.BeforeAnswer(ContentType.Alert, 2)).On(Streams, Ends(TlsError.BadAlert)).On(D12, Answered);
        yield return new HostilePeer(topic, "two alerts in one record", "One alert in a record (RFC 8446 section 5.1); DTLS ignores them", c => c.BeforeAnswer(ContentType.Alert, 1, 90, 1, 90)).On(Streams, Ends(TlsError.BadAlert)).On(D12, Answered);
        yield return new HostilePeer(topic, "user_canceled and no more", "Goes on (RFC 8446 section 6.1)", c => c.BeforeAnswer(ContentType.Alert, 1, 90)).On(All, Answered);

        static IEnumerable<(TlsStage Stage, string Name, HostileTransport Where)> Stages()
        {
            return [(TlsStage.ServerHello, "before ServerHello", All), (TlsStage.Certificate, "before Certificate", All), (TlsStage.ServerHelloDone, "before ServerHelloDone", Old), (TlsStage.ApplicationData, "before the answer", All)];
        }
    }

    private static IEnumerable<HostilePeer> Times()
    {
        const string topic = "Time";
        const string own = "No RFC sets a time; ours: ";
        yield return new HostilePeer(topic, "a byte a second from the first one on", own + "10 s for a handshake", c => (c.PieceBytes, c.PaceMs) = (1, 1000)).On(Streams, Ends(TlsError.HandshakeTimeout)).Within(durationMs: 10_000);
        yield return new HostilePeer(topic, "a datagram of 80 bytes a second", own + "15 s for a handshake over DTLS", c =>
        {
            if (c.IsDatagram)
                (c.DtlsServer.MaxDatagramBytes, c.PaceMs) = (80, 1000);
        }).On(D12, Silently(TlsError.HandshakeTimeout)).Within(durationMs: 15_000, sentBytes: 4096);
        yield return new HostilePeer(topic, "silence from the start", own + "10 s, over DTLS 15 s with the retransmissions of RFC 6347 section 4.2.4", Act(TlsStage.ServerHello, TlsFaultAction.Silence))
            .On(Streams, Ends(TlsError.HandshakeTimeout)).On(D12, Silently(TlsError.HandshakeTimeout)).Within(durationMs: 15_000, sentBytes: 2048);
        yield return new HostilePeer(topic, "silence before its Finished", own + "the same; in 1.2 the query is out already (RFC 7918), and 5 s of silence end it", Act(TlsStage.Finished, TlsFaultAction.Silence))
            .On(T12, Silently(TlsError.SilentPeer)).On(T13, Ends(TlsError.HandshakeTimeout)).On(D12, Silently(TlsError.HandshakeTimeout)).Within(durationMs: 15_000, sentBytes: 4096);
        yield return new HostilePeer(topic, "no answer", own + "5 s of silence, over DTLS 15 s for a query with at most five sendings", c =>
        {
            c.QueryTimeoutMs = c.IsDatagram ? 15_000 : 10_000;
            c.Answer = _ => [];
        }).On(Streams, Silently(TlsError.SilentPeer)).On(D12, HostileOutcome.QueryFails(Association.DotError.QueryTimeout)).Within(durationMs: 15_100, sentBytes: 4096);
        yield return new HostilePeer(topic, "half an answer, then silence", own + "5 s", c => c.AnswerBytes = response => [(byte)(response.Length >> 8), (byte)response.Length, .. response[..20]]).On(Streams, Silently(TlsError.SilentPeer)).Within(durationMs: 5_200);
        yield return new HostilePeer(topic, "an answer at a byte a second", own + "10 s for a query", c =>
        {
            c.QueryTimeoutMs = 10_000;
            c.Client.FalseStart = false;
            c.AnswerBytes = response =>
            {
                (c.PieceBytes, c.PaceMs) = (1, 1000);
                return [(byte)(response.Length >> 8), (byte)response.Length, .. response];
            };
        }).On(Streams, HostileOutcome.QueryFails(Association.DotError.QueryTimeout)).Within(durationMs: 10_100);
        yield return new HostilePeer(topic, "heartbeat requests for ever and no answer", own + "15 s for a query: what keeps the association alive does not keep the query", c =>
        {
            c.QueryTimeoutMs = 15_000;
            c.PaceMs = 100;
            c.Answer = _ => [];
            c.OnAssociated = server =>
            {
                for (int i = 0; i < 1000; i++)
                    server.SendRawHeartbeat([1, 0, 2, 1, 2, .. new byte[16]]);
            };
        }).On(D12, HostileOutcome.QueryFails(Association.DotError.QueryTimeout)).Within(durationMs: 16_000, sentBytes: 16_384);
    }
}
