using System;
using System.Linq;
using DprivEmbedded.Dtls;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Flows;

/// <summary>Reads from the hello that a packet begins with what the seed's figures say of it.</summary>
internal static class FlowHello
{
    private const int RecordHeaderBytes = 5;
    private const int ServerHelloFixedBytes = 4 + 2 + 32;

    /// <summary>What stands behind the message's name: that it resumes, and how.</summary>
    public static string Describe(Packet packet)
    {
        bool datagram = packet is UdpDatagram;
        byte[] data = packet switch
        {
            UdpDatagram udp => udp.Data,
            TcpSegment tcp => tcp.Data,
            _ => [],
        };
        int header = datagram ? DtlsRecordProtection.HeaderBytes : RecordHeaderBytes;
        if (data.Length < header + 4 || data[0] != ContentType.Handshake)
            return "";

        int length = (data[header + 1] << 16) | (data[header + 2] << 8) | data[header + 3];
        int handshakeHeader = datagram ? DtlsHandshakeHeader.Bytes : 4;
        if (data.Length < header + handshakeHeader + length)
            return "";

        // Without the fragment's fields a message of DTLS is one of TLS.
        byte[] message = [.. data.AsSpan(header, 4), .. data.AsSpan(header + handshakeHeader, length)];
        return data[header] == HandshakeType.ClientHello ? DescribeClient(message, datagram) : data[header] == HandshakeType.ServerHello ? DescribeServer(message) : "";
    }

    private static string DescribeClient(byte[] message, bool datagram)
    {
        ClientHello hello = new();
        if (hello.Parse(message, 0, message.Length, datagram) != TlsError.None)
            return "";

        if (hello.PskIdentities != null)
            return (hello.KeyShareGroups is { Length: > 0 } ? " + key_share" : "") + " + pre_shared_key";

        bool resumes = hello.SessionTicket is { Length: > 0 } || (hello.SessionId.Length > 0 && !(hello.SupportedVersions?.Contains(ProtocolVersion.Tls13) ?? false));
        return resumes ? " w/ resumption" : "";
    }

    private static string DescribeServer(byte[] message)
    {
        ByteReader reader = new();
        reader.Reset(message, ServerHelloFixedBytes, message.Length - ServerHelloFixedBytes);
        reader.Skip(reader.U8());
        reader.Skip(3);
        if (reader.Failed || reader.Remaining == 0)
            return "";

        reader.Enter(reader.U16());
        while (!reader.Failed && reader.Remaining >= 4)
        {
            if (reader.U16() == ExtensionType.PreSharedKey)
                return " + pre_shared_key";

            reader.Skip(reader.U16());
        }

        return "";
    }
}
