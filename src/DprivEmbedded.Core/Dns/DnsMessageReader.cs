namespace DprivEmbedded.Dns;

/// <summary>Reads one message in the caller's buffer; reusable, allocates nothing, and never throws on the content of a message.</summary>
/// <remarks>
/// <para><see cref="Reset"/> checks the whole structure at once: header, question, and of each record the owner name with its compression pointers and the bounds of the RDATA; of the OPT record
/// the options too. After it returned true every property is valid and <see cref="Next"/> cannot fail. The RDATA of other records is not looked into.
/// The work is bounded: at most 255 bytes and 127 pointers for each owner name.</para>
/// <para>Refused: a message shorter than its header says, a compression pointer that does not go strictly backwards, more than one question (RFC 9619), an OPT record twice, outside the additional
/// section, with an owner other than the root, or with options that overrun it (RFC 6891 section 6.1.1). Bytes behind the last record are allowed and counted in <see cref="TrailingBytes"/>.
/// A single option of a length that its RFC does not allow is passed over as if it were absent.</para>
/// <para>All offsets are indexes into the buffer given to <see cref="Reset"/>, which must stay unchanged while the reader is used. Source: RFC 1035 section 4.1.</para>
/// </remarks>
public sealed class DnsMessageReader
{
    /// <summary>Length of a message's header in bytes. Source: RFC 1035 section 4.1.1.</summary>
    public const int HeaderBytes = 12;

    private byte[] _buffer;
    private int _offset;
    private int _count;
    private bool _failed = true;

    private int _questionEnd;
    private int _recordCount;
    private int _recordsEnd;
    private int _next;
    private int _nextOffset;

    private int _optDataOffset;
    private int _optDataCount;
    private int _optFlags;
    private int _udpPayloadBytes;
    private int _extendedErrorCount;

    /// <summary>Whether the message was malformed, or none was given yet; then no other member means anything. Only <see cref="Reset"/> changes it.</summary>
    public bool Failed
    {
        get { return _failed; }
    }

    /// <summary>The message ID, 0..65535.</summary>
    public int Id
    {
        get { return Header(0); }
    }

    /// <summary>Whether this is a response (QR).</summary>
    public bool IsResponse
    {
        get { return (Header(2) & 0x8000) != 0; }
    }

    /// <summary>One of <see cref="DnsOpcode"/>, 0..15.</summary>
    public int Opcode
    {
        get { return (Header(2) >> 11) & 15; }
    }

    /// <summary>Whether the server is an authority for the name (AA).</summary>
    public bool Authoritative
    {
        get { return (Header(2) & 0x0400) != 0; }
    }

    /// <summary>Whether the message was cut short (TC): to be asked again over a stream transport.</summary>
    public bool Truncated
    {
        get { return (Header(2) & 0x0200) != 0; }
    }

    /// <summary>Whether recursion is desired (RD).</summary>
    public bool RecursionDesired
    {
        get { return (Header(2) & 0x0100) != 0; }
    }

    /// <summary>Whether the server offers recursion (RA).</summary>
    public bool RecursionAvailable
    {
        get { return (Header(2) & 0x0080) != 0; }
    }

    /// <summary>Whether the server says that it validated the data (AD). Source: RFC 4035 section 3.2.3.</summary>
    public bool AuthenticData
    {
        get { return (Header(2) & 0x0020) != 0; }
    }

    /// <summary>Whether checking is disabled (CD). Source: RFC 4035 section 3.2.2.</summary>
    public bool CheckingDisabled
    {
        get { return (Header(2) & 0x0010) != 0; }
    }

    /// <summary>One of <see cref="DnsResponseCode"/>, 0..4095: the header's 4 bits and, with EDNS(0), 8 more. Source: RFC 6891 section 6.1.3.</summary>
    public int ResponseCode
    {
        get { return HasEdns ? (((_optFlags >> 24) & 0xFF) << 4) | (Header(2) & 15) : Header(2) & 15; }
    }

    /// <summary>Number of questions, 0 or 1.</summary>
    public int QuestionCount
    {
        get { return Header(4); }
    }

    /// <summary>Number of records in the answer section.</summary>
    public int AnswerCount
    {
        get { return Header(6); }
    }

    /// <summary>Number of records in the authority section.</summary>
    public int AuthorityCount
    {
        get { return Header(8); }
    }

    /// <summary>Number of records in the additional section, the OPT record included.</summary>
    public int AdditionalCount
    {
        get { return Header(10); }
    }

    /// <summary>First byte of the question's name; -1 without a question.</summary>
    public int QuestionNameOffset
    {
        get { return !_failed && QuestionCount == 1 ? _offset + HeaderBytes : -1; }
    }

    /// <summary>The question's type, one of <see cref="DnsType"/>; -1 without a question.</summary>
    public int QuestionType
    {
        get { return !_failed && QuestionCount == 1 ? ReadU16(_questionEnd - 4) : -1; }
    }

    /// <summary>The question's class, one of <see cref="DnsClass"/>; -1 without a question.</summary>
    public int QuestionClass
    {
        get { return !_failed && QuestionCount == 1 ? ReadU16(_questionEnd - 2) : -1; }
    }

    /// <summary>Number of bytes behind the last record.</summary>
    public int TrailingBytes
    {
        get { return _failed ? 0 : _offset + _count - _recordsEnd; }
    }

    /// <summary>Whether the message has an OPT record.</summary>
    public bool HasEdns
    {
        get { return !_failed && _optDataOffset >= 0; }
    }

    /// <summary>The EDNS version, 0..255; -1 without EDNS. Source: RFC 6891 section 6.1.3.</summary>
    public int EdnsVersion
    {
        get { return HasEdns ? (_optFlags >> 16) & 0xFF : -1; }
    }

    /// <summary>The DO bit. Source: RFC 3225.</summary>
    public bool DnssecOk
    {
        get { return HasEdns && (_optFlags & 0x8000) != 0; }
    }

    /// <summary>The largest datagram the sender takes, in bytes, at least 512; 512 without EDNS. Source: RFC 6891 section 6.2.3.</summary>
    public int UdpPayloadBytes
    {
        get { return HasEdns && _udpPayloadBytes > 512 ? _udpPayloadBytes : 512; }
    }

    /// <summary>Whether the message has an edns-tcp-keepalive option, with or without a timeout. Source: RFC 7828 section 3.1.</summary>
    public bool HasKeepalive { get; private set; }

    /// <summary>The idle time of the server in milliseconds, 0..6553500 in steps of 100, where 0 asks to close; -1 where none is given. Source: RFC 7828 section 3.1.</summary>
    public int KeepaliveTimeoutMs { get; private set; }

    /// <summary>Length of the padding in bytes, without the option's header; -1 without the option. Source: RFC 7830.</summary>
    public int PaddingBytes { get; private set; }

    /// <summary>Whether the message has a client subnet option. Source: RFC 7871.</summary>
    public bool HasClientSubnet { get; private set; }

    /// <summary>Number of extended DNS errors. Source: RFC 8914.</summary>
    public int ExtendedErrorCount
    {
        get { return HasEdns ? _extendedErrorCount : 0; }
    }

    /// <summary>The current record's section, one of <see cref="DnsSection"/>.</summary>
    public int Section { get; private set; }

    /// <summary>First byte of the current record's owner name, possibly compressed; see <see cref="DnsWireName"/>.</summary>
    public int NameOffset { get; private set; }

    /// <summary>The current record's type, one of <see cref="DnsType"/>. <see cref="Next"/> shows the OPT record too.</summary>
    public int Type { get; private set; }

    /// <summary>The current record's class, one of <see cref="DnsClass"/>.</summary>
    public int Class { get; private set; }

    /// <summary>The current record's time to live in seconds, 0..2147483647; a value with the top bit set counts as 0. Source: RFC 2181 section 8.</summary>
    public int Ttl { get; private set; }

    /// <summary>First byte of the current record's RDATA.</summary>
    public int RdataOffset { get; private set; }

    /// <summary>Length of the current record's RDATA in bytes.</summary>
    public int RdataCount { get; private set; }

    /// <summary>The buffer that was given to <see cref="Reset"/>.</summary>
    public byte[] Buffer
    {
        get { return _buffer; }
    }

    /// <summary>Takes a new message and checks it.</summary>
    /// <param name="buffer">Holds the message, without a length prefix; kept until the next call.</param>
    /// <param name="offset">First byte of the message.</param>
    /// <param name="count">Length of the message, at most 65535.</param>
    /// <returns>True where the message is well formed; false sets <see cref="Failed"/>.</returns>
    public bool Reset(byte[] buffer, int offset, int count)
    {
        _failed = true;
        _buffer = buffer;
        _offset = offset;
        _count = count;
        _optDataOffset = -1;
        _extendedErrorCount = 0;
        HasKeepalive = false;
        KeepaliveTimeoutMs = -1;
        PaddingBytes = -1;
        HasClientSubnet = false;
        if (buffer == null || offset < 0 || count < HeaderBytes || count > 65535 || offset > buffer.Length - count)
            return false;

        int end = offset + count;
        int questions = ReadU16(offset + 4);
        _questionEnd = offset + HeaderBytes;
        if (questions > 1)
            return false;

        if (questions == 1)
        {
            int nameEnd = DnsWireName.Skip(buffer, offset, count, _questionEnd);
            if (nameEnd < 0 || nameEnd > end - 4)
                return false;

            _questionEnd = nameEnd + 4;
        }

        int answers = ReadU16(offset + 6);
        int beforeAdditional = answers + ReadU16(offset + 8);
        _recordCount = beforeAdditional + ReadU16(offset + 10);

        int at = _questionEnd;
        for (int i = 0; i < _recordCount; i++)
        {
            int nameEnd = DnsWireName.Skip(buffer, offset, count, at);
            if (nameEnd < 0 || nameEnd > end - 10)
                return false;

            int rdata = nameEnd + 10;
            int rdataCount = ReadU16(nameEnd + 8);
            if (rdataCount > end - rdata)
                return false;

            if (ReadU16(nameEnd) == DnsType.Opt)
            {
                if (i < beforeAdditional || _optDataOffset >= 0 || buffer[at] != 0)
                    return false;

                _optDataOffset = rdata;
                _optDataCount = rdataCount;
                _udpPayloadBytes = ReadU16(nameEnd + 2);
                _optFlags = (ReadU16(nameEnd + 4) << 16) | ReadU16(nameEnd + 6);
                if (!ReadOptions())
                    return false;
            }

            at = rdata + rdataCount;
        }

        _recordsEnd = at;
        _failed = false;
        Rewind();
        return true;
    }

    /// <summary>Goes back before the first record.</summary>
    public void Rewind()
    {
        _next = 0;
        _nextOffset = _questionEnd;
        Section = 0;
        NameOffset = -1;
        Type = -1;
        Class = -1;
        Ttl = 0;
        RdataOffset = -1;
        RdataCount = 0;
    }

    /// <summary>Goes to the next record of the answer, authority and additional sections in turn.</summary>
    /// <returns>False where there are no more.</returns>
    public bool Next()
    {
        if (_failed || _next >= _recordCount)
            return false;

        int answers = AnswerCount;
        Section = _next < answers ? DnsSection.Answer : _next < answers + AuthorityCount ? DnsSection.Authority : DnsSection.Additional;
        NameOffset = _nextOffset;
        int at = NameEnd(_nextOffset);
        Type = ReadU16(at);
        Class = ReadU16(at + 2);
        Ttl = (_buffer[at + 4] & 0x80) != 0 ? 0 : (ReadU16(at + 4) << 16) | ReadU16(at + 6);
        RdataOffset = at + 10;
        RdataCount = ReadU16(at + 8);
        _nextOffset = RdataOffset + RdataCount;
        _next++;
        return true;
    }

    /// <summary>Whether the current record's owner is a name, without regard to ASCII case.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True where it is; false also before the first <see cref="Next"/>.</returns>
    public bool OwnerIs(DnsName name)
    {
        return !_failed && NameOffset >= 0 && name != null && DnsWireName.EqualsName(_buffer, _offset, _count, NameOffset, name.Wire, 0);
    }

    /// <summary>The name at an offset, for example <see cref="NameOffset"/> or inside RDATA. Allocates.</summary>
    /// <param name="nameOffset">First byte of the name.</param>
    /// <returns>The name; null where it is malformed or outside the message.</returns>
    public DnsName ReadName(int nameOffset)
    {
        return _failed ? null : DnsName.FromMessage(_buffer, _offset, _count, nameOffset);
    }

    /// <summary>The info code of an extended DNS error.</summary>
    /// <param name="index">0..<see cref="ExtendedErrorCount"/>-1.</param>
    /// <returns>One of <see cref="ExtendedDnsErrorCode"/>; -1 where there is no such error.</returns>
    public int ExtendedErrorInfoCode(int index)
    {
        int at = FindExtendedError(index);
        return at < 0 ? -1 : ReadU16(at + 4);
    }

    /// <summary>First byte of an extended DNS error's text (UTF-8).</summary>
    /// <param name="index">0..<see cref="ExtendedErrorCount"/>-1.</param>
    /// <returns>An index into the buffer; -1 where there is no such error.</returns>
    public int ExtendedErrorTextOffset(int index)
    {
        int at = FindExtendedError(index);
        return at < 0 ? -1 : at + 6;
    }

    /// <summary>Length of an extended DNS error's text in bytes.</summary>
    /// <param name="index">0..<see cref="ExtendedErrorCount"/>-1.</param>
    /// <returns>0 or more; 0 where there is no such error.</returns>
    public int ExtendedErrorTextCount(int index)
    {
        int at = FindExtendedError(index);
        return at < 0 ? 0 : ReadU16(at + 2) - 2;
    }

    /// <summary>Whether this message is the answer to a query: a response with the same ID, opcode and question (name without regard to case, type, class).</summary>
    /// <param name="query">Holds the query as it was sent, without a length prefix.</param>
    /// <param name="offset">First byte of the query.</param>
    /// <param name="count">Length of the query.</param>
    /// <returns>True where it is; false where anything differs or either message is malformed.</returns>
    /// <remarks>
    /// A response without a question section matches by ID and opcode alone where it says FORMERR, NOTIMP or REFUSED and brings no answers: servers that cannot or will not read a question leave it out.
    /// Source: RFC 5452 section 9.1, RFC 7766 section 7.
    /// </remarks>
    public bool Answers(byte[] query, int offset, int count)
    {
        if (_failed || !IsResponse || query == null || offset < 0 || count < HeaderBytes || offset > query.Length - count)
            return false;

        int flags = (query[offset + 2] << 8) | query[offset + 3];
        if (((query[offset] << 8) | query[offset + 1]) != Id || ((flags >> 11) & 15) != Opcode || (flags & 0x8000) != 0)
            return false;

        if (query[offset + 4] != 0 || query[offset + 5] != 1)
            return false;

        int name = offset + HeaderBytes;
        int nameBytes = DnsWireName.Length(query, name, count - HeaderBytes);
        if (nameBytes < 0 || HeaderBytes + nameBytes + 4 > count)
            return false;

        if (QuestionCount == 0)
        {
            int code = Header(2) & 15;
            return AnswerCount == 0 && (code == DnsResponseCode.FormatError || code == DnsResponseCode.NotImplemented || code == DnsResponseCode.Refused);
        }

        int tail = name + nameBytes;
        return ((query[tail] << 8) | query[tail + 1]) == QuestionType
            && ((query[tail + 2] << 8) | query[tail + 3]) == QuestionClass
            && DnsWireName.EqualsName(_buffer, _offset, _count, QuestionNameOffset, query, name);
    }

    private bool ReadOptions()
    {
        int at = _optDataOffset;
        int end = _optDataOffset + _optDataCount;
        while (at < end)
        {
            if (end - at < 4)
                return false;

            int code = ReadU16(at);
            int length = ReadU16(at + 2);
            if (length > end - at - 4)
                return false;

            switch (code)
            {
                case EdnsOptionCode.TcpKeepalive:
                    if (length == 2)
                        KeepaliveTimeoutMs = ReadU16(at + 4) * 100;

                    HasKeepalive |= length == 0 || length == 2;
                    break;

                case EdnsOptionCode.Padding:
                    PaddingBytes = length;
                    break;

                case EdnsOptionCode.ClientSubnet:
                    HasClientSubnet = true;
                    break;

                case EdnsOptionCode.ExtendedError:
                    if (length >= 2)
                        _extendedErrorCount++;

                    break;
            }

            at += 4 + length;
        }

        return true;
    }

    private int FindExtendedError(int index)
    {
        if (!HasEdns || index < 0)
            return -1;

        int end = _optDataOffset + _optDataCount;
        int length;
        for (int at = _optDataOffset; at < end; at += 4 + length)
        {
            length = ReadU16(at + 2);
            if (ReadU16(at) != EdnsOptionCode.ExtendedError || length < 2)
                continue;

            if (index == 0)
                return at;

            index--;
        }

        return -1;
    }

    /// <summary>The end of a name that <see cref="Reset"/> found to be well formed.</summary>
    private int NameEnd(int at)
    {
        while (_buffer[at] != 0)
        {
            if (_buffer[at] >= 0xC0)
                return at + 2;

            at += 1 + _buffer[at];
        }

        return at + 1;
    }

    private int Header(int index)
    {
        return _failed ? 0 : ReadU16(_offset + index);
    }

    private int ReadU16(int at)
    {
        return (_buffer[at] << 8) | _buffer[at + 1];
    }
}
