using System.Linq;
using DprivEmbedded.Dns;

namespace DprivEmbedded.Fuzz;

/// <summary>The parser of DNS messages: structure, names, records of every type, EDNS options, alias chains, text.</summary>
internal sealed class DnsMessageTarget : FuzzTarget
{
    private static readonly DnsName s_name = DnsName.Parse("www.example");
    private readonly DnsMessageReader _reader = new();
    private readonly byte[] _expanded = new byte[255];
    private readonly byte[] _query = MakeQuery();

    public override string Name => "dns";

    public override string Description => "DNS messages: DnsMessageReader, DnsMessage, DnsRecord, CnameChain, text";

    // A name in text may take four characters an octet, and each record of 11 octets may point at one of 255: that is the object model's, which only answers that were matched reach.
    public override long MaxAllocatedBytes(int inputBytes) => 65536 + 400L * inputBytes;

    public override int MaxInputBytes => 4096;

    public override void Run(byte[] input)
    {
        bool accepted = _reader.Reset(input, 0, input.Length);
        _reader.Answers(_query, 0, _query.Length);
        int records = 0;
        while (_reader.Next())
        {
            records++;
            FuzzFailure.Unless(_reader.RdataOffset >= 12 && _reader.RdataOffset + _reader.RdataCount <= input.Length, "RDATA outside the message.");
            int length = DnsWireName.Expand(input, 0, input.Length, _reader.NameOffset, _expanded, 0);
            FuzzFailure.Unless(length is >= 1 and <= 255, "A name of " + length + " bytes.");
            _reader.OwnerIs(s_name);
        }

        for (int i = 0; i < _reader.ExtendedErrorCount; i++)
            FuzzFailure.Unless(_reader.ExtendedErrorTextOffset(i) + _reader.ExtendedErrorTextCount(i) <= input.Length, "An extended error outside the message.");

        DnsMessage message = DnsMessage.Parse(input, 0, input.Length);
        FuzzFailure.Unless(accepted == (message != null), "Reader and model disagree.");
        if (message == null)
            return;

        int kept = message.Answers.Length + message.Authorities.Length + message.Additionals.Length;
        FuzzFailure.Unless(records == kept + (message.HasEdns ? 1 : 0), "Records were lost.");
        foreach (DnsRecord record in message.Answers.Concat(message.Authorities).Concat(message.Additionals))
        {
            FuzzFailure.Unless(record.ToString().Length > 0, "A record without text.");
            if (!record.IsMalformed)
                FuzzFailure.Unless(DnsRecord.FromRdata(record.Name, record.Type, record.Class, record.Ttl, record.Rdata).ToString() == record.ToString(), "A record reads differently the second time.");
        }

        if (message.QuestionName != null)
            FuzzFailure.Unless(CnameChain.Follow(message).Aliases.Length <= CnameChain.MaxAliases, "An alias chain without end.");
    }

    private static byte[] MakeQuery()
    {
        byte[] buffer = new byte[512];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0x1234, s_name, DnsType.A, DnsClass.Internet, new EdnsOptions());
        return buffer[..count];
    }
}
