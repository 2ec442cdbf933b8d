using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Dtls;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

// DNS messages, DTLS fragments, forged datagrams.
public static partial class HostilePeers
{
    private static readonly Lazy<IssuedCertificate> s_other = new(() =>
    {
        CertificateMaker maker = new(new SeededRandomSource(8));
        DateTimeOffset from = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        return maker.MakeServer(maker.MakeAuthority("Other CA", from, from.AddYears(5)), ["dot.example"], [], from, from.AddYears(5));
    });

    private static ServerCredential OtherCredential() => new(s_other.Value);

    /// <summary>The right certificate with so many bytes of others behind it.</summary>
    private static ServerCredential Bomb(int bytes)
    {
        ServerCredential right = HostileRun.Credential;
        List<byte[]> chain = [right.Chain[0]];
        for (int left = bytes - right.Chain[0].Length; left > 0; left -= 1000)
            chain.Add(Nested(Math.Min(left, 1000) / 4 + 1));

        return new ServerCredential(right.Signer, [.. chain]);
    }

    /// <summary>DER sequences in each other.</summary>
    private static byte[] Nested(int depth)
    {
        byte[] result = new byte[4 * depth];
        for (int i = 0; i < depth; i++)
        {
            int inside = 4 * (depth - i - 1);
            result[4 * i] = 0x30;
            result[4 * i + 1] = 0x82;
            result[4 * i + 2] = (byte)(inside >> 8);
            result[4 * i + 3] = (byte)inside;
        }

        return result;
    }

    private static IEnumerable<HostilePeer> Answers()
    {
        const string topic = "DNS messages";
        const string match = "ID, question name, type and class must be the query's (RFC 7766 section 7, RFC 5452 section 9.1): passed over, and the right one may still come";
        const string later = "; over DTLS it is passed over, and the query's time runs out";
        const string form = "The message is malformed (RFC 1035 section 4.1): the query fails at once" + later;
        yield return Wrong("of another ID", match, m => Change(m, 1, (byte)(m[1] ^ 1)));
        yield return Wrong("to another name", match, m => Change(m, 13, (byte)'z'));
        yield return Wrong("to another type", match, m => Change(m, 26, 28));
        yield return Wrong("to another class", match, m => Change(m, 28, 3));
        yield return Wrong("that is a query (QR is 0)", match, m => Change(m, 2, (byte)(m[2] & 0x7F)));
        yield return Wrong("with the opcode UPDATE", match, m => Change(m, 2, (byte)(m[2] | 0x28)));
        yield return Malformed("two questions", "One question (RFC 9619): the query fails at once" + later, m => Change(m, 5, 2));
        yield return Malformed("65,535 records announced", form, m => Change(Change(m, 6, 0xFF), 7, 0xFF));
        yield return Malformed("cut in its answer", form, m => m[..45]);
        yield return Malformed("a compression pointer to itself", "Pointers go to an earlier place (RFC 1035 section 4.1.4): the query fails at once" + later, m => Change(Change(m, 29, 0xC0), 30, 29));
        yield return Malformed("a compression pointer forwards", "The same", m => Change(Change(m, 29, 0xC0), 30, 60));
        yield return Malformed("two compression pointers to each other", "The same", m => [.. m[..29], 0xC0, 31, 0xC0, 29, .. m[33..]]);
        yield return Malformed("a label of type 0x40", "No such labels (RFC 6891 section 5): the query fails at once" + later, m => Change(m, 29, 0x41));
        yield return Malformed("a name of 300 bytes", "255 at most (RFC 1035 section 2.3.4): the query fails at once" + later, m => [.. m[..29], .. Enumerable.Range(0, 300).Select(i => (byte)(i % 10 == 0 ? 9 : 97)), 0, .. m[31..]]);
        yield return Malformed("RDATA longer than the message", form, m => Change(Change(m, 39, 0xFF), 40, 0xFF));
        yield return Malformed("two OPT records", "One at most (RFC 6891 section 6.1.1): the query fails at once" + later, m => [.. Change(m, 11, 2), 0, 0, 41, 4, 0, 0, 0, 0, 0, 0, 0]);
        yield return new HostilePeer(topic, "bytes behind the last record", "Nothing is said; they are passed over", c => c.Answer = m => [[.. m, 1, 2, 3]]).On(All, Answered);
        yield return new HostilePeer(topic, "the answer twice", match, c => c.Answer = m => [m, m]).On(All, Answered);
        yield return new HostilePeer(topic, "200 names, each a pointer to the one before", "Work is bounded (255 bytes and 127 pointers a name), and such a message refused; over DTLS the right one behind it is taken", c => c.Answer = m => [Pointers(m), m]).On(Streams, HostileOutcome.QueryFails(DotError.MalformedAnswer)).On(D12, Answered);
        yield return new HostilePeer(topic, "a message of 11 bytes over DTLS", match, c => c.Answer = m => [m[..11], m]).On(D12, Answered);
        yield return new HostilePeer(topic, "a length prefix of 0", "No DNS message has that length (RFC 7766 section 8): the connection ends", c => c.AnswerBytes = m => [0, 0, .. m]).On(Streams, HostileOutcome.QueryFails(DotError.MalformedFrame, AlertDescription.DecodeError));
        yield return new HostilePeer(topic, "a length prefix of 11", "The same", c => c.AnswerBytes = m => [0, 11, .. m]).On(Streams, HostileOutcome.QueryFails(DotError.MalformedFrame, AlertDescription.DecodeError));
        yield return new HostilePeer(topic, "an answer of 60,000 bytes", "Nothing forbids it; the query fails where the buffer is smaller, the connection goes on", c => c.AnswerBytes = m => [60_000 >> 8, 60_000 & 0xFF, .. m, .. new byte[60_000 - m.Length]]).On(Streams, HostileOutcome.QueryFails(DotError.AnswerTooLarge)).Within(durationMs: 2000);
        yield return new HostilePeer(topic, "a frame of 65,535 bytes that never ends", "Ours: 5 s of silence", c => c.AnswerBytes = m => [0xFF, 0xFF, .. m]).On(Streams, Silently(TlsError.SilentPeer)).Within(durationMs: 5_200);

        static HostilePeer Wrong(string what, string rule, Func<byte[], byte[]> change) => new HostilePeer(topic, "an answer " + what + ", the right one behind it", rule, c => c.Answer = m => [change(m), m]).On(All, Answered);

        static HostilePeer Malformed(string what, string rule, Func<byte[], byte[]> change) => new HostilePeer(topic, what, rule, c =>
        {
            c.QueryTimeoutMs = 15_000;
            c.Answer = m => [change(m)];
        }).On(Streams, HostileOutcome.QueryFails(DotError.MalformedAnswer)).On(D12, HostileOutcome.QueryFails(DotError.QueryTimeout)).Within(durationMs: 15_100);

        static byte[] Change(byte[] message, int at, byte value)
        {
            byte[] copy = (byte[])message.Clone();
            copy[at] = value;
            return copy;
        }

        static byte[] Pointers(byte[] message)
        {
            // Each owner name points at the one before: the last one has as many jumps as there are records.
            List<byte> bytes = [.. message[..6], 0, 200, 0, 0, 0, 0, .. message[12..29]];
            int before = 12;
            for (int i = 0; i < 200; i++)
            {
                int here = bytes.Count;
                bytes.AddRange([(byte)(0xC0 | (before >> 8)), (byte)before, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0]);
                before = here;
            }

            return [.. bytes];
        }
    }

    private static IEnumerable<HostilePeer> Fragments()
    {
        const string topic = "DTLS fragments and records";
        const string quiet = "Discarded in silence (RFC 6347 section 4.1.2.7)";
        yield return Before("a fragment that reaches behind its message", quiet, c => HostileContext.Fragment(HandshakeType.Certificate, 100, c.NextSequence, 90, new byte[20]));
        yield return Before("a fragment longer than its record", quiet, c =>
        {
            byte[] fragment = HostileContext.Fragment(HandshakeType.Certificate, 100, c.NextSequence, 0, new byte[20]);
            fragment[11] = 200;
            return fragment;
        });
        yield return Before("half a fragment header", quiet, c => HostileContext.Fragment(HandshakeType.Certificate, 100, c.NextSequence, 0)[..7]);
        yield return Before("an empty fragment of the message that is due", "Nothing is learned of it (RFC 6347 section 4.2.3)", c => HostileContext.Fragment(HandshakeType.Certificate, CertificateBytes(c), c.NextSequence, 0));
        yield return Before("a message of the past", "Ignored, or a sign that ours was lost (RFC 6347 section 4.2.4)", _ => HostileContext.Fragment(HandshakeType.ServerHello, 40, 0, 0, new byte[40]));
        yield return Before("a message 1,000 ahead", quiet, _ => HostileContext.Fragment(HandshakeType.Finished, 12, 1000, 0, new byte[12]));
        yield return new HostilePeer(topic, "overlapping fragments, one byte apart", "Allowed (RFC 6347 section 4.2.3)", c => c.Change(r => HostileContext.IsMessage(r, HandshakeType.Certificate) && r.Epoch == 0 ? Overlapping(r) : null)).On(D12, Answered);
        yield return new HostilePeer(topic, "fragments of one message with two lengths", quiet, c => c.Change(r => HostileContext.IsMessage(r, HandshakeType.Certificate) && r.Epoch == 0 ? TwoLengths(r) : null)).On(D12, Answered);
        yield return new HostilePeer(topic, "fragments in the wrong order", "Put together again (RFC 6347 section 4.2.3)", c => c.Change(r => HostileContext.IsMessage(r, HandshakeType.Certificate) && r.Epoch == 0 ? Overlapping(r).Reverse() : null)).On(D12, Answered).Within(durationMs: 4000, sentBytes: 4096);
        yield return new HostilePeer(topic, "200 fragments of messages that are not due", "Kept as far as there is room; what is dropped is sent again (RFC 6347 section 4.2.4)", c => c.BeforeMessage(HandshakeType.Certificate, () => Enumerable.Range(0, 200).Select(i => new HostileRecord(ContentType.Handshake, HostileContext.Fragment(HandshakeType.Certificate, 8000, c.NextSequence + 10 + i % 5, 20 * i, new byte[200]), 0))))
            .On(D12, Answered).Within(durationMs: 4000, sentBytes: 4096);
        yield return new HostilePeer(topic, "a forged fragment of a message to come", "Before the Finished nothing is authenticated: who can put in datagrams can end a handshake, as with any DTLS (RFC 6347 section 4.1.2.7)", c => c.BeforeMessage(HandshakeType.Certificate, () => [new HostileRecord(ContentType.Handshake, HostileContext.Fragment(HandshakeType.Certificate, 100, c.NextSequence + 1, 0, new byte[100]), 0)]))
            .On(D12, Ends(TlsError.UnexpectedMessage));
        yield return new HostilePeer(topic, "a record of epoch 2", quiet, c => c.BeforeAnswer(() => [new HostileRecord(0, [], 0) { Raw = c.Plain(ContentType.ApplicationData, new byte[60], 5, 2) }])).On(D12, Answered);
        yield return new HostilePeer(topic, "a record longer than its datagram", quiet, c => c.BeforeAnswer(() => [new HostileRecord(0, [], 0) { Raw = [23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 99, 0xFF, 0xFF, 1, 2, 3] }])).On(D12, Answered);
        yield return new HostilePeer(topic, "a datagram of 4,000 record headers without content", quiet, c => c.BeforeAnswer(() => [new HostileRecord(0, [], 0) { Raw = [.. Enumerable.Repeat(c.Plain(ContentType.ApplicationData, [], 3, 1), 4000).SelectMany(b => b)] }])).On(D12, Answered);
        yield return new HostilePeer(topic, "a record with a connection id that was not agreed on", quiet, c => c.BeforeAnswer(() => [new HostileRecord(0, [], 0) { Raw = c.Plain(ContentType.Tls12Cid, new byte[60], 5, 1) }])).On(D12, Answered);
        yield return new HostilePeer(topic, "a heartbeat request whose payload_length reaches behind it (CVE-2014-0160)", "Discarded in silence (RFC 6520 section 4)", c => c.OnAssociated = s => s.SendRawHeartbeat([1, 0xFF, 0xFF, .. new byte[18]])).On(D12, Answered).Within(sentBytes: 700);
        yield return new HostilePeer(topic, "a heartbeat request without padding", "Discarded in silence (RFC 6520 section 4)", c => c.OnAssociated = s => s.SendRawHeartbeat([1, 0, 2, 1, 2])).On(D12, Answered).Within(sentBytes: 700);
        yield return new HostilePeer(topic, "a heartbeat request of 1,150 bytes", "May be left unanswered where it is too large (RFC 6520 section 4)", c => c.OnAssociated = s => s.SendRawHeartbeat([1, 4, 107, .. new byte[1131 + 16]])).On(D12, Answered).Within(sentBytes: 700);
        yield return new HostilePeer(topic, "a heartbeat response that nobody asked for", "Discarded in silence (RFC 6520 section 4)", c => c.OnAssociated = s => s.SendRawHeartbeat([2, 0, 2, 1, 2, .. new byte[16]])).On(D12, Answered).Within(sentBytes: 700);
        yield return new HostilePeer(topic, "a heartbeat request that was not agreed on", "Discarded in silence (RFC 6520 section 2)", c =>
        {
            c.DtlsClient.Heartbeat = false;
            c.OnAssociated = s => s.SendRawHeartbeat([1, 0, 2, 1, 2, .. new byte[16]]);
        }).On(D12, Answered).Within(sentBytes: 700);

        static HostilePeer Before(string what, string rule, Func<HostileContext, byte[]> fragment)
        {
            return new HostilePeer(topic, what, rule, c => c.BeforeMessage(HandshakeType.Certificate, () => [new HostileRecord(ContentType.Handshake, fragment(c), 0)])).On(D12, Answered).Within(durationMs: 1500, sentBytes: 3072);
        }

        // The message that is due is the Certificate itself: its length is known only from it.
        static int CertificateBytes(HostileContext c) => 6 + HostileRun.Credential.Chain[0].Length;

        static IEnumerable<HostileRecord> Overlapping(HostileRecord record)
        {
            byte[] body = record.Content[DtlsHandshakeHeader.Bytes..];
            int sequence = (record.Content[4] << 8) | record.Content[5];
            for (int at = 0; at < body.Length; at += 40)
            {
                int from = Math.Max(0, at - 1);
                int to = Math.Min(body.Length, at + 41);
                yield return record with { Content = HostileContext.Fragment(record.Content[0], body.Length, sequence, from, body[from..to]) };
            }
        }

        static IEnumerable<HostileRecord> TwoLengths(HostileRecord record)
        {
            byte[] body = record.Content[DtlsHandshakeHeader.Bytes..];
            int sequence = (record.Content[4] << 8) | record.Content[5];
            yield return record with { Content = HostileContext.Fragment(record.Content[0], body.Length, sequence, 0, body[..50]) };
            yield return record with { Content = HostileContext.Fragment(record.Content[0], body.Length + 7, sequence, 50, new byte[60]) };
            yield return record with { Content = HostileContext.Fragment(record.Content[0], body.Length, sequence, 50, body[50..]) };
        }
    }

    private static IEnumerable<HostilePeer> Forgeries()
    {
        const string topic = "Forged datagrams from beside the path";
        const string quiet = "Nobody authenticated it: discarded, the association stays (RFC 6347 section 4.1.2.7)";
        yield return Forged("1,000 fatal alerts in the clear", quiet + "; an alert is a hint at most", (c, i) => c.Plain(ContentType.Alert, [2, (byte)i], i));
        yield return Forged("1,000 records of the right epoch and any content", quiet, (c, i) => c.Plain(20 + i % 5, [.. Enumerable.Range(0, 60).Select(j => (byte)(i * j))], i, 1)).Within(512 * 1024); // .NET's cryptography throws for each wrong tag; DtlsAttackTests shows that the client itself allocates nothing
        yield return Forged("1,000 ServerHellos", quiet, (c, i) => c.Plain(ContentType.Handshake, HostileContext.Fragment(HandshakeType.ServerHello, 40, i % 8, 0, [0xFE, 0xFD, .. new byte[38]]), i));
        yield return Forged("1,000 HelloVerifyRequests", quiet, (c, i) => c.Plain(ContentType.Handshake, HostileContext.Fragment(HandshakeType.HelloVerifyRequest, 7, i % 4, 0, [0xFE, 0xFF, 4, 1, 2, 3, (byte)i]), i));
        yield return Forged("1,000 change_cipher_specs", quiet, (c, i) => c.Plain(ContentType.ChangeCipherSpec, [1], i));
        yield return Forged("1,000 datagrams of noise", quiet, (_, i) => [.. Enumerable.Range(0, 1 + i % 99).Select(j => (byte)(i * 31 + j * 7))]);

        static HostilePeer Forged(string what, string rule, Func<HostileContext, int, byte[]> make)
        {
            return new HostilePeer(topic, what, rule, c =>
            {
                // The handshake is over by then on both sides.
                c.Client.FalseStart = false;
                c.Forged = () => Enumerable.Range(0, 1000).Select(i => make(c, i));
            }).On(D12, Answered).Within(sentBytes: 1500);
        }
    }
}
