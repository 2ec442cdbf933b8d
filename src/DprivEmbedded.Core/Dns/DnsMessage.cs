namespace DprivEmbedded.Dns;

/// <summary>One message as objects, for hosts with memory to spare; <see cref="DnsMessageReader"/> reads the same without allocating. Immutable.</summary>
/// <remarks>The memory used is bounded by the message's size: at most about 1 KiB for each 12 bytes of it. Source: RFC 1035 section 4.1.</remarks>
public sealed class DnsMessage
{
    private DnsMessage(DnsMessageReader reader, int messageOffset, int messageCount)
    {
        Id = reader.Id;
        IsResponse = reader.IsResponse;
        Opcode = reader.Opcode;
        Authoritative = reader.Authoritative;
        Truncated = reader.Truncated;
        RecursionDesired = reader.RecursionDesired;
        RecursionAvailable = reader.RecursionAvailable;
        AuthenticData = reader.AuthenticData;
        CheckingDisabled = reader.CheckingDisabled;
        ResponseCode = reader.ResponseCode;
        QuestionName = reader.QuestionCount == 1 ? reader.ReadName(reader.QuestionNameOffset) : null;
        QuestionType = reader.QuestionType;
        QuestionClass = reader.QuestionClass;
        HasEdns = reader.HasEdns;
        UdpPayloadBytes = reader.UdpPayloadBytes;
        DnssecOk = reader.DnssecOk;
        KeepaliveTimeoutMs = reader.KeepaliveTimeoutMs;
        PaddingBytes = reader.PaddingBytes;

        ExtendedErrors = new ExtendedDnsError[reader.ExtendedErrorCount];
        for (int i = 0; i < ExtendedErrors.Length; i++)
        {
            string text = DnsText.DecodeUtf8(reader.Buffer, reader.ExtendedErrorTextOffset(i), reader.ExtendedErrorTextCount(i));
            ExtendedErrors[i] = new ExtendedDnsError(reader.ExtendedErrorInfoCode(i), text);
        }

        Answers = new DnsRecord[reader.AnswerCount];
        Authorities = new DnsRecord[reader.AuthorityCount];
        Additionals = new DnsRecord[reader.AdditionalCount - (reader.HasEdns ? 1 : 0)];
        int answers = 0;
        int authorities = 0;
        int additionals = 0;
        reader.Rewind();
        while (reader.Next())
        {
            if (reader.Type == DnsType.Opt)
                continue;

            DnsRecord record = DnsRecord.Read(
                reader.ReadName(reader.NameOffset), reader.Type, reader.Class, reader.Ttl, reader.Buffer, messageOffset, messageCount, reader.RdataOffset, reader.RdataCount, true);
            if (record.IsMalformed)
                MalformedRecordCount++;

            if (reader.Section == DnsSection.Answer)
            {
                Answers[answers] = record;
                answers++;
            }
            else if (reader.Section == DnsSection.Authority)
            {
                Authorities[authorities] = record;
                authorities++;
            }
            else
            {
                Additionals[additionals] = record;
                additionals++;
            }
        }
    }

    /// <summary>The message ID, 0..65535.</summary>
    public int Id { get; }

    /// <summary>Whether this is a response (QR).</summary>
    public bool IsResponse { get; }

    /// <summary>One of <see cref="DnsOpcode"/>.</summary>
    public int Opcode { get; }

    /// <summary>Whether the server is an authority for the name (AA).</summary>
    public bool Authoritative { get; }

    /// <summary>Whether the message was cut short (TC).</summary>
    public bool Truncated { get; }

    /// <summary>Whether recursion is desired (RD).</summary>
    public bool RecursionDesired { get; }

    /// <summary>Whether the server offers recursion (RA).</summary>
    public bool RecursionAvailable { get; }

    /// <summary>Whether the server says that it validated the data (AD).</summary>
    public bool AuthenticData { get; }

    /// <summary>Whether checking is disabled (CD).</summary>
    public bool CheckingDisabled { get; }

    /// <summary>One of <see cref="DnsResponseCode"/>, 0..4095.</summary>
    public int ResponseCode { get; }

    /// <summary>The question's name; null without a question.</summary>
    public DnsName QuestionName { get; }

    /// <summary>The question's type, one of <see cref="DnsType"/>; -1 without a question.</summary>
    public int QuestionType { get; }

    /// <summary>The question's class, one of <see cref="DnsClass"/>; -1 without a question.</summary>
    public int QuestionClass { get; }

    /// <summary>Whether the message has an OPT record.</summary>
    public bool HasEdns { get; }

    /// <summary>The largest datagram the sender takes, in bytes, at least 512.</summary>
    public int UdpPayloadBytes { get; }

    /// <summary>The DO bit.</summary>
    public bool DnssecOk { get; }

    /// <summary>The server's idle time in milliseconds, in steps of 100, 0 asks to close; -1 where none is given.</summary>
    public int KeepaliveTimeoutMs { get; }

    /// <summary>Length of the padding in bytes; -1 without the option.</summary>
    public int PaddingBytes { get; }

    /// <summary>The extended DNS errors in their order; empty where there are none.</summary>
    public ExtendedDnsError[] ExtendedErrors { get; }

    /// <summary>The answer section.</summary>
    public DnsRecord[] Answers { get; }

    /// <summary>The authority section.</summary>
    public DnsRecord[] Authorities { get; }

    /// <summary>The additional section without the OPT record.</summary>
    public DnsRecord[] Additionals { get; }

    /// <summary>How many records of known types have malformed RDATA and were kept raw.</summary>
    public int MalformedRecordCount { get; }

    /// <summary>Reads a message.</summary>
    /// <param name="buffer">Holds the message, without a length prefix; not kept.</param>
    /// <param name="offset">First byte of the message.</param>
    /// <param name="count">Length of the message.</param>
    /// <returns>The message; null where it is malformed (see <see cref="DnsMessageReader"/>).</returns>
    public static DnsMessage Parse(byte[] buffer, int offset, int count)
    {
        var reader = new DnsMessageReader();
        return reader.Reset(buffer, offset, count) ? new DnsMessage(reader, offset, count) : null;
    }
}
