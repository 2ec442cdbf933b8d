using System;
using System.Buffers.Binary;
using System.Net;

namespace DprivEmbedded.Lab.Forging;

/// <summary>Keeps the last packet that went from the client to the server's port.</summary>
internal sealed class WatchedFlow(IPAddress client, IPAddress server, int port, byte protocol)
{
    private const int IpBytes = 20;

    private readonly byte[] _client = client.GetAddressBytes();
    private readonly byte[] _server = server.GetAddressBytes();
    private volatile SeenPacket? _last;

    public SeenPacket? Last => _last;

    public void See(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < IpBytes + 8 || packet[0] != 0x45 || packet[9] != protocol || !packet.Slice(12, 4).SequenceEqual(_client) || !packet.Slice(16, 4).SequenceEqual(_server))
            return;
        var content = packet[IpBytes..];
        if (BinaryPrimitives.ReadUInt16BigEndian(content[2..]) != port)
            return;
        uint acknowledged = 0;
        if (protocol == 6)
        {
            // A SYN acknowledges nothing yet, and a RST nothing more.
            if (content.Length < 20 || (content[13] & 0x10) == 0 || (content[13] & 0x04) != 0)
                return;
            acknowledged = BinaryPrimitives.ReadUInt32BigEndian(content[8..]);
        }

        _last = new SeenPacket(BinaryPrimitives.ReadUInt16BigEndian(content), acknowledged, packet[..(IpBytes + 8)].ToArray());
    }
}
