using System;
using System.Linq;
using System.Text;
using DprivEmbedded.Dns;
using Xunit;

namespace DprivEmbedded.Core.Tests.Dns;

public class DnsMessageTests
{
    private static readonly byte[] Address = { 192, 0, 2, 1 };

    private static DnsMessage Parse(MessageBuilder builder) => DnsMessage.Parse(builder.ToArray(), 0, builder.Length);

    [Fact]
    public void WholeMessage()
    {
        byte[] options = MessageBuilder.Hex("000B 0002 0064 000F 0009 0011").Concat(Encoding.UTF8.GetBytes("süß\n0")).Concat(MessageBuilder.Hex("000C 0001 00")).ToArray();
        options[9] = 0x09; // 2 bytes of info code and 7 of text
        DnsMessage message = Parse(new MessageBuilder(0xABCD, 0x85B3, 1, 1, 1, 2).Question("www.example", DnsType.A)
            .Record(DnsType.A, Address).Record("example", DnsType.Ns, MessageBuilder.Hex("026E73C010")).Opt(options, payload: 100, flags: 0x8000).Record("ns.example", DnsType.A, Address));
        Assert.Equal(0xABCD, message.Id);
        Assert.True(message.IsResponse && message.Authoritative && message.RecursionDesired && message.RecursionAvailable && message.AuthenticData && message.CheckingDisabled);
        Assert.False(message.Truncated);
        Assert.Equal(DnsOpcode.Query, message.Opcode);
        Assert.Equal(DnsResponseCode.NameError, message.ResponseCode);
        Assert.Equal(("www.example.", DnsType.A, DnsClass.Internet), (message.QuestionName.ToString(), message.QuestionType, message.QuestionClass));
        Assert.Equal("www.example. 300 IN A 192.0.2.1", Assert.Single(message.Answers).ToString());
        Assert.Equal("example. 300 IN NS ns.example.", Assert.Single(message.Authorities).ToString());
        Assert.Equal("ns.example. 300 IN A 192.0.2.1", Assert.Single(message.Additionals).ToString());
        Assert.True(message.HasEdns && message.DnssecOk);
        Assert.Equal(512, message.UdpPayloadBytes); // RFC 6891 section 6.2.3: less than 512 counts as 512
        Assert.Equal(10_000, message.KeepaliveTimeoutMs);
        Assert.Equal(1, message.PaddingBytes);
        ExtendedDnsError error = Assert.Single(message.ExtendedErrors);
        Assert.Equal(ExtendedDnsErrorCode.Filtered, error.InfoCode);
        Assert.Equal("süß\uFFFD0", error.ExtraText);
        Assert.Equal("Filtered: süß\uFFFD0", error.ToString());
        Assert.Equal(0, message.MalformedRecordCount);
    }

    [Theory]
    [InlineData("41C3A4E282ACF09F9880", "Aä€😀")]
    [InlineData("1B5B316D", "\uFFFD[1m")] // no escape sequences to a terminal
    [InlineData("C285", "\uFFFD")]
    [InlineData("E280AE", "\uFFFD")] // right-to-left override
    [InlineData("FF41", "\uFFFDA")]
    [InlineData("C0AF", "\uFFFD\uFFFD")] // overlong
    [InlineData("E0808041", "\uFFFDA")]
    [InlineData("EDA080", "\uFFFD")] // a surrogate
    [InlineData("E282", "\uFFFD")] // cut short
    [InlineData("F4908080", "\uFFFD")]
    public void TextOfExtendedErrorsIsSafe(string utf8, string expected)
    {
        byte[] text = MessageBuilder.Hex(utf8);
        byte[] options = new byte[] { 0, 15, 0, (byte)(2 + text.Length), 0, 0 }.Concat(text).ToArray();
        Assert.Equal(expected, Parse(new MessageBuilder(additionals: 1).Question("a", 1).Opt(options)).ExtendedErrors[0].ExtraText);
    }

    [Fact]
    public void UnknownInfoCodesHaveTheirNumber()
    {
        DnsMessage message = Parse(new MessageBuilder(additionals: 1).Question("a", 1).Opt(MessageBuilder.Hex("000F 0002 BEEF 000F 0002 0006")));
        Assert.Equal(new[] { "EDE48879", "DNSSEC Bogus" }, message.ExtendedErrors.Select(e => e.ToString()));
    }

    [Fact]
    public void MalformedMessagesAreNull()
    {
        Assert.Null(DnsMessage.Parse(Array.Empty<byte>(), 0, 0));
        Assert.Null(DnsMessage.Parse(null!, 0, 0));
        Assert.Null(Parse(new MessageBuilder(answers: 1).Question("a", 1)));
    }

    [Fact]
    public void MalformedRecordsLeaveTheOthersUsable()
    {
        DnsMessage message = Parse(new MessageBuilder(answers: 2).Question("a", 1).Record(1, new byte[3]).Record(1, Address));
        Assert.Equal(1, message.MalformedRecordCount);
        Assert.Equal("192.0.2.1", Assert.Single(CnameChain.Follow(message).Records).RdataText);
    }

    [Fact]
    public void ChainIsFollowedInAnyOrder()
    {
        DnsMessage message = Parse(new MessageBuilder(answers: 5).Question("A.example", DnsType.A)
            .Record("c.example", DnsType.A, Address).Cname("b.example", "C.example").Cname("a.example", "B.example")
            .Record("stray.example", DnsType.A, Address).Record("c.example", DnsType.Txt, new byte[1]));
        CnameChain chain = CnameChain.Follow(message);
        Assert.False(chain.Failed);
        Assert.Null(chain.Reason);
        Assert.Equal(new[] { "a.example.", "b.example." }, chain.Aliases.Select(a => a.Name.ToString()));
        Assert.Equal(DnsName.Parse("c.example"), chain.FinalName);
        Assert.Equal("c.example. 300 IN A 192.0.2.1", Assert.Single(chain.Records).ToString());
    }

    [Fact]
    public void NoAliasesAndNoRecords()
    {
        CnameChain chain = CnameChain.Follow(Parse(new MessageBuilder(flags: 0x8183).Question("a.example", DnsType.A)));
        Assert.False(chain.Failed);
        Assert.Empty(chain.Records);
        Assert.Empty(chain.Aliases);
        Assert.Equal("a.example.", chain.FinalName.ToString());
    }

    [Fact]
    public void QuestionForTheAliasItselfFollowsNone()
    {
        CnameChain chain = CnameChain.Follow(Parse(new MessageBuilder(answers: 2).Question("a", DnsType.Cname).Cname("a", "b").Cname("b", "c")));
        Assert.Empty(chain.Aliases);
        Assert.Equal("b.", Assert.Single(chain.Records).RdataText);
    }

    [Theory]
    [InlineData("a>a", "loop")]
    [InlineData("a>b b>a", "loop")]
    [InlineData("a>b b>c c>B", "loop")]
    [InlineData("a>b a>c", "two different")]
    public void BadChainsFail(string links, string reason)
    {
        string[] all = links.Split(' ');
        var builder = new MessageBuilder(answers: all.Length).Question("a", DnsType.A);
        foreach (string link in all)
            builder.Cname(link.Split('>')[0], link.Split('>')[1]);

        CnameChain chain = CnameChain.Follow(Parse(builder));
        Assert.True(chain.Failed);
        Assert.Contains(reason, chain.Reason, StringComparison.Ordinal);
        Assert.Empty(chain.Records);
    }

    [Theory]
    [InlineData(16, false)]
    [InlineData(17, true)]
    public void ChainLengthIsBounded(int aliases, bool failed)
    {
        var builder = new MessageBuilder(answers: aliases + 1).Question("n0", DnsType.A);
        for (int i = 0; i < aliases; i++)
            builder.Cname("n" + i, "n" + (i + 1));

        CnameChain chain = CnameChain.Follow(Parse(builder.Record("n" + aliases, DnsType.A, Address)));
        Assert.Equal(failed, chain.Failed);
        Assert.Equal(failed ? 0 : 1, chain.Records.Length);
    }

    [Fact]
    public void ChainWithoutAQuestionIsMisuse()
    {
        Assert.Throws<ArgumentException>(() => CnameChain.Follow(Parse(new MessageBuilder(questions: 0))));
        Assert.Throws<ArgumentNullException>(() => CnameChain.Follow(null!));
    }
}
