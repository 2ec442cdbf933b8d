using System.Collections.Generic;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>The first ClientHello in bytes that a client sent, for assertions on what is on the wire.</summary>
internal sealed class WireHello
{
    public WireHello(byte[] bytes)
    {
        int start = 0;
        // Another record may stand before it: a change_cipher_spec, or early data of the first hello.
        while (bytes[start] != ContentType.Handshake)
            start += 5 + ((bytes[start + 3] << 8) | bytes[start + 4]);

        Bytes = 5 + ((bytes[start + 3] << 8) | bytes[start + 4]);
        ByteReader reader = new();
        reader.Reset(bytes, start + 5, Bytes - 5);
        Assert.Equal(HandshakeType.ClientHello, reader.U8());
        Assert.Equal(Bytes - 9, reader.U24());
        int head = reader.Position;
        reader.Skip(34);
        SessionIdBytes = reader.U8();
        reader.Skip(SessionIdBytes);
        reader.Skip(reader.U16());
        reader.Skip(reader.U8());
        Head = bytes[head..reader.Position];
        int end = reader.U16() + reader.Position;
        while (reader.Position < end)
        {
            int type = reader.U16();
            int length = reader.U16();
            int at = reader.Skip(length);
            Order.Add(type);
            Extensions.Add(type, bytes[at..(at + length)]);
        }

        Assert.True(reader.AtEnd);
    }

    /// <summary>Size of the record with its header.</summary>
    public int Bytes { get; }

    public int SessionIdBytes { get; }

    /// <summary>Version, random, session id, suites, compression methods.</summary>
    public byte[] Head { get; }

    public List<int> Order { get; } = [];

    public Dictionary<int, byte[]> Extensions { get; } = [];
}
