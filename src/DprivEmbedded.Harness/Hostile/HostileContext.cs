using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

/// <summary>What a row of the table changes of an honest client and server before they meet: options, faults, records on their way, answers.</summary>
public sealed class HostileContext
{
    private readonly List<Func<HostileRecord, IEnumerable<HostileRecord>?>> _changes = [];

    internal HostileContext(HostileTransport transport, TlsClientOptions client, TlsServerOptions server)
    {
        Transport = transport;
        Client = client;
        Server = server;
    }

    /// <summary>The protocol.</summary>
    public HostileTransport Transport { get; }

    /// <summary>Whether it is DTLS.</summary>
    public bool IsDatagram => Transport == HostileTransport.Dtls12;

    /// <summary>Whether it is TLS 1.3.</summary>
    public bool IsTls13 => Transport == HostileTransport.Tls13;

    /// <summary>What the client offers. Over DTLS a <see cref="DtlsClientOptions"/>.</summary>
    public TlsClientOptions Client { get; }

    /// <summary>What the client offers over DTLS.</summary>
    public DtlsClientOptions DtlsClient => (DtlsClientOptions)Client;

    /// <summary>How the server behaves. Over DTLS a <see cref="DtlsServerOptions"/>.</summary>
    public TlsServerOptions Server { get; }

    /// <summary>How the DTLS server behaves.</summary>
    public DtlsServerOptions DtlsServer => (DtlsServerOptions)Server;

    /// <summary>What it does wrong by itself.</summary>
    public TlsServerFaults Faults => Server.Faults;

    /// <summary>Size of the client's receive buffer (TLS) in bytes.</summary>
    public int ReceiveBufferBytes { get; set; } = 4096;

    /// <summary>The client's time limit of the query in milliseconds: longer than that of the handshake, which would hide behind it else.</summary>
    public int QueryTimeoutMs { get; set; } = 20_000;

    /// <summary>Whether the client offers a session of an honest connection before.</summary>
    public bool Resume { get; set; }

    /// <summary>Whether both sides use an external pre-shared key instead of certificates.</summary>
    public bool Psk { get; set; }

    /// <summary>TLS: the pieces in which the server's bytes arrive; 0 for each record by itself.</summary>
    public int PieceBytes { get; set; }

    /// <summary>Time between two pieces (TLS) or datagrams (DTLS), in milliseconds.</summary>
    public int PaceMs { get; set; }

    /// <summary>The messages that are sent in place of the right response; null sends the response.</summary>
    public Func<byte[], IEnumerable<byte[]>>? Answer { get; set; }

    /// <summary>TLS: bytes of the stream that are sent in place of the framed response; null frames it as it should be.</summary>
    public Func<byte[], byte[]>? AnswerBytes { get; set; }

    /// <summary>What is sent from the start in place of a server's words, as it is, a piece (or datagram) after the other until the client has enough; null lets the server speak.</summary>
    public Func<IEnumerable<byte[]>>? Script { get; set; }

    /// <summary>Called once both sides have finished the handshake, before the response: over TLS with the server's connection.</summary>
    public Action<TlsServer>? OnConnected { get; set; }

    /// <summary>Called once both sides have finished the handshake, before the response: over DTLS with the server's association.</summary>
    public Action<DtlsServer>? OnAssociated { get; set; }

    /// <summary>Datagrams that somebody else puts in at the client's address once the handshake is over, before the response; null for none.</summary>
    public Func<IEnumerable<byte[]>>? Forged { get; set; }

    /// <summary>The epoch of application data.</summary>
    public int LastEpoch => IsTls13 ? 2 : 1;

    /// <summary>The next message_seq of the server (DTLS).</summary>
    internal int NextSequence { get; set; }

    /// <summary>Whether records are looked at on their way.</summary>
    internal bool Meddles => _changes.Count > 0;

    /// <summary>Changes the server's records on their way. What was added first sees them first; a change that returns null leaves the record to the next one.</summary>
    /// <param name="change">Gets a record, gives what is sent in its place.</param>
    public void Change(Func<HostileRecord, IEnumerable<HostileRecord>?> change)
    {
        _changes.Add(change);
    }

    /// <summary>Puts records before the first one of the server's that fits, once.</summary>
    /// <param name="where">Which one.</param>
    /// <param name="records">Makes them; called at that moment.</param>
    public void Before(Func<HostileRecord, bool> where, Func<IEnumerable<HostileRecord>> records)
    {
        bool done = false;
        Change(record =>
        {
            if (done || !where(record))
                return null;

            done = true;
            return records().Append(record);
        });
    }

    /// <summary>Puts records before a handshake message of the server.</summary>
    /// <param name="type">The message's type.</param>
    /// <param name="records">Makes them.</param>
    public void BeforeMessage(int type, Func<IEnumerable<HostileRecord>> records)
    {
        Before(record => IsMessage(record, type), records);
    }

    /// <summary>Puts records before the response.</summary>
    /// <param name="records">Makes them.</param>
    public void BeforeAnswer(Func<IEnumerable<HostileRecord>> records)
    {
        Before(record => record.Type == ContentType.ApplicationData && record.Epoch == LastEpoch, records);
    }

    /// <summary>Puts one record before the response.</summary>
    /// <param name="type">Its content type.</param>
    /// <param name="content">Its content.</param>
    public void BeforeAnswer(int type, params byte[] content)
    {
        BeforeAnswer(() => [new HostileRecord(type, content, LastEpoch)]);
    }

    /// <summary>Changes the body of a handshake message; its length is put right. The client's transcript is then another than the server's.</summary>
    /// <param name="type">The message's type.</param>
    /// <param name="change">Gets the body, gives the new one.</param>
    public void ReplaceBody(int type, Func<byte[], byte[]> change)
    {
        Change(record => IsMessage(record, type) ? [record with { Content = Rebuild(record.Content, change(record.Content[MessageHeaderBytes..])) }] : null);
    }

    /// <summary>Sets an extension of a ServerHello, HelloRetryRequest or EncryptedExtensions, in place of the one of its type that is there, or removes it.</summary>
    /// <param name="message">The message's type.</param>
    /// <param name="type">The extension's type.</param>
    /// <param name="value">Its body; null removes it.</param>
    public void SetExtension(int message, int type, byte[]? value)
    {
        ReplaceBody(message, body => WithExtension(body, message == HandshakeType.ServerHello ? 38 + body[34] : 0, type, value));
    }

    /// <summary>Offset of the cipher suite in the body of a ServerHello.</summary>
    /// <param name="body">The body.</param>
    public static int SuiteOffset(byte[] body) => 35 + body[34];

    /// <summary>A handshake message as a record's content; over DTLS in one fragment with the next message_seq, which is not used up.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="body">Its body.</param>
    public byte[] Message(int type, params byte[] body)
    {
        return IsDatagram
            ? Fragment(type, body.Length, NextSequence, 0, body)
            : [(byte)type, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];
    }

    /// <summary>A fragment of a handshake message of DTLS.</summary>
    /// <param name="type">The message's type.</param>
    /// <param name="messageBytes">The message's length as it is announced.</param>
    /// <param name="sequence">The message_seq.</param>
    /// <param name="offset">The fragment_offset.</param>
    /// <param name="part">The fragment.</param>
    public static byte[] Fragment(int type, int messageBytes, int sequence, int offset, params byte[] part)
    {
        byte[] bytes = new byte[DtlsHandshakeHeader.Bytes + part.Length];
        DtlsHandshakeHeader.Write(bytes, 0, type, messageBytes, sequence, offset, part.Length);
        part.CopyTo(bytes, DtlsHandshakeHeader.Bytes);
        return bytes;
    }

    /// <summary>A record in the clear as it stands on the wire.</summary>
    /// <param name="type">The content type.</param>
    /// <param name="content">The content.</param>
    /// <param name="sequence">DTLS: the sequence number.</param>
    /// <param name="epoch">DTLS: the epoch that is claimed.</param>
    public byte[] Plain(int type, byte[] content, int sequence = 1000, int epoch = 0)
    {
        return IsDatagram
            ? [(byte)type, 0xFE, 0xFD, 0, (byte)epoch, 0, 0, 0, 0, (byte)(sequence >> 8), (byte)sequence, (byte)(content.Length >> 8), (byte)content.Length, .. content]
            : [(byte)type, 3, 3, (byte)(content.Length >> 8), (byte)content.Length, .. content];
    }

    /// <summary>Whether a record begins with a handshake message.</summary>
    /// <param name="record">The record.</param>
    /// <param name="type">The message's type.</param>
    public static bool IsMessage(HostileRecord record, int type)
    {
        return record.Type == ContentType.Handshake && record.Content.Length > 0 && record.Content[0] == type;
    }

    /// <summary>Size of a handshake message's header.</summary>
    public int MessageHeaderBytes => IsDatagram ? DtlsHandshakeHeader.Bytes : 4;

    internal IEnumerable<HostileRecord> Apply(HostileRecord record)
    {
        foreach (Func<HostileRecord, IEnumerable<HostileRecord>?> change in _changes)
        {
            IEnumerable<HostileRecord>? changed = change(record);
            if (changed != null)
                return changed;
        }

        return [record];
    }

    private static byte[] WithExtension(byte[] body, int block, int type, byte[]? value)
    {
        List<byte> extensions = [];
        for (int at = block + 2; at + 4 <= body.Length;)
        {
            int length = 4 + ((body[at + 2] << 8) | body[at + 3]);
            if (((body[at] << 8) | body[at + 1]) != type)
                extensions.AddRange(body[at..(at + length)]);

            at += length;
        }

        if (value != null)
            extensions.AddRange([(byte)(type >> 8), (byte)type, (byte)(value.Length >> 8), (byte)value.Length, .. value]);

        return [.. body[..block], (byte)(extensions.Count >> 8), (byte)extensions.Count, .. extensions];
    }

    private byte[] Rebuild(byte[] message, byte[] body)
    {
        byte[] result = [.. message[..MessageHeaderBytes], .. body];
        Length(result, 1, body.Length);
        if (IsDatagram)
            Length(result, 9, body.Length);

        return result;
    }

    private static void Length(byte[] buffer, int at, int value)
    {
        buffer[at] = (byte)(value >> 16);
        buffer[at + 1] = (byte)(value >> 8);
        buffer[at + 2] = (byte)value;
    }
}
