using System.Text;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>What a server remembers of a session, in its cache or sealed in a ticket.</summary>
internal sealed class ServerSession
{
    private const int FormatVersion = 1;

    /// <summary>The protocol version.</summary>
    public int Version;

    /// <summary>The cipher suite.</summary>
    public int CipherSuite;

    /// <summary>TLS 1.2: the master secret. TLS 1.3: the ticket's PSK.</summary>
    public byte[] Secret = [];

    /// <summary>When the ticket was issued (TLS 1.3), or the session made (TLS 1.2), on the server's clock.</summary>
    public long IssuedMs;

    /// <summary>How long it is accepted, in seconds.</summary>
    public int LifetimeSeconds;

    /// <summary>TLS 1.3: hides the age.</summary>
    public uint AgeAdd;

    /// <summary>TLS 1.3: the max_early_data_size that the ticket said.</summary>
    public int MaxEarlyDataBytes;

    /// <summary>TLS 1.2: whether the extended master secret was used.</summary>
    public bool ExtendedMasterSecret;

    /// <summary>The max_fragment_length code, 0 for none.</summary>
    public int MaxFragmentLengthCode;

    /// <summary>The server_name that the client sent, or null.</summary>
    public string? ServerName;

    /// <summary>The application protocol, or null.</summary>
    public string? ApplicationProtocol;

    /// <summary>Whether it may still be resumed.</summary>
    public bool IsAlive(long nowMs)
    {
        return nowMs - IssuedMs <= 1000L * LifetimeSeconds;
    }

    /// <summary>Serialises.</summary>
    public byte[] ToBytes()
    {
        ByteWriter writer = new();
        byte[] buffer = new byte[1024];
        writer.Reset(buffer, 0, buffer.Length);
        writer.U8(FormatVersion);
        writer.U16(Version);
        writer.U16(CipherSuite);
        writer.U32((uint)(IssuedMs >> 32));
        writer.U32((uint)IssuedMs);
        writer.U32((uint)LifetimeSeconds);
        writer.U32(AgeAdd);
        writer.U32((uint)MaxEarlyDataBytes);
        writer.U8(ExtendedMasterSecret ? 1 : 0);
        writer.U8(MaxFragmentLengthCode);
        WriteVector(writer, Secret);
        WriteVector(writer, ServerName == null ? [] : Encoding.Latin1.GetBytes(ServerName));
        WriteVector(writer, ApplicationProtocol == null ? [] : Encoding.Latin1.GetBytes(ApplicationProtocol));
        return buffer[..writer.Position];
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <returns>The session, or null where the bytes are of another format.</returns>
    public static ServerSession? FromBytes(byte[] data, int offset, int count)
    {
        ByteReader reader = new();
        reader.Reset(data, offset, count);
        if (reader.U8() != FormatVersion)
            return null;

        ServerSession session = new()
        {
            Version = reader.U16(),
            CipherSuite = reader.U16(),
            IssuedMs = ((long)reader.U32() << 32) | reader.U32(),
            LifetimeSeconds = (int)reader.U32(),
            AgeAdd = reader.U32(),
            MaxEarlyDataBytes = (int)reader.U32(),
            ExtendedMasterSecret = reader.U8() == 1,
            MaxFragmentLengthCode = reader.U8(),
            Secret = ReadVector(reader),
        };
        byte[] name = ReadVector(reader);
        session.ServerName = name.Length == 0 ? null : Encoding.Latin1.GetString(name);
        byte[] protocol = ReadVector(reader);
        session.ApplicationProtocol = protocol.Length == 0 ? null : Encoding.Latin1.GetString(protocol);

        // Padding may follow.
        return reader.Failed ? null : session;
    }

    private static void WriteVector(ByteWriter writer, byte[] value)
    {
        int token = writer.Begin(2);
        writer.Bytes(value, 0, value.Length);
        writer.End(token, 2);
    }

    private static byte[] ReadVector(ByteReader reader)
    {
        int count = reader.U16();
        int start = reader.Skip(count);
        return reader.Failed ? [] : reader.Buffer[start..(start + count)];
    }
}
