using System;
using System.Linq;
using CsCheck;
using DprivEmbedded.Dns;
using Xunit;

namespace DprivEmbedded.Core.Tests.Dns;

/// <summary>No bytes make the reader throw, and what it accepts can be read to the end.</summary>
public class DnsFuzzTests
{
    private static readonly byte[][] Seeds =
    {
        new MessageBuilder(answers: 2, authorities: 1, additionals: 2).Question("www.example", DnsType.A)
            .Record(DnsType.Cname, MessageBuilder.Hex("0161C010")).Record("a.example", DnsType.A, new byte[] { 192, 0, 2, 1 })
            .Record(DnsType.Soa, MessageBuilder.Hex("026E73C010 C010 00000001 00000E10 00000384 00093A80 0000003C"))
            .Record(DnsType.Aaaa, new byte[16]).Opt(MessageBuilder.Hex("000B 0002 012C 000F 0004 000F 6262 0008 0004 00010000 000C 0003 000000")).ToArray(),
        new MessageBuilder(answers: 5).Question("x.example", DnsType.Https)
            .Record(DnsType.Https, MessageBuilder.Hex("0001 00 0000 0004 0001 0003 0001 0003 026832 0003 0002 0035 0004 0004 C0000201 0005 0002 ABCD 0006 0010 20010DB8000000000000000000000001"))
            .Record(DnsType.Svcb, MessageBuilder.Hex("0000 0161 00")).Record(DnsType.Txt, MessageBuilder.Hex("0161 00 026263"))
            .Record(DnsType.Srv, MessageBuilder.Hex("0001 0002 0355 C00C")).Record(DnsType.Mx, MessageBuilder.Hex("000A C00C")).ToArray(),
    };

    private static readonly byte[] Query = Seeds[0].Take(29).ToArray();

    [Fact]
    public void RandomBytes()
    {
        Gen.Byte.Array[0, 200].Sample(Exercise, iter: 20_000);
    }

    [Fact]
    public void MutatedMessages()
    {
        Gen<(int At, byte Value)> edit = Gen.Select(Gen.Int[0, 400], Gen.OneOf(Gen.Byte, Gen.Int[0, 5].Select(i => new byte[] { 0, 0xC0, 0xFF, 12, 63, 1 }[i])));
        Gen.Select(Gen.Int[0, Seeds.Length - 1], edit.Array[1, 6], Gen.Int[0, 40]).Sample(
            t =>
            {
                byte[] bytes = (byte[])Seeds[t.Item1].Clone();
                foreach ((int at, byte value) in t.Item2)
                    bytes[at % bytes.Length] = value;

                Exercise(t.Item3 < 20 ? bytes : bytes[..Math.Max(0, bytes.Length - (t.Item3 - 20))]);
            },
            iter: 50_000);
    }

    [Fact]
    public void SeedsAreAccepted()
    {
        foreach (byte[] seed in Seeds)
        {
            DnsMessage message = DnsMessage.Parse(seed, 0, seed.Length);
            Assert.NotNull(message);
            Assert.Equal(0, message.MalformedRecordCount);
        }
    }

    private static void Exercise(byte[] message)
    {
        var reader = new DnsMessageReader();
        bool accepted = reader.Reset(message, 0, message.Length);
        reader.Answers(Query, 0, Query.Length);
        int records = 0;
        var name = new byte[255];
        DnsName other = DnsName.Parse("www.example");
        while (reader.Next())
        {
            records++;
            Assert.InRange(reader.RdataOffset + reader.RdataCount, 12, message.Length);
            int length = DnsWireName.Expand(message, 0, message.Length, reader.NameOffset, name, 0);
            Assert.InRange(length, 1, 255);
            Assert.True(DnsWireName.EqualsName(message, 0, message.Length, reader.NameOffset, name, 0));
            Assert.Equal(reader.OwnerIs(other), DnsName.FromWire(name, 0, length).Equals(other));
        }

        for (int i = 0; i < reader.ExtendedErrorCount; i++)
            Assert.InRange(reader.ExtendedErrorTextOffset(i) + reader.ExtendedErrorTextCount(i), 12, message.Length);

        DnsMessage parsed = DnsMessage.Parse(message, 0, message.Length);
        Assert.Equal(accepted, parsed != null);
        if (parsed == null)
            return;

        Assert.Equal(records, parsed.Answers.Length + parsed.Authorities.Length + parsed.Additionals.Length + (parsed.HasEdns ? 1 : 0));
        foreach (DnsRecord record in parsed.Answers.Concat(parsed.Authorities).Concat(parsed.Additionals))
        {
            Assert.NotEmpty(record.ToString());
            DnsRecord again = DnsRecord.FromRdata(record.Name, record.Type, record.Class, record.Ttl, record.Rdata);
            if (!record.IsMalformed)
                Assert.Equal(record.ToString(), again.ToString());
        }

        if (parsed.QuestionName != null)
            Assert.InRange(CnameChain.Follow(parsed).Aliases.Length, 0, CnameChain.MaxAliases);
    }
}
