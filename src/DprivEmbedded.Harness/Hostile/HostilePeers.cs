using System;
using System.Collections.Generic;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

/// <summary>The table of hostile peers: what a server, or somebody who stands between, may do to the client. Printed as docs/hostile-peers.md.</summary>
public static partial class HostilePeers
{
    private const HostileTransport T12 = HostileTransport.Tls12;
    private const HostileTransport T13 = HostileTransport.Tls13;
    private const HostileTransport D12 = HostileTransport.Dtls12;

    /// <summary>Both versions over a stream.</summary>
    private const HostileTransport Streams = T12 | T13;

    /// <summary>Version 1.2 over both transports.</summary>
    private const HostileTransport Old = T12 | D12;

    private const HostileTransport All = T12 | T13 | D12;

    /// <summary>All rows, in the order of the document.</summary>
    public static IReadOnlyList<HostilePeer> Rows()
    {
        return
        [
            .. Versions(), .. Hellos(), .. Extensions(), .. KeyExchange(), .. Certificates(), .. Resumption(), .. Retries(), .. Records(), .. CipherSpecs(), .. Messages(), .. Floods(),
            .. Alerts(), .. Times(), .. Answers(), .. Fragments(), .. Forgeries(),
        ];
    }

    private static HostileOutcome Answered => HostileOutcome.Answered;

    private static HostileOutcome Ends(int error) => HostileOutcome.Ends(error);

    private static HostileOutcome Silently(int error) => HostileOutcome.EndsSilently(error);

    private static Action<HostileContext> Act(TlsStage stage, TlsFaultAction action, int count = 1, int alert = AlertDescription.InternalError)
    {
        return c =>
        {
            c.Faults.At = stage;
            c.Faults.Action = action;
            c.Faults.Count = count;
            c.Faults.Alert = alert;
        };
    }

    private static Func<byte[], byte[]> Set(Func<byte[], int> at, params byte[] values)
    {
        return body =>
        {
            byte[] copy = (byte[])body.Clone();
            values.CopyTo(copy, at(body));
            return copy;
        };
    }

    private static IEnumerable<HostilePeer> Versions()
    {
        const string topic = "Versions and downgrades";
        const string offered = "A version that was not offered ends the handshake: protocol_version in 1.2 (RFC 5246 appendix E.1), illegal_parameter where supported_versions names it (RFC 8446 section 4.2.1)";
        yield return new HostilePeer(topic, "answers with TLS 1.1 (0x0302)", offered, c => c.Faults.WrongVersion = 0x0302)
            .On(Old, Ends(TlsError.UnsupportedVersion)).On(T13, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "answers with a version that does not exist (0x0305)", offered, c => c.Faults.WrongVersion = 0x0305)
            .On(Old, Ends(TlsError.UnsupportedVersion)).On(T13, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "answers with SSL 3.0 (0x0300)", offered, c => c.Faults.WrongVersion = 0x0300)
            .On(Old, Ends(TlsError.UnsupportedVersion)).On(T13, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "names TLS 1.2 in supported_versions", "illegal_parameter (RFC 8446 section 4.2.1)", c => c.Faults.WrongVersion = 0x0303)
            .On(T13, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "a server of TLS 1.3 is pressed down to 1.2: the sentinel DOWNGRD 01 in its random", "illegal_parameter (RFC 8446 section 4.1.3)", c =>
        {
            c.Client.MaxVersion = ProtocolVersion.Tls13;
            c.Faults.ForceDowngradeSentinel = true;
        }).On(T12, Ends(TlsError.DowngradeDetected));
        yield return new HostilePeer(topic, "the sentinel DOWNGRD 00, which stands for TLS 1.1 and older", "illegal_parameter (RFC 8446 section 4.1.3)", c =>
        {
            c.Client.MaxVersion = ProtocolVersion.Tls13;
            c.ReplaceBody(HandshakeType.ServerHello, Set(_ => 26, (byte)'D', (byte)'O', (byte)'W', (byte)'N', (byte)'G', (byte)'R', (byte)'D', 0));
        }).On(T12, Ends(TlsError.DowngradeDetected));
        yield return new HostilePeer(topic, "the sentinel to a client that offered 1.2 alone", "Nothing was lost (RFC 8446 section 4.1.3 speaks to clients that offered 1.3)", c => c.Faults.ForceDowngradeSentinel = true)
            .On(T12, Answered);
        yield return new HostilePeer(topic, "answers early data of TLS 1.3 with a ServerHello of 1.2", "The connection ends: the early data cannot be taken back (RFC 8446 appendix D.3)", c =>
        {
            c.Client.MinVersion = ProtocolVersion.Tls12;
            c.Client.EarlyData = true;
            c.Resume = true;
            c.Server.Tls12 = true;
            c.Server.Tls13 = false;
            c.Server.EarlyData = EarlyDataMode.Accept;
        }).On(T13, Ends(TlsError.UnsupportedVersion));
        yield return new HostilePeer(topic, "legacy_version is 0x0304", "legacy_version is 0x0303 (RFC 8446 section 4.1.3)", c => c.ReplaceBody(HandshakeType.ServerHello, Set(_ => 1, 4)))
            .On(T13, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "alert protocol_version in place of a ServerHello", "A fatal alert ends the connection (RFC 8446 section 6.2); over DTLS nobody has authenticated it, so it counts once its round is over", Act(TlsStage.ServerHello, TlsFaultAction.Alert, 1, AlertDescription.ProtocolVersion))
            .On(All, Silently(TlsError.AlertReceived + AlertDescription.ProtocolVersion)).Within(durationMs: 1100);
    }

    private static IEnumerable<HostilePeer> Hellos()
    {
        const string topic = "ServerHello";
        const string suite = "A suite that was not offered: illegal_parameter (RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3)";
        yield return new HostilePeer(topic, "chooses a suite that was not offered (AES-256)", suite, c => c.Faults.WrongCipherSuite = c.IsTls13 ? 0x1302 : 0xC02C)
            .On(All, Ends(TlsError.BadCipherSuite));
        yield return new HostilePeer(topic, "chooses a suite of the other version", suite, c => c.Faults.WrongCipherSuite = c.IsTls13 ? CipherSuite.EcdheEcdsaAes128GcmSha256 : CipherSuite.Aes128GcmSha256)
            .On(All, Ends(TlsError.BadCipherSuite));
        yield return new HostilePeer(topic, "chooses the suite NULL_WITH_NULL_NULL", suite, c => c.ReplaceBody(HandshakeType.ServerHello, Set(HostileContext.SuiteOffset, 0, 0)))
            .On(All, Ends(TlsError.BadCipherSuite));
        yield return new HostilePeer(topic, "chooses compression", "Compression is 0 (RFC 8446 section 4.1.3); only what was offered may be chosen (RFC 5246 section 7.4.1.3)", c => c.ReplaceBody(HandshakeType.ServerHello, Set(b => HostileContext.SuiteOffset(b) + 2, 1)))
            .On(All, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "echoes another session id", "illegal_parameter (RFC 8446 section 4.1.3)", c =>
        {
            c.Client.CompatibilityMode = true;
            c.Faults.WrongSessionIdEcho = true;
        }).On(T13, Ends(TlsError.IllegalParameter));
        yield return new HostilePeer(topic, "has a session id of 33 bytes", "decode_error: at most 32 (RFC 5246 section 7.4.1.3)", c => c.ReplaceBody(HandshakeType.ServerHello, b => [.. b[..34], 33, .. new byte[33], .. b[(35 + b[34])..]]))
            .On(All, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "is cut in its random", "decode_error (RFC 8446 section 6.2)", c => c.ReplaceBody(HandshakeType.ServerHello, b => b[..20])).On(All, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "is empty", "decode_error (RFC 8446 section 6.2)", c => c.ReplaceBody(HandshakeType.ServerHello, _ => [])).On(All, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "has a byte behind its extensions", "decode_error (RFC 8446 section 6.2)", Act(TlsStage.ServerHello, TlsFaultAction.TrailingByte)).On(All, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "has extensions that are longer than it", "decode_error (RFC 8446 section 6.2)", c => c.ReplaceBody(HandshakeType.ServerHello, Set(b => 38 + b[34], 0xFF, 0xFF))).On(All, Ends(TlsError.DecodeError));
        yield return new HostilePeer(topic, "has no extensions at all", "A ServerHello of 1.2 without renegotiation_info and extended_master_secret may be refused with handshake_failure (RFC 5746 section 4.1, RFC 7627 section 5.3); without supported_versions it is none of 1.3", c => c.ReplaceBody(HandshakeType.ServerHello, b => b[..(38 + b[34])]))
            .On(Old, Ends(TlsError.InsecureServer)).On(T13, Ends(TlsError.UnsupportedVersion));
        yield return new HostilePeer(topic, "comes twice", "unexpected_message (RFC 8446 section 4)", Act(TlsStage.ServerHello, TlsFaultAction.Repeat)).On(All, Ends(TlsError.UnexpectedMessage));
        yield return new HostilePeer(topic, "does not come; what follows it does", "unexpected_message (RFC 8446 section 4)", Act(TlsStage.ServerHello, TlsFaultAction.Omit)).On(Old, Ends(TlsError.UnexpectedMessage)).On(T13, Ends(TlsError.UnexpectedMessage));
        yield return new HostilePeer(topic, "is a ClientHello", "unexpected_message (RFC 8446 section 4)", c => c.BeforeMessage(HandshakeType.ServerHello, () => [new HostileRecord(ContentType.Handshake, c.Message(HandshakeType.ClientHello, new byte[40]), 0)]))
            .On(All, Ends(TlsError.UnexpectedMessage));
        yield return new HostilePeer(topic, "announces a length of 2^24-1 bytes", "A message that is too large may be refused (RFC 8446 section 4 sets no limit of its own)", c => c.BeforeMessage(HandshakeType.ServerHello, () => [new HostileRecord(ContentType.Handshake, c.IsDatagram ? HostileContext.Fragment(HandshakeType.ServerHello, 0xFFFFFF, 0, 0, 3, 3) : [HandshakeType.ServerHello, 0xFF, 0xFF, 0xFF, 3, 3], 0)]))
            .On(All, Ends(TlsError.MessageTooLargeForBuffer));
    }
}
