using System;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sessions;

/// <summary>Writes and reads one session as a record of bytes: docs/formats/session-store.md, "Session record". Reusable; not thread-safe.</summary>
/// <remarks>A record holds the secret in the clear. <see cref="SealedSessionStore"/> encrypts it; whoever stores a record otherwise takes care of that.</remarks>
public sealed class SessionSerializer
{
    /// <summary>The format version that is written, and the only one that is read.</summary>
    public const int FormatVersion = 1;

    /// <summary>Bytes of a record before the server's key.</summary>
    public const int FixedBytes = 44;

    private const int Magic = 0x4453;
    private const int FlagExtendedMasterSecret = 1;
    private const int FlagAuthenticated = 2;
    private const int FlagPeerKeyHash = 4;
    private const int KnownFlags = 7;

    private readonly ByteReader _reader = new ByteReader();
    private readonly ByteWriter _writer = new ByteWriter();
    private bool _bad;

    /// <summary>The server's key of the record that was read last; null after an error.</summary>
    public string Server { get; private set; }

    /// <summary>The session of the record that was read last, owned by the caller; null after an error.</summary>
    public TlsSession Session { get; private set; }

    /// <summary>The size of a session's record.</summary>
    /// <param name="server">The server's key.</param>
    /// <param name="session">The session.</param>
    /// <returns>Bytes, or -1 where <see cref="SessionRules.Check"/> would refuse the session.</returns>
    public static int Size(string server, TlsSession session)
    {
        if (session == null || SessionRules.Check(server, session, SessionRules.MaxTicketBytes) != SessionRefusal.None)
            return -1;

        return FixedBytes
            + 1 + server.Length
            + 1 + TextLength(session.ServerName)
            + 1 + TextLength(session.ApplicationProtocol)
            + 1 + session.Secret.Length
            + 2 + SessionRules.Length(session.Ticket)
            + 1 + SessionRules.Length(session.SessionId)
            + SessionRules.Length(session.PeerKeyHash);
    }

    /// <summary>The size of the record at the start of a range, from its header.</summary>
    /// <param name="input">The bytes.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes in the range.</param>
    /// <returns>The record's bytes, never more than <paramref name="count"/>; -1 where no whole record of a known version is there.</returns>
    public static int RecordBytes(byte[] input, int offset, int count)
    {
        if (count < FixedBytes || ((input[offset] << 8) | input[offset + 1]) != Magic || input[offset + 2] != FormatVersion)
            return -1;

        int length = (input[offset + 4] << 16) | (input[offset + 5] << 8) | input[offset + 6];
        return length >= FixedBytes && length <= count ? length : -1;
    }

    /// <summary>Writes a session's record.</summary>
    /// <param name="server">The server's key.</param>
    /// <param name="session">The session; only read.</param>
    /// <param name="output">Receives the record at <paramref name="offset"/>; may be null where <paramref name="capacity"/> is 0.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">Bytes that may be written.</param>
    /// <returns>The record's bytes; where that is more than <paramref name="capacity"/>, nothing was written. -1 where the session cannot be written, as in <see cref="Size"/>.</returns>
    public int Write(string server, TlsSession session, byte[] output, int offset, int capacity)
    {
        int size = Size(server, session);
        if (size < 0 || size > capacity)
            return size;

        int flags = (session.ExtendedMasterSecret ? FlagExtendedMasterSecret : 0)
            | (session.Authenticated ? FlagAuthenticated : 0)
            | (session.PeerKeyHash != null ? FlagPeerKeyHash : 0);
        _writer.Reset(output, offset, size);
        _writer.U16(Magic);
        _writer.U8(FormatVersion);
        _writer.U8(flags);
        _writer.U24(size);
        _writer.U16(session.Version);
        _writer.U16(session.CipherSuite);
        WriteLong(_writer, session.ReceivedUtcMs);
        WriteInt(session.LifetimeSeconds);
        _writer.U32(session.AgeAdd);
        WriteInt(session.MaxEarlyDataBytes);
        _writer.U8(session.MaxFragmentLengthCode);
        _writer.U16(session.PeerRecordSizeLimit);
        WriteLong(_writer, session.AuthenticatedUntilUtcSeconds);
        _writer.U16(session.Group);
        WriteText(server);
        WriteText(session.ServerName);
        WriteText(session.ApplicationProtocol);
        WriteBytes(session.Secret, 1);
        WriteBytes(session.Ticket, 2);
        WriteBytes(session.SessionId, 1);
        if (session.PeerKeyHash != null)
            _writer.Bytes(session.PeerKeyHash, 0, session.PeerKeyHash.Length);

        return size;
    }

    /// <summary>Reads one record, which must fill the range exactly. Allocates the session's own fields, no more than the range has bytes.</summary>
    /// <param name="input">The bytes; not kept.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <returns>One of <see cref="SessionStoreError"/>: None, Truncated, BadMagic, UnknownVersion, TrailingBytes or BadField. Never throws on bad bytes.</returns>
    public int Read(byte[] input, int offset, int count)
    {
        Server = null;
        Session = null;
        _bad = false;
        _reader.Reset(input, offset, count);
        int magic = _reader.U16();
        if (count >= 2 && magic != Magic)
            return SessionStoreError.BadMagic;

        int version = _reader.U8();
        if (count >= 3 && version != FormatVersion)
            return SessionStoreError.UnknownVersion;

        int flags = _reader.U8();
        int length = _reader.U24();
        if (_reader.Failed || (length >= FixedBytes && count < length))
            return SessionStoreError.Truncated;

        if ((flags & ~KnownFlags) != 0 || length < FixedBytes)
            return SessionStoreError.BadField;

        if (count > length)
            return SessionStoreError.TrailingBytes;

        TlsSession session = new TlsSession();
        string server = ReadFields(session, flags);
        int error = SessionStoreError.None;
        if (_reader.Failed)
            error = SessionStoreError.Truncated;
        else if (!_reader.AtEnd)
            error = SessionStoreError.TrailingBytes;
        else if (_bad || SessionRules.Check(server, session, SessionRules.MaxTicketBytes) != SessionRefusal.None)
            error = SessionStoreError.BadField;

        if (error != SessionStoreError.None)
        {
            session.Clear();
            return error;
        }

        Server = server;
        Session = session;
        return SessionStoreError.None;
    }

    internal static void WriteLong(ByteWriter writer, long value)
    {
        writer.U32((uint)((ulong)value >> 32));
        writer.U32((uint)((ulong)value & 0xFFFFFFFF));
    }

    /// <summary>Reads eight bytes; -1 where the value is above the largest positive one.</summary>
    internal static long ReadLong(ByteReader reader)
    {
        uint high = reader.U32();
        uint low = reader.U32();
        if (high > 0x7FFFFFFF)
            return -1;

        // The mask changes nothing, but shows the check of the board's arithmetic that the sign bit stays clear.
        long value = high & 0x7FFFFFFF;
        value *= 4294967296L;
        value += low;
        return value;
    }

    private string ReadFields(TlsSession session, int flags)
    {
        session.ExtendedMasterSecret = (flags & FlagExtendedMasterSecret) != 0;
        session.Authenticated = (flags & FlagAuthenticated) != 0;
        session.Version = _reader.U16();
        session.CipherSuite = _reader.U16();
        session.ReceivedUtcMs = ReadLong(_reader);
        session.LifetimeSeconds = ReadInt();
        session.AgeAdd = _reader.U32();
        session.MaxEarlyDataBytes = ReadInt();
        session.MaxFragmentLengthCode = _reader.U8();
        session.PeerRecordSizeLimit = _reader.U16();
        session.AuthenticatedUntilUtcSeconds = ReadLong(_reader);
        session.Group = _reader.U16();
        string server = ReadText();
        session.ServerName = ReadText();
        session.ApplicationProtocol = ReadText();
        session.Secret = ReadBytes(_reader.U8());
        session.Ticket = ReadBytes(_reader.U16());
        session.SessionId = ReadBytes(_reader.U8());
        if ((flags & FlagPeerKeyHash) != 0)
            session.PeerKeyHash = ReadBytes(32);

        return server;
    }

    private void WriteInt(int value)
    {
        _writer.U16(value >> 16);
        _writer.U16(value & 0xFFFF);
    }

    private int ReadInt()
    {
        int high = _reader.U16();
        int low = _reader.U16();
        if (high > 0x7FFF)
            return -1;

        return (high << 16) | low;
    }

    private void WriteText(string text)
    {
        _writer.U8(TextLength(text));
        if (text != null)
            _writer.Ascii(text);
    }

    private string ReadText()
    {
        int length = _reader.U8();
        int start = _reader.Skip(length);
        if (_reader.Failed || length == 0)
            return null;

        char[] text = new char[length];
        for (int i = 0; i < length; i++)
        {
            int value = _reader.Buffer[start + i];
            if (value < ' ' || value > '~')
                _bad = true;

            text[i] = (char)value;
        }

        return new string(text);
    }

    private void WriteBytes(byte[] bytes, int lengthBytes)
    {
        int token = _writer.Begin(lengthBytes);
        if (bytes != null)
            _writer.Bytes(bytes, 0, bytes.Length);

        _writer.End(token, lengthBytes);
    }

    private byte[] ReadBytes(int length)
    {
        int start = _reader.Skip(length);
        if (_reader.Failed || length == 0)
            return null;

        byte[] bytes = new byte[length];
        Array.Copy(_reader.Buffer, start, bytes, 0, length);
        return bytes;
    }

    private static int TextLength(string text)
    {
        return text == null ? 0 : text.Length;
    }
}
