using System;
using System.Linq;
using CsCheck;
using DprivEmbedded.Dns;
using Xunit;

namespace DprivEmbedded.Core.Tests.Dns;

public class DnsRecordTests
{
    private static readonly DnsName Owner = DnsName.Parse("www.example");

    private static DnsRecord FromMessage(int type, string rdata, int dnsClass = DnsClass.Internet)
    {
        byte[] bytes = new MessageBuilder(answers: 1).Question("www.example", type, dnsClass).Record(type, MessageBuilder.Hex(rdata), dnsClass).ToArray();
        DnsMessage message = DnsMessage.Parse(bytes, 0, bytes.Length);
        DnsRecord record = Assert.Single(message.Answers);
        Assert.Equal(record.IsMalformed ? 1 : 0, message.MalformedRecordCount);
        return record;
    }

    /// <summary>Each known type: the RDATA on the wire (C00C is www.example, C010 is example), its text, and its class.</summary>
    [Theory]
    [InlineData(DnsType.A, "C0000201", "192.0.2.1", typeof(ARecord))]
    [InlineData(DnsType.Aaaa, "20010DB8000000000000000000000001", "2001:db8::1", typeof(AaaaRecord))]
    [InlineData(DnsType.Cname, "C010", "example.", typeof(CnameRecord))]
    [InlineData(DnsType.Ns, "026E73C010", "ns.example.", typeof(NsRecord))]
    [InlineData(DnsType.Ptr, "C00C", "www.example.", typeof(PtrRecord))]
    [InlineData(DnsType.Mx, "000A 046D61696C C010", "10 mail.example.", typeof(MxRecord))]
    [InlineData(DnsType.Mx, "0000 00", "0 .", typeof(MxRecord))]
    [InlineData(DnsType.Txt, "00", "\"\"", typeof(TxtRecord))]
    [InlineData(DnsType.Txt, "03612262 02 5C FF", "\"a\\\"b\" \"\\\\\\255\"", typeof(TxtRecord))]
    [InlineData(DnsType.Srv, "0001 0002 0355 C00C", "1 2 853 www.example.", typeof(SrvRecord))]
    [InlineData(DnsType.Soa, "026E73C010 C010 FFFFFFFF 00000E10 00000384 00093A80 0000003C", "ns.example. example. 4294967295 3600 900 604800 60", typeof(SoaRecord))]
    [InlineData(DnsType.Https, "0001 00", "1 .", typeof(SvcbRecord))]
    [InlineData(DnsType.Https, "0000 0161 00", "0 a.", typeof(SvcbRecord))]
    public void KnownTypes(int type, string rdata, string text, Type expected)
    {
        DnsRecord record = FromMessage(type, rdata);
        Assert.IsType(expected, record);
        Assert.Equal(text, record.RdataText);
        Assert.False(record.IsMalformed);
        Assert.Equal("www.example. 300 IN " + DnsType.ToText(type) + " " + text, record.ToString());

        // The uncompressed RDATA makes the same record on its own.
        DnsRecord again = DnsRecord.FromRdata(Owner, type, DnsClass.Internet, 300, record.Rdata);
        Assert.IsType(expected, again);
        Assert.Equal(record.ToString(), again.ToString());
        Assert.Equal(record.Rdata, again.Rdata);
    }

    [Fact]
    public void CompressedNamesInRdataAreExpanded()
    {
        DnsRecord record = FromMessage(DnsType.Mx, "000A 046D61696C C010");
        Assert.Equal(MessageBuilder.Hex("000A 046D61696C 076578616D706C65 00"), record.Rdata);
        Assert.Equal(16, record.RdataLength);
        record.Rdata[0] = 9;
        Assert.Equal(0, record.Rdata[0]);
    }

    /// <summary>The test vectors of RFC 9460 appendix D.</summary>
    [Theory]
    [InlineData("0000 03666F6F076578616D706C6503636F6D00", "0 foo.example.com.")]
    [InlineData("0001 00", "1 .")]
    [InlineData("0010 03666F6F076578616D706C6503636F6D00 0003 0002 0035", "16 foo.example.com. port=53")]
    [InlineData("0001 03666F6F076578616D706C6503636F6D00 029B 0005 68656C6C6F", "1 foo.example.com. key667=\"hello\"")]
    [InlineData("0001 03666F6F076578616D706C6503636F6D00 029B 0009 68656C6C6FD2716F6F", "1 foo.example.com. key667=\"hello\\210qoo\"")]
    [InlineData(
        "0001 03666F6F076578616D706C6503636F6D00 0006 0020 20010DB8000000000000000000000001 20010DB8000000000000000000530001",
        "1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1")]
    [InlineData(
        "0001 076578616D706C6503636F6D00 0006 0010 20010DB8012203440000000000000000 0010",
        null)] // cut short
    [InlineData("0010 03666F6F076578616D706C65036F726700 0000 0004 0001 0004 0001 0009 02683205 68332D3139 0004 0004 C0000201", "16 foo.example.org. mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" ipv4hint=192.0.2.1")]
    [InlineData("0010 03666F6F076578616D706C65036F726700 0001 000C 08 665C6F6F2C626172 02 6832", "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"")]
    [InlineData("0001 00 0001 0003 026832 0002 0000 0005 0004 DEADBEEF", "1 . alpn=\"h2\" no-default-alpn ech=3q2+7w==")]
    [InlineData("0001 00 0007 0004 2F646E73", "1 . dohpath=\"/dns\"")]
    [InlineData("0000 0161 00 0003 0001 35", "0 a. port=\"5\"")] // an alias's parameters are not checked
    public void ServiceBindings(string rdata, string? text)
    {
        foreach (int type in new[] { DnsType.Svcb, DnsType.Https })
        {
            DnsRecord record = FromMessage(type, rdata);
            Assert.Equal(text == null, record.IsMalformed);
            if (text != null)
                Assert.Equal(text, Assert.IsType<SvcbRecord>(record).RdataText);
        }
    }

    [Fact]
    public void ServiceParametersAreFound()
    {
        var record = (SvcbRecord)FromMessage(DnsType.Https, "0001 00 0001 0003 026832 0003 0002 01BB");
        Assert.Equal(1, record.Priority);
        Assert.True(record.Target.IsRoot);
        Assert.Equal(new byte[] { 1, 0xBB }, record.FindParam(SvcParamKey.Port).Value);
        Assert.Null(record.FindParam(SvcParamKey.Ech));
    }

    [Theory]
    [InlineData(DnsType.A, "C00002")]
    [InlineData(DnsType.A, "C000020101")]
    [InlineData(DnsType.Aaaa, "20010DB8")]
    [InlineData(DnsType.Cname, "")]
    [InlineData(DnsType.Cname, "C01000")] // a byte behind the name
    [InlineData(DnsType.Cname, "C0FF")]
    [InlineData(DnsType.Cname, "C029")] // points at itself
    [InlineData(DnsType.Cname, "0561")]
    [InlineData(DnsType.Mx, "00")]
    [InlineData(DnsType.Mx, "000A")]
    [InlineData(DnsType.Txt, "")] // RFC 1035: one string at least
    [InlineData(DnsType.Txt, "0261")]
    [InlineData(DnsType.Srv, "0001 0002 0355")]
    [InlineData(DnsType.Soa, "C010 C010 00000001 00000002 00000003 00000004 000000")]
    [InlineData(DnsType.Https, "0001 C00C")] // compressed
    [InlineData(DnsType.Https, "0001 00 0003 0001 35")]
    [InlineData(DnsType.Https, "0001 00 0003 0002 0035 0001 0003 026832")] // order
    [InlineData(DnsType.Https, "0001 00 0003 0002 0035 0003 0002 0035")] // twice
    [InlineData(DnsType.Https, "0001 00 0000 0002 0001")] // mandatory alpn missing
    [InlineData(DnsType.Https, "0001 00 0000 0002 0000")] // mandatory lists itself
    [InlineData(DnsType.Https, "0001 00 0000 0004 0003 0003 0003 0002 0035")]
    [InlineData(DnsType.Https, "0001 00 0000 0000")]
    [InlineData(DnsType.Https, "0001 00 0001 0000")]
    [InlineData(DnsType.Https, "0001 00 0001 0001 00")]
    [InlineData(DnsType.Https, "0001 00 0001 0002 0268")]
    [InlineData(DnsType.Https, "0001 00 0002 0001 00")]
    [InlineData(DnsType.Https, "0001 00 0004 0000")]
    [InlineData(DnsType.Https, "0001 00 0004 0003 C00002")]
    [InlineData(DnsType.Https, "0001 00 0006 0004 C0000201")]
    [InlineData(DnsType.Https, "0001 00 FFFF 0000")]
    [InlineData(DnsType.Https, "0001 00 0003")]
    public void MalformedRdataIsKeptRaw(int type, string rdata)
    {
        DnsRecord record = FromMessage(type, rdata);
        byte[] bytes = MessageBuilder.Hex(rdata);
        Assert.True(record.IsMalformed);
        Assert.Equal(typeof(DnsRecord), record.GetType());
        Assert.Equal(bytes, record.Rdata);
        Assert.Equal(("\\# " + bytes.Length + " " + Convert.ToHexString(bytes)).TrimEnd(), record.RdataText);
        Assert.True(DnsRecord.FromRdata(Owner, type, DnsClass.Internet, 0, bytes).IsMalformed);
    }

    [Fact]
    public void UnknownTypesAreRaw()
    {
        DnsRecord record = FromMessage(62347, "0A000001");
        Assert.Equal("www.example. 300 IN TYPE62347 \\# 4 0A000001", record.ToString()); // RFC 3597 section 5
        Assert.False(record.IsMalformed);
        Assert.Equal("\\# 0", FromMessage(62347, string.Empty).RdataText);
    }

    [Fact]
    public void OtherClassesHaveTheFormsThatAreDefinedForThem()
    {
        Assert.IsType<TxtRecord>(FromMessage(DnsType.Txt, "03756E62", DnsClass.Chaos));
        DnsRecord address = FromMessage(DnsType.A, "00 0001", DnsClass.Chaos);
        Assert.False(address.IsMalformed);
        Assert.Equal("www.example. 300 CH A \\# 3 000001", address.ToString());
    }

    [Fact]
    public void UncompressedRdataAllowsNoPointers()
    {
        // Bytes 12 and on hold "a."; the pointer behind them would be legal in a message.
        byte[] rdata = MessageBuilder.Hex("0001 0002 0003 0161 0162 0162 0161 C00C");
        Assert.True(DnsRecord.FromRdata(Owner, DnsType.Srv, DnsClass.Internet, 0, rdata).IsMalformed);
    }

    [Fact]
    public void MisuseThrows()
    {
        Assert.Throws<ArgumentNullException>(() => DnsRecord.FromRdata(null!, 1, 1, 0, new byte[4]));
        Assert.Throws<ArgumentNullException>(() => DnsRecord.FromRdata(Owner, 1, 1, 0, null!));
        Assert.Throws<ArgumentException>(() => DnsRecord.FromRdata(Owner, 65536, 1, 0, new byte[4]));
        Assert.Throws<ArgumentException>(() => DnsRecord.FromRdata(Owner, 1, 1, -1, new byte[4]));
    }

    /// <summary>Against the runtime's own formatter, and RFC 5952's rules.</summary>
    [Theory]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("1::")]
    [InlineData("2001:db8::1")]
    [InlineData("2001:db8:0:1:1:1:1:1")] // one zero field is not shortened
    [InlineData("2001:0:0:1::1")] // the longest run
    [InlineData("2001:db8::1:0:0:1")] // the first of equal runs
    [InlineData("fe80::abcd:ef01:2345:6789")]
    [InlineData("1:2:3:4:5:6:7:8")]
    [InlineData("1:2:3:4:5:6::")]
    [InlineData("::ffff:192.0.2.1")]
    [InlineData("10:200:3000:4:5:6:7:f0f")]
    public void AddressesAreCanonical(string text)
    {
        byte[] bytes = System.Net.IPAddress.Parse(text).GetAddressBytes();
        Assert.Equal(text, DnsRecord.FromRdata(Owner, DnsType.Aaaa, DnsClass.Internet, 0, bytes).RdataText);
    }

    [Fact]
    public void RandomAddressesReadBackToThemselves()
    {
        Gen.OneOf(Gen.Byte, Gen.Const((byte)0)).Array[16].Sample(bytes =>
        {
            string text = DnsRecord.FromRdata(Owner, DnsType.Aaaa, DnsClass.Internet, 0, bytes).RdataText;
            return System.Net.IPAddress.Parse(text).GetAddressBytes().SequenceEqual(bytes);
        });
    }

    [Fact]
    public void Base64AgreesWithTheRuntime()
    {
        Gen.Byte.Array[1, 70].Sample(ech =>
        {
            byte[] rdata = MessageBuilder.Hex("0001 00 0005").Concat(new[] { (byte)0, (byte)ech.Length }).Concat(ech).ToArray();
            return DnsRecord.FromRdata(Owner, DnsType.Svcb, DnsClass.Internet, 0, rdata).RdataText == "1 . ech=" + Convert.ToBase64String(ech);
        });
    }
}
