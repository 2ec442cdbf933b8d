using System;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>The outgoing half of a server's record layer: collects handshake messages, cuts content into records, pads and protects them.</summary>
internal sealed class ServerRecords
{
    private readonly TlsServerOptions _options;
    private readonly ByteQueue _output = new();
    private readonly ByteQueue _flight = new();
    private readonly byte[] _scratch = new byte[RecordProtection.MaxPlaintextBytes + 512];
    private RecordProtection? _write;

    /// <summary>Makes one.</summary>
    public ServerRecords(TlsServerOptions options)
    {
        _options = options;
    }

    /// <summary>Records ready for the transport.</summary>
    public ByteQueue Output => _output;

    /// <summary>Whether everything written from now on is dropped.</summary>
    public bool Muted { get; set; }

    /// <summary>The client's max_fragment_length in bytes; 16384 without.</summary>
    public int MaxFragmentBytes { get; set; } = RecordProtection.MaxPlaintextBytes;

    /// <summary>The client's record_size_limit; 0 without. Protected records only (RFC 8449 section 4).</summary>
    public int PeerRecordSizeLimit { get; set; }

    /// <summary>Whether TLS 1.3 protects the records.</summary>
    public bool Tls13 { get; set; }

    /// <summary>Whether the present keys have protected as many records as they may.</summary>
    public bool Exhausted => _write is { Exhausted: true };

    /// <summary>Whether records are protected.</summary>
    public bool IsProtected => _write != null;

    /// <summary>Changes the keys of what is written from now on.</summary>
    public void SetWrite(RecordProtection? write)
    {
        Flush();
        _write?.Clear();
        _write = write;
    }

    /// <summary>Adds a handshake message to the flight.</summary>
    public void Handshake(ReadOnlySpan<byte> message)
    {
        _flight.Write(message);
        if (!_options.CoalesceHandshake)
            Flush();
    }

    /// <summary>Ends the flight: its last messages go into records.</summary>
    public void Flush()
    {
        if (_flight.Count == 0)
            return;

        Cut(ContentType.Handshake, _flight.Bytes);
        _flight.Clear();
    }

    /// <summary>Writes content that is no handshake message.</summary>
    public void Write(int type, ReadOnlySpan<byte> content)
    {
        Flush();
        if (type is ContentType.Alert or ContentType.ChangeCipherSpec)
            One(type, content);
        else
            Cut(type, content);
    }

    /// <summary>Writes change_cipher_spec, never protected in TLS 1.3.</summary>
    public void ChangeCipherSpec()
    {
        Flush();
        RecordProtection? write = _write;
        if (Tls13)
            _write = null;

        One(ContentType.ChangeCipherSpec, [1]);
        _write = write;
    }

    /// <summary>Writes an empty record.</summary>
    public void Empty(int type)
    {
        Flush();
        One(type, []);
    }

    /// <summary>Writes a record with a wrong tag, or of an unknown type before there are keys.</summary>
    public void Corrupt()
    {
        Flush();
        if (_write == null)
        {
            Raw([99, 3, 3, 0, 1, 0]);
            return;
        }

        byte[] record = new byte[5 + 40];
        RecordProtection.WriteHeader(record, 0, ContentType.ApplicationData, ProtocolVersion.Tls12, 40);
        Raw(record);
    }

    /// <summary>Writes a record longer than any allowed.</summary>
    public void Oversize()
    {
        Flush();
        int length = RecordProtection.MaxPlaintextBytes + 2049;
        byte[] record = new byte[5 + length];
        int type = _write == null ? ContentType.Handshake : ContentType.ApplicationData;
        RecordProtection.WriteHeader(record, 0, type, ProtocolVersion.Tls12, length);
        Raw(record);
    }

    /// <summary>Writes bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        Flush();
        if (!Muted)
            _output.Write(bytes);
    }

    /// <summary>Zeroes the keys.</summary>
    public void Clear()
    {
        _write?.Clear();
    }

    private void Cut(int type, ReadOnlySpan<byte> content)
    {
        int most = Math.Clamp(_options.MaxRecordContentBytes, 1, MaxFragmentBytes);
        if (_write != null && PeerRecordSizeLimit > 0)
            most = Math.Min(most, Tls13 ? PeerRecordSizeLimit - 1 : PeerRecordSizeLimit);

        while (content.Length > 0)
        {
            int part = Math.Min(most, content.Length);
            One(type, content[..part]);
            content = content[part..];
        }
    }

    private void One(int type, ReadOnlySpan<byte> content)
    {
        if (Muted)
            return;

        int bytes;
        if (_write == null)
        {
            RecordProtection.WriteHeader(_scratch, 0, type, ProtocolVersion.Tls12, content.Length);
            content.CopyTo(_scratch.AsSpan(RecordProtection.HeaderBytes));
            bytes = RecordProtection.HeaderBytes + content.Length;
        }
        else
        {
            int start = _write.ContentOffset;
            content.CopyTo(_scratch.AsSpan(start));
            int padding = Padding(content.Length + 1);
            if (padding > 0)
            {
                // The inner type moves before the padding; the last byte, which Seal writes, is then padding itself.
                _scratch[start + content.Length] = (byte)type;
                Array.Clear(_scratch, start + content.Length + 1, padding);
                bytes = _write.Seal(0, _scratch, 0, content.Length + padding);
            }
            else
                bytes = _write.Seal(type, _scratch, 0, content.Length);
        }

        _output.Write(_scratch.AsSpan(0, bytes));
    }

    private int Padding(int innerBytes)
    {
        int block = _options.PaddingBlockBytes;
        if (!Tls13 || block <= 1)
            return 0;

        int limit = PeerRecordSizeLimit > 0 ? PeerRecordSizeLimit : RecordProtection.MaxPlaintextBytes + 1;
        int padding = (block - innerBytes % block) % block;
        return Math.Max(0, Math.Min(padding, limit - innerBytes));
    }
}
