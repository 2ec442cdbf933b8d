using System;
using System.Buffers.Binary;

namespace DprivEmbedded.Lab.Wire;

/// <summary>Names of records and handshake messages.</summary>
internal static class TlsRecords
{
    public const int ChangeCipherSpec = 20;
    public const int Alert = 21;
    public const int Handshake = 22;
    public const int ApplicationData = 23;
    public const int Heartbeat = 24;
    public const int ConnectionId = 25;
    public const int ClientHello = 1;
    public const int ServerHello = 2;

    /// <summary>Mostly close_notify; what it says cannot be read without keys.</summary>
    public const string ProtectedAlert = "protected alert";

    private const int ExtensionTicket = 35;
    private const int ExtensionPreSharedKey = 41;
    private const int ExtensionEarlyData = 42;

    /// <param name="isProtected">After change_cipher_spec, or in an epoch above 0: of the handshake only Finished is then left (TLS 1.2).</param>
    public static string Name(int type, bool isProtected) => type switch
    {
        ChangeCipherSpec => "CCS",
        Alert => isProtected ? ProtectedAlert : "alert",
        Handshake => isProtected ? "Finished" : "handshake",
        ApplicationData => "data",
        Heartbeat => "heartbeat",
        _ => "record " + type,
    };

    public static string HandshakeName(int type) => type switch
    {
        0 => "HelloRequest",
        ClientHello => "ClientHello",
        ServerHello => "ServerHello",
        3 => "HelloVerifyRequest",
        4 => "NewSessionTicket",
        11 => "Certificate",
        12 => "ServerKeyExchange",
        13 => "CertificateRequest",
        14 => "ServerHelloDone",
        16 => "ClientKeyExchange",
        _ => "handshake " + type,
    };

    /// <summary>"ClientHello", with "resuming" where it offers a session and "early data" where that follows. <paramref name="body"/> begins behind the message's header.</summary>
    public static string ClientHelloName(ReadOnlySpan<byte> body, bool datagrams)
    {
        var offersTicket = false;
        var early = false;
        var at = 34;
        if (body.Length <= at)
            return "ClientHello";
        var sessionId = body[at];
        at += 1 + sessionId;
        if (datagrams && at < body.Length)
            at += 1 + body[at];
        if (at + 2 > body.Length)
            return "ClientHello";
        at += 2 + BinaryPrimitives.ReadUInt16BigEndian(body[at..]);
        if (at >= body.Length)
            return "ClientHello";
        at += 1 + body[at] + 2;
        while (at + 4 <= body.Length)
        {
            int type = BinaryPrimitives.ReadUInt16BigEndian(body[at..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(body[(at + 2)..]);
            offersTicket |= type == ExtensionPreSharedKey || (type == ExtensionTicket && length > 0);
            early |= type == ExtensionEarlyData;
            at += 4 + length;
        }

        var name = offersTicket || sessionId > 0 ? "ClientHello resuming" : "ClientHello";
        return early ? name + " with early data" : name;
    }

    /// <summary>Whether a ServerHello selects TLS 1.3 (supported_versions). <paramref name="body"/> begins behind the message's header.</summary>
    public static bool IsTls13(ReadOnlySpan<byte> body)
    {
        if (body.Length < 38)
            return false;
        var at = 35 + body[34] + 3 + 2;
        while (at + 4 <= body.Length)
        {
            int type = BinaryPrimitives.ReadUInt16BigEndian(body[at..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(body[(at + 2)..]);
            if (type == 43)
                return true;
            at += 4 + length;
        }

        return false;
    }
}
