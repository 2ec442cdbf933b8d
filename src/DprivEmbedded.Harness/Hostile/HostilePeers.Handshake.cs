using System.Collections.Generic;
using System.Linq;
using System.Text;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

// Extensions, key exchange, resumption, retries.
public static partial class HostilePeers
{
    private static IEnumerable<HostilePeer> Extensions()
    {
        const string topic = "Extensions";
        const string twice = "An extension once in a block, else illegal_parameter or decode_error (RFC 8446 section 4.2, RFC 5246 section 7.4.1.4)";
        const string unasked = "unsupported_extension (RFC 8446 section 4.2, RFC 5246 section 7.4.1.4)";
        yield return new HostilePeer(topic, "an extension twice in ServerHello", twice, c => c.Faults.DuplicateExtension = true).On(All, Ends(TlsError.DuplicateExtension));
        yield return new HostilePeer(topic, "an extension twice in EncryptedExtensions", twice, c => (c.Faults.ExtensionsAt, c.Faults.DuplicateExtension) = (TlsStage.EncryptedExtensions, true)).On(T13, Ends(TlsError.DuplicateExtension));
        yield return new HostilePeer(topic, "an extension twice in NewSessionTicket", twice, c => (c.Faults.ExtensionsAt, c.Faults.DuplicateExtension, c.Server.EarlyData) = (TlsStage.NewSessionTicket, true, EarlyDataMode.Accept))
            .On(T13, Ends(TlsError.DuplicateExtension));
        yield return new HostilePeer(topic, "an unknown extension in ServerHello", unasked, c => c.Faults.UnsolicitedExtension = 0x1234).On(All, Ends(TlsError.UnsolicitedExtension));
        yield return new HostilePeer(topic, "a known extension in ServerHello that was not offered", unasked, c => c.Faults.UnsolicitedExtension = ExtensionType.EarlyData).On(All, Ends(TlsError.UnsolicitedExtension));
        yield return new HostilePeer(topic, "an unknown extension in EncryptedExtensions", unasked, c => (c.Faults.ExtensionsAt, c.Faults.UnsolicitedExtension) = (TlsStage.EncryptedExtensions, 0x1234)).On(T13, Ends(TlsError.UnsolicitedExtension));
        yield return new HostilePeer(topic, "key_share in EncryptedExtensions", "illegal_parameter for an extension in the wrong message (RFC 8446 section 4.2); we say unsupported_extension", c => (c.Faults.ExtensionsAt, c.Faults.UnsolicitedExtension) = (TlsStage.EncryptedExtensions, ExtensionType.KeyShare))
            .On(T13, Ends(TlsError.UnsolicitedExtension));
        yield return new HostilePeer(topic, "an extension in Certificate that was not asked for", unasked, c => (c.Faults.ExtensionsAt, c.Faults.UnsolicitedExtension) = (TlsStage.Certificate, 5)).On(T13, Ends(TlsError.UnsolicitedExtension));
        yield return new HostilePeer(topic, "an unknown extension in NewSessionTicket", "Ignored (RFC 8446 section 4.6.1)", c => (c.Faults.ExtensionsAt, c.Faults.UnsolicitedExtension) = (TlsStage.NewSessionTicket, 0x1234)).On(T13, Answered);
        yield return new HostilePeer(topic, "supported_groups in EncryptedExtensions", "Allowed (RFC 8446 section 4.2.7)", c => c.Server.SendSupportedGroups = true).On(T13, Answered);
        yield return new HostilePeer(topic, "no renegotiation_info", "handshake_failure where the client insists (RFC 5746 section 4.1)", c => c.Faults.NoRenegotiationInfo = true).On(Old, Ends(TlsError.InsecureServer));
        yield return new HostilePeer(topic, "a renegotiation_info that is not empty", "handshake_failure (RFC 5746 section 3.4)", c => c.SetExtension(HandshakeType.ServerHello, ExtensionType.RenegotiationInfo, [2, 1, 2])).On(Old, Ends(TlsError.InsecureServer));
        yield return new HostilePeer(topic, "no extended_master_secret", "handshake_failure where the client insists (RFC 7627 section 5.3)", c => c.Faults.NoExtendedMasterSecret = true).On(Old, Ends(TlsError.InsecureServer));
        yield return new HostilePeer(topic, "an extended_master_secret with content", "decode_error (RFC 7627 section 5.1)", c => c.SetExtension(HandshakeType.ServerHello, ExtensionType.ExtendedMasterSecret, [1])).On(Old, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "a session_ticket with content in ServerHello", "decode_error (RFC 5077 section 3.2)", c => c.SetExtension(HandshakeType.ServerHello, ExtensionType.SessionTicket, [1])).On(Old, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "a server_name with content", "decode_error (RFC 6066 section 3)", c => c.SetExtension(c.IsTls13 ? HandshakeType.EncryptedExtensions : HandshakeType.ServerHello, ExtensionType.ServerName, [0, 1, 97])).On(All, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "another application protocol than was offered", "illegal_parameter: one of the client's (RFC 7301 section 3.1)", c => c.Faults.WrongApplicationProtocol = "h2").On(Streams, Ends(TlsError.BadApplicationProtocol));
        yield return new HostilePeer(topic, "two application protocols", "Exactly one (RFC 7301 section 3.1): decode_error", c => c.SetExtension(c.IsTls13 ? HandshakeType.EncryptedExtensions : HandshakeType.ServerHello, ExtensionType.ApplicationLayerProtocolNegotiation, [0, 8, 3, 100, 111, 116, 3, 100, 111, 116]))
            .On(Streams, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "an application protocol that nobody asked for", unasked, c => c.SetExtension(HandshakeType.ServerHello, ExtensionType.ApplicationLayerProtocolNegotiation, [0, 4, 3, 100, 111, 116])).On(D12, Ends(TlsError.UnsolicitedExtension));
        yield return new HostilePeer(topic, "record_size_limit of 63", "illegal_parameter: 64 or more (RFC 8449 section 4)", c => c.SetExtension(c.IsTls13 ? HandshakeType.EncryptedExtensions : HandshakeType.ServerHello, ExtensionType.RecordSizeLimit, [0, 63])).On(Streams, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "record_size_limit that was not offered", unasked, c =>
        {
            c.ReceiveBufferBytes = TlsClient.FullReceiveBufferBytes;
            c.SetExtension(c.IsTls13 ? HandshakeType.EncryptedExtensions : HandshakeType.ServerHello, ExtensionType.RecordSizeLimit, [16, 0]);
        }).On(All, Ends(TlsError.UnsolicitedExtension));
        yield return new HostilePeer(topic, "record_size_limit and max_fragment_length at once", "illegal_parameter (RFC 8449 section 5)", c => c.SetExtension(c.IsTls13 ? HandshakeType.EncryptedExtensions : HandshakeType.ServerHello, ExtensionType.MaxFragmentLength, [3])).On(Streams, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "another max_fragment_length than was offered", "illegal_parameter (RFC 6066 section 4)", c => c.SetExtension(c.IsTls13 ? HandshakeType.EncryptedExtensions : HandshakeType.ServerHello, ExtensionType.MaxFragmentLength, [1])).On(Streams, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "server_certificate_type OpenPGP", "illegal_parameter: one of the client's (RFC 7250 section 4.2)", c => c.SetExtension(c.IsTls13 ? HandshakeType.EncryptedExtensions : HandshakeType.ServerHello, ExtensionType.ServerCertificateType, [1])).On(All, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "a heartbeat mode of 3", "illegal_parameter (RFC 6520 section 2)", c => c.SetExtension(HandshakeType.ServerHello, ExtensionType.Heartbeat, [3])).On(D12, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "heartbeat that was not offered", unasked, c =>
        {
            c.DtlsClient.Heartbeat = false;
            c.SetExtension(HandshakeType.ServerHello, ExtensionType.Heartbeat, [1]);
        }).On(D12, Ends(TlsError.UnsolicitedExtension));
        yield return new HostilePeer(topic, "a connection id that was not offered", unasked, c => c.SetExtension(HandshakeType.ServerHello, ExtensionType.ConnectionId, [1, 7])).On(D12, Ends(TlsError.UnsolicitedExtension));
        yield return new HostilePeer(topic, "a connection id shorter than it says", "decode_error (RFC 9146 section 3)", c =>
        {
            c.DtlsClient.ConnectionId = [];
            c.SetExtension(HandshakeType.ServerHello, ExtensionType.ConnectionId, [4, 7]);
        }).On(D12, Ends(TlsError.DecodeError));
    }

    private static IEnumerable<HostilePeer> KeyExchange()
    {
        const string topic = "Key exchange and proof";
        yield return new HostilePeer(topic, "uses a group that was not offered", "illegal_parameter (RFC 8446 section 4.2.8, RFC 8422 section 5.4)", c => c.Faults.WrongGroup = 24).On(All, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "a point that is not on the curve", "illegal_parameter (RFC 8446 section 4.2.8.2, RFC 8422 section 5.11)", c => c.Faults.BadKeyShare = true).On(All, Ends(TlsError.BadKeyShare));
        yield return new HostilePeer(topic, "a compressed point", "Uncompressed only (RFC 8446 section 4.2.8.2): illegal_parameter", c => c.SetExtension(HandshakeType.ServerHello, ExtensionType.KeyShare, [0, 23, 0, 33, 2, .. Enumerable.Repeat((byte)7, 32)])).On(T13, Ends(TlsError.BadKeyShare));
        yield return new HostilePeer(topic, "no key_share where a certificate is to follow", "missing_extension (RFC 8446 section 9.2)", c => c.SetExtension(HandshakeType.ServerHello, ExtensionType.KeyShare, null)).On(T13, Ends(TlsError.MissingExtension));
        yield return new HostilePeer(topic, "a wrong signature", "decrypt_error (RFC 8446 section 4.4.3)", c => c.Faults.BadSignature = true).On(All, Ends(TlsError.BadSignature));
        yield return new HostilePeer(topic, "a signature scheme that was not offered", "illegal_parameter (RFC 8446 section 4.4.3, RFC 5246 section 7.4.3)", c => c.ReplaceBody(c.IsTls13 ? HandshakeType.CertificateVerify : HandshakeType.ServerKeyExchange, Set(_ => c.IsTls13 ? 0 : 69, 6, 3)))
            .On(All, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "PKCS #1 v1.5 in CertificateVerify", "illegal_parameter (RFC 8446 section 4.4.3)", c => c.ReplaceBody(HandshakeType.CertificateVerify, Set(_ => 0, 4, 1))).On(T13, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "an empty signature", "decrypt_error (RFC 8446 section 4.4.3)", c => c.ReplaceBody(c.IsTls13 ? HandshakeType.CertificateVerify : HandshakeType.ServerKeyExchange, b => c.IsTls13 ? [b[0], b[1], 0, 0] : [.. b[..71], 0, 0]))
            .On(All, Ends(TlsError.BadSignature));
        yield return new HostilePeer(topic, "a wrong Finished", "decrypt_error (RFC 8446 section 4.4.4, RFC 5246 section 7.4.9)", c => c.Faults.WrongFinished = true).On(All, Ends(TlsError.BadFinished));
        yield return new HostilePeer(topic, "a Finished that is a byte short", "decode_error (RFC 8446 section 6.2)", c => c.ReplaceBody(HandshakeType.Finished, b => b[1..])).On(All, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "asks for a client certificate", "Answered with none (RFC 8446 section 4.4.2, RFC 5246 section 7.4.6)", c => c.Server.RequestClientCertificate = true).On(All, Answered);
        yield return new HostilePeer(topic, "asks for one with 16,000 bytes of authorities", "Answered with none; TLS 1.3's must fit the buffer for messages", c => (c.Server.RequestClientCertificate, c.Server.CertificateRequestAuthorityBytes) = (true, 16_000))
            .On(Old, Answered).On(T13, Ends(TlsError.MessageTooLargeForBuffer));
    }

    private static IEnumerable<HostilePeer> Resumption()
    {
        const string topic = "Resumption and tickets";
        yield return new HostilePeer(topic, "does not know the ticket", "A full handshake follows (RFC 5077 section 3.4, RFC 8446 section 4.2.11)", c => (c.Resume, c.Faults.RefuseTickets) = (true, true)).On(All, Answered);
        yield return new HostilePeer(topic, "finds the binder wrong", "The server ends with decrypt_error (RFC 8446 section 4.2.11)", c => (c.Resume, c.Faults.RejectBinder) = (true, true)).On(T13, Silently(TlsError.AlertReceived + AlertDescription.DecryptError));
        yield return new HostilePeer(topic, "selects the pre-shared key of index 7", "illegal_parameter (RFC 8446 section 4.2.11)", c => (c.Resume, c.Faults.SelectedIdentity) = (true, 7)).On(T13, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "selects a pre-shared key where none was offered", "unsupported_extension (RFC 8446 section 4.2)", c => c.Faults.PretendPsk = true).On(T13, Ends(TlsError.UnsolicitedExtension));
        yield return new HostilePeer(topic, "leaves key_share out although psk_dhe_ke alone was offered", "missing_extension (RFC 8446 sections 4.2.9 and 9.2)", c =>
        {
            c.Resume = true;
            c.Client.PskKe = false;
            c.SetExtension(HandshakeType.ServerHello, ExtensionType.KeyShare, null);
        }).On(T13, Ends(TlsError.MissingExtension));
        yield return new HostilePeer(topic, "accepts early data that was not offered", "unsupported_extension (RFC 8446 section 4.2)", c => c.SetExtension(HandshakeType.EncryptedExtensions, ExtensionType.EarlyData, [])).On(T13, Ends(TlsError.UnsolicitedExtension));
        yield return new HostilePeer(topic, "accepts early data under another application protocol", "The connection ends with illegal_parameter (RFC 8446 section 4.2.10)", c =>
        {
            c.Resume = true;
            c.Client.EarlyData = true;
            c.Server.EarlyData = EarlyDataMode.Accept;
            c.SetExtension(HandshakeType.EncryptedExtensions, ExtensionType.ApplicationLayerProtocolNegotiation, null);
        }).On(T13, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "resumes under another suite", "The suite of the session (RFC 5246 section 7.4.1.3): illegal_parameter", c =>
        {
            c.Resume = true;
            c.ReplaceBody(HandshakeType.ServerHello, Set(HostileContext.SuiteOffset, 0xC0, 0xAC));
        }).On(Old, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "sends a certificate where a pre-shared key was agreed on, to a client without a verifier", "unexpected_message (RFC 4279 section 2, RFC 8446 section 4.3.2)", c =>
        {
            c.Psk = true;
            c.Resume = true;
            c.Faults.RefuseTickets = true;
            c.BeforeMessage(c.IsTls13 ? HandshakeType.Finished : HandshakeType.ServerHelloDone, () => [new HostileRecord(ContentType.Handshake, c.Message(HandshakeType.Certificate, new byte[60]), c.IsTls13 ? 1 : 0)]);
        }).On(All, Ends(TlsError.UnexpectedMessage));
        yield return new HostilePeer(topic, "asks for a certificate where a pre-shared key was agreed on", "unexpected_message (RFC 8446 section 4.3.2)", c =>
        {
            c.Resume = true;
            c.BeforeMessage(HandshakeType.Finished, () => [new HostileRecord(ContentType.Handshake, c.Message(HandshakeType.CertificateRequest, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3), 1)]);
        }).On(T13, Ends(TlsError.UnexpectedMessage));
        yield return new HostilePeer(topic, "gives a ticket a life of 31 years", "Seven days at most (RFC 8446 section 4.6.1)", c => c.Server.AdvertisedTicketLifetimeSeconds = 1_000_000_000).On(All, Answered);
        yield return new HostilePeer(topic, "gives a ticket of 30,000 bytes", "Nothing has to be kept (RFC 8446 section 4.6.1): read past where it does not fit", c => (c.Server.StatefulTickets, c.Server.TicketPaddingBytes) = (false, 30_000)).On(All, Answered);
        yield return new HostilePeer(topic, "gives a ticket without a byte", "A ticket has one at least (RFC 8446 section 4.6.1): decode_error", c => c.BeforeAnswer(ContentType.Handshake, c.Message(HandshakeType.NewSessionTicket, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))).On(T13, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "announces a ticket and sends none", "unexpected_message (RFC 5077 section 3.3); over DTLS no Finished can be told from a late ticket, and the handshake's time runs out", Act(TlsStage.NewSessionTicket, TlsFaultAction.Omit))
            .On(T12, Ends(TlsError.UnexpectedMessage)).On(D12, Silently(TlsError.HandshakeTimeout)).Within(durationMs: 15_000, sentBytes: 4096);
    }

    private static IEnumerable<HostilePeer> Retries()
    {
        const string topic = "HelloRetryRequest and HelloVerifyRequest";
        yield return new HostilePeer(topic, "a second HelloRetryRequest", "unexpected_message (RFC 8446 section 4.1.4)", c => (c.Server.HelloRetry, c.Faults.SecondHelloRetryRequest) = (HelloRetryMode.Cookie, true)).On(T13, Ends(TlsError.UnexpectedMessage));
        yield return new HostilePeer(topic, "a HelloRetryRequest that would change nothing", "illegal_parameter (RFC 8446 section 4.1.4)", c => c.Faults.UselessHelloRetryRequest = true).On(T13, Ends(TlsError.BadHelloRetryRequest));
        yield return new HostilePeer(topic, "a HelloRetryRequest for a group that was not offered", "illegal_parameter (RFC 8446 section 4.2.8)", c =>
        {
            c.Server.HelloRetry = HelloRetryMode.Cookie;
            c.SetExtension(HandshakeType.ServerHello, ExtensionType.KeyShare, [0, 24]);
        }).On(T13, Ends(TlsError.BadHelloRetryRequest));
        yield return new HostilePeer(topic, "a HelloRetryRequest with an empty cookie", "decode_error: a byte at least (RFC 8446 section 4.2.2)", c =>
        {
            c.Server.HelloRetry = HelloRetryMode.Cookie;
            c.SetExtension(HandshakeType.ServerHello, ExtensionType.Cookie, [0, 0]);
        }).On(T13, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "a cookie of 60,000 bytes", "May be refused where it does not fit", c => (c.Server.HelloRetry, c.Server.CookieBytes) = (HelloRetryMode.Cookie, 60_000)).On(T13, Ends(TlsError.MessageTooLargeForBuffer));
        yield return new HostilePeer(topic, "a cookie of 1,000 bytes", "May be refused where it does not fit", c => (c.Server.HelloRetry, c.Server.CookieBytes) = (HelloRetryMode.Cookie, 1_000)).On(T13, Ends(TlsError.MessageTooLargeForBuffer));
        yield return new HostilePeer(topic, "another suite after a HelloRetryRequest", "illegal_parameter (RFC 8446 section 4.1.4)", c =>
        {
            c.Server.HelloRetry = HelloRetryMode.Cookie;
            bool first = true;
            c.Change(record =>
            {
                if (!first || !HostileContext.IsMessage(record, HandshakeType.ServerHello))
                    return null;

                first = false;
                byte[] content = (byte[])record.Content.Clone();
                content[4 + HostileContext.SuiteOffset(content[4..]) + 1] = 3;
                return [record with { Content = content }];
            });
        }).On(T13, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "HelloVerifyRequests without end", "Nothing is said of how many (RFC 6347 section 4.2.1); after three the handshake ends", c => c.Script = () => Verify(c, [0xFE, 0xFF, 4, 1, 2, 3, 4])).On(D12, Ends(TlsError.Flood)).Within(sentBytes: 1400);
        yield return new HostilePeer(topic, "HelloVerifyRequests with an empty cookie", "The same", c => c.Script = () => Verify(c, [0xFE, 0xFF, 0])).On(D12, Ends(TlsError.Flood)).Within(sentBytes: 1400);
        yield return new HostilePeer(topic, "a HelloVerifyRequest of version 3.1", "The version is one of DTLS (RFC 6347 section 4.2.1)", c => c.Script = () => Verify(c, [3, 1, 1, 1])).On(D12, Ends(TlsError.UnsupportedVersion));
        yield return new HostilePeer(topic, "a HelloVerifyRequest whose cookie is shorter than it says", "decode_error (RFC 6347 section 4.2.1)", c => c.Script = () => Verify(c, [0xFE, 0xFF, 200, 1])).On(D12, Ends(TlsError.DecodeError));

        static IEnumerable<byte[]> Verify(HostileContext c, byte[] body)
        {
            for (int i = 0; i < 100; i++)
                yield return c.Plain(ContentType.Handshake, HostileContext.Fragment(HandshakeType.HelloVerifyRequest, body.Length, i, 0, body), i);
        }
    }

    private static IEnumerable<HostilePeer> Certificates()
    {
        const string topic = "Certificates";
        yield return new HostilePeer(topic, "another key than the pinned one", "certificate_unknown or another alert on certificates (RFC 8446 section 4.4.2.4)", c => c.Server.Credentials = [OtherCredential()]).On(All, Ends(TlsError.PinMismatch));
        yield return new HostilePeer(topic, "an empty list", "decode_error (RFC 8446 section 4.4.2.4)", c => c.ReplaceBody(HandshakeType.Certificate, _ => c.IsTls13 ? [0, 0, 0, 0] : [0, 0, 0])).On(All, Ends(TlsError.NoCertificate));
        yield return new HostilePeer(topic, "a certificate of no byte", "decode_error (RFC 8446 section 4.4.2)", c => c.ReplaceBody(HandshakeType.Certificate, _ => c.IsTls13 ? [0, 0, 0, 5, 0, 0, 0, 0, 0] : [0, 0, 3, 0, 0, 0])).On(All, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "a list longer than its message", "decode_error (RFC 8446 section 6.2)", c => c.ReplaceBody(HandshakeType.Certificate, Set(_ => c.IsTls13 ? 1 : 0, 0xFF, 0xFF, 0xFF))).On(All, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "a certificate that is no DER", "bad_certificate (RFC 8446 section 6.2)", c => c.ReplaceBody(HandshakeType.Certificate, _ => List(c, [.. Encoding.ASCII.GetBytes("This is no certificate, whatever it says of itself.")]))).On(All, Ends(TlsError.CertificateMalformed));
        yield return new HostilePeer(topic, "DER of 1,000 sequences in each other", "bad_certificate (RFC 8446 section 6.2); the reader does not recurse", c => c.ReplaceBody(HandshakeType.Certificate, _ => List(c, Nested(1000)))).On(All, Ends(TlsError.CertificateMalformed));
        yield return new HostilePeer(topic, "a chain of 60,000 bytes behind the right certificate", "Nothing forbids it; with pins the rest of a chain says nothing", c => c.Server.Credentials = [Bomb(60_000)]).On(All, Answered).Within(durationMs: 1500, sentBytes: 4096);
        yield return new HostilePeer(topic, "a chain of 70,000 bytes", "A client may set a limit: ours is 65,536", c => c.Server.Credentials = [Bomb(70_000)]).On(All, Ends(TlsError.CertificateTooLarge));
        yield return new HostilePeer(topic, "a chain that is announced with 16 MiB", "The same", c => c.BeforeMessage(HandshakeType.Certificate, () => [new HostileRecord(ContentType.Handshake, c.IsDatagram ? HostileContext.Fragment(HandshakeType.Certificate, 0xFFFFFF, c.NextSequence, 0, 0) : [HandshakeType.Certificate, 0xFF, 0xFF, 0xFF, 0], c.IsTls13 ? 1 : 0)]))
            .On(All, Ends(TlsError.CertificateTooLarge));

        static byte[] List(HostileContext c, byte[] certificate)
        {
            byte[] entry = [0, (byte)(certificate.Length >> 8), (byte)certificate.Length, .. certificate];
            byte[] list = c.IsTls13 ? [.. entry, 0, 0] : entry;
            byte[] body = [0, (byte)(list.Length >> 8), (byte)list.Length, .. list];
            return c.IsTls13 ? [0, .. body] : body;
        }
    }
}
