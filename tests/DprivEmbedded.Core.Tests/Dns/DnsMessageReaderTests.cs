using System.Text;
using DprivEmbedded.Dns;
using Xunit;

namespace DprivEmbedded.Core.Tests.Dns;

public class DnsMessageReaderTests
{
    private static readonly byte[] Address = { 192, 0, 2, 1 };

    private static byte[] Query(string name = "www.example", int type = DnsType.A, int id = 0x1234)
    {
        var buffer = new byte[512];
        int count = DnsQuery.Write(buffer, 0, 512, id, DnsName.Parse(name), type, DnsClass.Internet, new EdnsOptions());
        return buffer[..count];
    }

    private static bool Answers(MessageBuilder response, byte[] query) => response.Read().Answers(query, 0, query.Length);

    [Fact]
    public void HeaderFlags()
    {
        DnsMessageReader reader = new MessageBuilder(0xBEEF, 0x8000 | (5 << 11) | 0x0400 | 0x0200 | 0x0100 | 0x0080 | 0x0020 | 0x0010 | 9, 0).Read();
        Assert.Equal(0xBEEF, reader.Id);
        Assert.True(reader.IsResponse && reader.Authoritative && reader.Truncated && reader.RecursionDesired && reader.RecursionAvailable && reader.AuthenticData && reader.CheckingDisabled);
        Assert.Equal(DnsOpcode.Update, reader.Opcode);
        Assert.Equal(DnsResponseCode.NotAuthorized, reader.ResponseCode);
        reader = new MessageBuilder(0, 0, 0).Read();
        Assert.False(reader.IsResponse || reader.Authoritative || reader.Truncated || reader.RecursionDesired || reader.RecursionAvailable || reader.AuthenticData || reader.CheckingDisabled);
        Assert.Equal(-1, reader.QuestionNameOffset);
        Assert.Equal(-1, reader.QuestionType);
        Assert.False(reader.HasEdns);
        Assert.Equal(512, reader.UdpPayloadBytes);
    }

    [Fact]
    public void RecordsOfAllSections()
    {
        DnsMessageReader reader = new MessageBuilder(answers: 2, authorities: 1, additionals: 2).Question("www.example", DnsType.A)
            .Record(DnsType.A, Address, ttl: 77).Record("other.example", DnsType.Txt, new byte[] { 0 }, ttl: 0xFFFFFFFF)
            .Record(DnsType.Ns, new byte[] { 0xC0, 12 }).Opt(System.Array.Empty<byte>()).Record(99, new byte[5]).Read();

        Assert.True(reader.Next());
        Assert.Equal((DnsSection.Answer, DnsType.A, DnsClass.Internet, 77, 4), (reader.Section, reader.Type, reader.Class, reader.Ttl, reader.RdataCount));
        Assert.Equal(Address, reader.Buffer[reader.RdataOffset..(reader.RdataOffset + 4)]);
        Assert.True(reader.OwnerIs(DnsName.Parse("WWW.example")));
        Assert.True(reader.Next());
        Assert.Equal((DnsSection.Answer, DnsType.Txt, 0), (reader.Section, reader.Type, reader.Ttl)); // RFC 2181 section 8
        Assert.Equal("other.example.", reader.ReadName(reader.NameOffset).ToString());
        Assert.False(reader.OwnerIs(DnsName.Parse("WWW.example")));
        Assert.True(reader.Next());
        Assert.Equal((DnsSection.Authority, DnsType.Ns), (reader.Section, reader.Type));
        Assert.Equal("www.example.", reader.ReadName(reader.RdataOffset).ToString());
        Assert.True(reader.Next());
        Assert.Equal((DnsSection.Additional, DnsType.Opt), (reader.Section, reader.Type));
        Assert.True(reader.Next());
        Assert.Equal((DnsSection.Additional, 99, 5), (reader.Section, reader.Type, reader.RdataCount));
        Assert.False(reader.Next());
        reader.Rewind();
        Assert.True(reader.Next());
        Assert.Equal(DnsType.A, reader.Type);
    }

    [Fact]
    public void EdnsFacts()
    {
        byte[] options = MessageBuilder.Hex("000B 0002 012C" + "000F 0004 000F 6262" + "FDE9 0001 00" + "000F 0002 0016" + "000C 0003 000000");
        DnsMessageReader reader = new MessageBuilder(flags: 0x8180 | 7, additionals: 1).Question("a", 1).Opt(options, extendedCode: 1, payload: 4096, flags: 0x8000).Read();
        Assert.True(reader.HasEdns);
        Assert.Equal(23, reader.ResponseCode); // 1 in the upper 8 bits, 7 in the lower 4: BADCOOKIE
        Assert.Equal(4096, reader.UdpPayloadBytes);
        Assert.True(reader.DnssecOk);
        Assert.Equal(0, reader.EdnsVersion);
        Assert.Equal(30_000, reader.KeepaliveTimeoutMs);
        Assert.Equal(3, reader.PaddingBytes);
        Assert.Equal(2, reader.ExtendedErrorCount);
        Assert.Equal(ExtendedDnsErrorCode.Blocked, reader.ExtendedErrorInfoCode(0));
        Assert.Equal("bb", Encoding.ASCII.GetString(reader.Buffer, reader.ExtendedErrorTextOffset(0), reader.ExtendedErrorTextCount(0)));
        Assert.Equal(ExtendedDnsErrorCode.NoReachableAuthority, reader.ExtendedErrorInfoCode(1));
        Assert.Equal(0, reader.ExtendedErrorTextCount(1));
        Assert.Equal(-1, reader.ExtendedErrorInfoCode(2));
        Assert.Equal(-1, reader.ExtendedErrorInfoCode(-1));
        Assert.Equal(-1, reader.ExtendedErrorTextOffset(2));
    }

    [Theory]
    [InlineData("000B 0002 0000", 0, true)] // RFC 7828 section 3.2.2: close
    [InlineData("000B 0002 0001", 100, true)]
    [InlineData("000B 0002 FFFF", 6_553_500, true)]
    [InlineData("000B 0000", -1, true)]
    [InlineData("000B 0001 05", -1, false)] // no such length
    [InlineData("", -1, false)]
    public void KeepaliveCountsIn100Milliseconds(string options, int expectedMs, bool present)
    {
        DnsMessageReader reader = new MessageBuilder(additionals: 1).Question("a", 1).Opt(MessageBuilder.Hex(options)).Read();
        Assert.Equal(expectedMs, reader.KeepaliveTimeoutMs);
        Assert.Equal(present, reader.HasKeepalive);
    }

    [Fact]
    public void FactsOfAnEarlierMessageDoNotStay()
    {
        DnsMessageReader reader = new MessageBuilder(additionals: 1).Question("a", 1).Opt(MessageBuilder.Hex("000B 0002 0001 000C 0001 00 000F 0002 0001")).Read();
        byte[] plain = new MessageBuilder().Question("a", 1).ToArray();
        Assert.True(reader.Reset(plain, 0, plain.Length));
        Assert.Equal((-1, -1, 0, false), (reader.KeepaliveTimeoutMs, reader.PaddingBytes, reader.ExtendedErrorCount, reader.HasEdns));
        Assert.False(reader.Reset(plain, 0, 5));
        Assert.True(reader.Failed);
        Assert.False(reader.Next());
        Assert.Equal(0, reader.Id);
    }

    [Fact]
    public void MalformedStructureIsRefused()
    {
        Assert.True(new MessageBuilder(answers: 1).Question("a", 1).Record(1, Address).IsAccepted());
        Assert.True(new MessageBuilder().Question("a", 1).U8(1).IsAccepted()); // trailing bytes
        Assert.False(new MessageBuilder(questions: 1).IsAccepted());
        Assert.False(new MessageBuilder(questions: 2).Question("a", 1).Question("b", 1).IsAccepted()); // RFC 9619
        Assert.False(new MessageBuilder().Name("a").U16(1).U8(0).IsAccepted());
        Assert.False(new MessageBuilder(answers: 1).Question("a", 1).IsAccepted());
        Assert.False(new MessageBuilder(answers: 2).Question("a", 1).Record(1, Address).IsAccepted());
        Assert.False(new MessageBuilder(answers: 1).Question("a", 1).Pointer(12).U16(1).U16(1).U32(1).U8(0).IsAccepted());
        Assert.False(new MessageBuilder(answers: 1).Question("a", 1).Pointer(12).U16(1).U16(1).U32(1).U16(5).Raw(Address).IsAccepted());
        Assert.False(new MessageBuilder(answers: 1).Question("a", 1).Pointer(19).U16(1).U16(1).U32(1).U16(0).IsAccepted()); // points at itself
        Assert.False(new MessageBuilder(additionals: 2).Question("a", 1).Opt(new byte[0]).Opt(new byte[0]).IsAccepted());
        Assert.False(new MessageBuilder(answers: 1).Question("a", 1).Opt(new byte[0]).IsAccepted());
        Assert.False(new MessageBuilder(additionals: 1).Question("a", 1).Record(DnsType.Opt, new byte[0]).IsAccepted());
        Assert.False(new MessageBuilder(additionals: 1).Question("a", 1).Opt(MessageBuilder.Hex("000C 0001")).IsAccepted());
        Assert.False(new MessageBuilder(additionals: 1).Question("a", 1).Opt(MessageBuilder.Hex("000C00")).IsAccepted());
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        byte[] whole = new MessageBuilder(answers: 1, additionals: 1).Question("www.example", 1).Record(1, Address).Opt(MessageBuilder.Hex("000B 0002 0001")).ToArray();
        var reader = new DnsMessageReader();
        Assert.True(reader.Reset(whole, 0, whole.Length));
        for (int count = 0; count < whole.Length; count++)
            Assert.False(reader.Reset(whole, 0, count));
    }

    [Fact]
    public void BadArgumentsAreRefusedNotThrown()
    {
        var reader = new DnsMessageReader();
        Assert.True(reader.Failed);
        Assert.False(reader.Reset(null!, 0, 12));
        Assert.False(reader.Reset(new byte[20], 10, 12));
        Assert.False(reader.Reset(new byte[20], -1, 12));
        Assert.False(reader.Reset(new byte[20], int.MaxValue, 12));
        Assert.False(reader.Reset(new byte[70000], 0, 65536));
    }

    [Fact]
    public void AnswersMatchesIdOpcodeAndQuestion()
    {
        byte[] query = Query();
        Assert.True(Answers(new MessageBuilder(answers: 1).Question("www.example", 1).Record(1, Address), query));
        Assert.True(Answers(new MessageBuilder().Question("WWW.eXample", 1), query));
        Assert.True(Answers(new MessageBuilder(flags: 0x8183).Question("www.example", 1), query));
        Assert.False(Answers(new MessageBuilder(id: 0x1235).Question("www.example", 1), query));
        Assert.False(Answers(new MessageBuilder(flags: 0x0180).Question("www.example", 1), query)); // a query
        Assert.False(Answers(new MessageBuilder(flags: 0x8980).Question("www.example", 1), query)); // another opcode
        Assert.False(Answers(new MessageBuilder().Question("ww.example", 1), query));
        Assert.False(Answers(new MessageBuilder().Question("www.example.com", 1), query));
        Assert.False(Answers(new MessageBuilder().Question("www.example", DnsType.Aaaa), query));
        Assert.False(Answers(new MessageBuilder().Question("www.example", 1, DnsClass.Chaos), query));
    }

    [Theory]
    [InlineData(DnsResponseCode.FormatError, true)]
    [InlineData(DnsResponseCode.NotImplemented, true)]
    [InlineData(DnsResponseCode.Refused, true)]
    [InlineData(DnsResponseCode.NoError, false)]
    [InlineData(DnsResponseCode.ServerFailure, false)]
    [InlineData(DnsResponseCode.NameError, false)]
    public void OnlyRefusalsMayLackTheQuestion(int code, bool accepted)
    {
        byte[] query = Query();
        Assert.Equal(accepted, Answers(new MessageBuilder(flags: 0x8180 | code, questions: 0), query));
        Assert.False(Answers(new MessageBuilder(id: 1, flags: 0x8180 | code, questions: 0), query));
        Assert.False(Answers(new MessageBuilder(flags: 0x8180 | code, questions: 0, answers: 1).Record("www.example", 1, Address), query));
    }

    [Fact]
    public void AnswersToABrokenQueryIsFalse()
    {
        DnsMessageReader reader = new MessageBuilder().Question("www.example", 1).Read();
        byte[] query = Query();
        for (int count = 0; count < 29; count++)
            Assert.False(reader.Answers(query, 0, count));

        Assert.False(reader.Answers(null!, 0, 12));
        Assert.False(reader.Answers(query, 120, 128));
        Assert.False(reader.Answers(query, -1, 128));
        query[5] = 2;
        Assert.False(reader.Answers(query, 0, query.Length));
    }
}
