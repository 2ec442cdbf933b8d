using System;
using System.IO;
using System.Linq;
using System.Text;
using CsCheck;
using DprivEmbedded.Dns;
using DprivEmbedded.Harness;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Zones;

public class ZoneParseTests
{
    private const string Head = "$ORIGIN example.\n$TTL 1h\n@ SOA ns hostmaster 1 1h 15m 1w 1m\n";

    private static Zone Parse(string text) => Zone.Parse(new StringReader(text), "test.zone");

    private static string[] RecordsOf(string body, string owner)
        => Parse(Head + body).RecordsAt(DnsName.Parse(owner)).Select(r => r.ToString()).ToArray();

    [Theory]
    [InlineData("a A 192.0.2.1", "a.example. 3600 IN A 192.0.2.1")]
    [InlineData("a.example. A 192.0.2.1", "a.example. 3600 IN A 192.0.2.1")]
    [InlineData("a 60 IN A 192.0.2.1", "a.example. 60 IN A 192.0.2.1")]
    [InlineData("a in 1d2h3m4s a 192.0.2.1", "a.example. 93784 IN A 192.0.2.1")]
    [InlineData("a 0 A 192.0.2.1", "a.example. 0 IN A 192.0.2.1")]
    [InlineData("a AAAA 2001:DB8:0::1 ; comment", "a.example. 3600 IN AAAA 2001:db8::1")]
    [InlineData("a CNAME b", "a.example. 3600 IN CNAME b.example.")]
    [InlineData("a CNAME @", "a.example. 3600 IN CNAME example.")]
    [InlineData("a CNAME .", "a.example. 3600 IN CNAME .")]
    [InlineData("a NS ns.other.", "a.example. 3600 IN NS ns.other.")]
    [InlineData("a PTR host", "a.example. 3600 IN PTR host.example.")]
    [InlineData("a MX 10 mail", "a.example. 3600 IN MX 10 mail.example.")]
    [InlineData("a SRV 1 2 853 host", "a.example. 3600 IN SRV 1 2 853 host.example.")]
    [InlineData("a TXT word", "a.example. 3600 IN TXT \"word\"")]
    [InlineData("a TXT \"two words\" \"\" three", "a.example. 3600 IN TXT \"two words\" \"\" \"three\"")]
    [InlineData("a TXT \"a;b(c)\\\"d\\\\ \\065\\255\"", "a.example. 3600 IN TXT \"a;b(c)\\\"d\\\\ A\\255\"")]
    [InlineData("a TXT é", "a.example. 3600 IN TXT \"\\195\\169\"")]
    [InlineData("a TXT ( \"one\" ; first\n \"two\"\n)", "a.example. 3600 IN TXT \"one\" \"two\"")]
    [InlineData("a SVCB 0 b", "a.example. 3600 IN SVCB 0 b.example.")]
    [InlineData("a HTTPS 1 .", "a.example. 3600 IN HTTPS 1 .")]
    [InlineData(
        "a HTTPS 1 . port=443 ipv6hint=2001:db8::1 ipv4hint=192.0.2.1,192.0.2.2 alpn=h2,h3 no-default-alpn mandatory=port,alpn ech=3q2+7w== key667=\"a b\"",
        "a.example. 3600 IN HTTPS 1 . mandatory=alpn,port alpn=\"h2,h3\" no-default-alpn port=443 ipv4hint=192.0.2.1,192.0.2.2 ech=3q2+7w== ipv6hint=2001:db8::1 key667=\"a b\"")]
    [InlineData("a SVCB 16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"", "a.example. 3600 IN SVCB 16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"")] // RFC 9460 appendix D.2
    [InlineData("a SVCB 16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2", "a.example. 3600 IN SVCB 16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"")]
    [InlineData("a TYPE62347 \\# 4 0A00 0001", "a.example. 3600 IN TYPE62347 \\# 4 0A000001")]
    [InlineData("a TYPE62347 \\# 0", "a.example. 3600 IN TYPE62347 \\# 0")]
    [InlineData("a TYPE1 \\# 4 c0000201", "a.example. 3600 IN A 192.0.2.1")]
    [InlineData("a CAA \\# 2 ( 00 ; two lines\n 05 )", "a.example. 3600 IN CAA \\# 2 0005")]
    public void RecordForms(string line, string expected)
    {
        Assert.Equal(new[] { expected }, RecordsOf(line + "\n", "a.example"));

        // The text of every record reads back to itself, but for types that have only the generic form, which it already is.
        Assert.Equal(new[] { expected }, RecordsOf(expected + "\n", "a.example"));
    }

    [Fact]
    public void OwnersTtlsAndOriginsCarryOver()
    {
        Zone zone = Parse("""
            $ORIGIN example.
            @ 100 SOA ns hostmaster 1 2 3 4 5

            ; a comment line
            a A 192.0.2.1
              A 192.0.2.2

            $ORIGIN sub
            @ 7 TXT apex-of-sub
            b TXT seven
            $TTL 9
            c TXT nine
            a\.b TXT dot
            """);
        string[] all = zone.Records.Select(r => r.ToString()).ToArray();
        Assert.Equal(
            new[]
            {
                "example. 100 IN SOA ns.example. hostmaster.example. 1 2 3 4 5",
                "a.example. 100 IN A 192.0.2.1",
                "a.example. 100 IN A 192.0.2.2",
                "sub.example. 7 IN TXT \"apex-of-sub\"",
                "b.sub.example. 7 IN TXT \"seven\"",
                "c.sub.example. 9 IN TXT \"nine\"",
                "a\\.b.sub.example. 9 IN TXT \"dot\"",
            },
            all);
        Assert.Equal(7, zone.RecordCount);
        Assert.Equal("example.", zone.Apex.ToString());
        Assert.Equal(5, zone.Soa.MinimumSeconds);
    }

    [Fact]
    public void MinimumIsTheDefaultOfLastResort()
    {
        Zone zone = Parse("$ORIGIN example.\n@ SOA ns h 1 2 3 4 55\na A 192.0.2.1\n");
        Assert.Equal(new[] { 55, 55 }, zone.Records.Select(r => r.Ttl));
    }

    [Fact]
    public void OriginMayComeFromTheCaller()
    {
        Zone zone = Zone.Parse(new StringReader("@ 1 SOA ns h 1 2 3 4 5\n"), "x", DnsName.Parse("given.example"));
        Assert.Equal("given.example.", zone.Apex.ToString());
    }

    [Fact]
    public void CarriageReturnsAndDuplicatesAreHarmless()
    {
        Zone zone = Parse((Head + "a A 192.0.2.1\na A 192.0.2.1\n").Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.Equal(2, zone.RecordCount);
    }

    [Fact]
    public void EmptyNonTerminalsExist()
    {
        Zone zone = Parse(Head + "a.b.c A 192.0.2.1\n");
        Assert.True(zone.Exists(DnsName.Parse("b.C.example")));
        Assert.True(zone.Exists(DnsName.Parse("example")));
        Assert.False(zone.Exists(DnsName.Parse("x.c.example")));
        Assert.False(zone.Exists(DnsName.Root));
    }

    /// <summary>What is wrong in line 4 (behind the head), and the words that say so.</summary>
    [Theory]
    [InlineData("a", "no type")]
    [InlineData("a 1h IN", "no type")]
    [InlineData("a FROB x", "'FROB' is no record type")]
    [InlineData("a \"A\" 192.0.2.1", "no record type")]
    [InlineData("a 1x A 192.0.2.1", "no time to live")]
    [InlineData("a 1h30 A 192.0.2.1", "no time to live")]
    [InlineData("a 2147483648 A 192.0.2.1", "no time to live")]
    [InlineData("a 99999999999999999999w A 192.0.2.1", "no time to live")]
    [InlineData("a CH TXT x", "class CH is not supported")]
    [InlineData("a A", "ends too early; it still needs an IPv4 address")]
    [InlineData("a A 192.0.2", "no IPv4 address")]
    [InlineData("a A 192.0.2.256", "no IPv4 address")]
    [InlineData("a A 0xC0.0.2.1", "no IPv4 address")]
    [InlineData("a A 192.0.2.1 192.0.2.2", "too much for type A")]
    [InlineData("a AAAA 192.0.2.1", "no IPv6 address")]
    [InlineData("a AAAA fe80::1%eth0", "no IPv6 address")]
    [InlineData("a AAAA :::", "no IPv6 address")]
    [InlineData("a CNAME b..c", "empty label")]
    [InlineData("a CNAME \"b\"", "drop the quotes")]
    [InlineData("a..b A 192.0.2.1", "empty label")]
    [InlineData("bücher A 192.0.2.1", "A-label")]
    [InlineData("\"a\" A 192.0.2.1", "quoted string where an owner")]
    [InlineData("a MX mail", "not a preference")]
    [InlineData("a MX 65536 mail", "not a preference")]
    [InlineData("a MX 10", "still needs a name")]
    [InlineData("a SRV 1 2 x host", "not a port")]
    [InlineData("a TXT", "still needs a string")]
    [InlineData("a TXT \"open", "quote is not closed")]
    [InlineData("a TXT \"a\"b", "behind a closing quote")]
    [InlineData("a TXT \\256", "wrong escape")]
    [InlineData("a TXT \\25", "wrong escape")]
    [InlineData("a TXT x\\", "backslash at the end")]
    [InlineData("a TXT \u0001", "control character U+0001")]
    [InlineData("a TXT \uFFFD", "not UTF-8")]
    [InlineData("a TXT ) x", "without a '('")]
    [InlineData("a TXT ( ( x", "do not nest")]
    [InlineData("a TXT ( x", "never closed")]
    [InlineData("a TXT x\n", null)]
    [InlineData("@ SOA ns h 1 2 3 4 5", "second SOA")]
    [InlineData("a SOA ns h 1 2 3 4", "still needs a time")]
    [InlineData("a SOA ns h -1 2 3 4 5", "no serial number")]
    [InlineData("a SOA ns h 1 2 3 4 x", "no time")]
    [InlineData("other.test. A 192.0.2.1", "outside the zone example.")]
    [InlineData("@ CNAME b", "CNAME record and others")]
    [InlineData("a CAA 0 issue x", "only in its generic form")]
    [InlineData("a TYPE65280 \\#", "still needs a length")]
    [InlineData("a TYPE65280 \\# x", "no length")]
    [InlineData("a TYPE65280 \\# 2 00", "needs 4")]
    [InlineData("a TYPE65280 \\# 1 0g", "no hex")]
    [InlineData("a TYPE1 \\# 3 000000", "form of type TYPE1")]
    [InlineData("a OPT \\# 0", "no place in a zone")]
    [InlineData("a AXFR \\# 0", "no place in a zone")]
    [InlineData("a HTTPS x .", "not a priority")]
    [InlineData("a HTTPS 1", "still needs a name")]
    [InlineData("a HTTPS 0 b port=1", "takes no parameters")]
    [InlineData("a HTTPS 1 . frob=1", "no service parameter")]
    [InlineData("a HTTPS 1 . \"port=1\"", "no service parameter")]
    [InlineData("a HTTPS 1 . port=1 port=2", "occurs twice")]
    [InlineData("a HTTPS 1 . port", "needs a value")]
    [InlineData("a HTTPS 1 . port=65536", "no port")]
    [InlineData("a HTTPS 1 . alpn=h2,,h3", "1..255 bytes")]
    [InlineData("a HTTPS 1 . no-default-alpn=x alpn=h2", "takes no value")]
    [InlineData("a HTTPS 1 . no-default-alpn", "needs alpn")]
    [InlineData("a HTTPS 1 . ipv4hint=::1", "no address for ipv4hint")]
    [InlineData("a HTTPS 1 . ipv6hint=192.0.2.1", "no address for ipv6hint")]
    [InlineData("a HTTPS 1 . ech=!", "no base64")]
    [InlineData("a HTTPS 1 . mandatory=mandatory", "no place in mandatory")]
    [InlineData("a HTTPS 1 . mandatory=port,port port=1", "no place in mandatory")]
    [InlineData("a HTTPS 1 . mandatory=port", "every mandatory key")]
    [InlineData("$INCLUDE x", "$INCLUDE is not supported")]
    [InlineData("$TTL", "$TTL takes one time")]
    [InlineData("$TTL x", "$TTL takes one time")]
    [InlineData("$ORIGIN", "$ORIGIN takes one name")]
    [InlineData("$ORIGIN a b", "$ORIGIN takes one name")]
    public void ErrorsNameTheirLineAndTheRemedy(string line, string? expected)
    {
        if (expected == null)
        {
            Parse(Head + line);
            return;
        }

        var e = Assert.Throws<ZoneFormatException>(() => Parse(Head + line + "\n"));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.StartsWith("test.zone:4: ", e.Message, StringComparison.Ordinal);
        Assert.Equal(4, e.Line);
        Assert.Equal("test.zone", e.FileName);
    }

    [Theory]
    [InlineData("", 1, "without an SOA")]
    [InlineData("; only a comment\n\n", 2, "without an SOA")]
    [InlineData("a 1 A 192.0.2.1", 1, "no origin")]
    [InlineData("@ 1 A 192.0.2.1", 1, "there is none; put '$ORIGIN example.'")]
    [InlineData("  1 A 192.0.2.1", 1, "no owner name stands above")]
    [InlineData("a. A 192.0.2.1", 1, "no time to live")]
    [InlineData("$ORIGIN x.\n@ 1 SOA a b 1 2 3 4 5\na 1 CNAME b\n\na 1 CNAME c", 5, "two CNAME")]
    [InlineData("$ORIGIN x.\n@ 1 SOA a b 1 2 3 4 5\na 1 CNAME b\na 1 A 192.0.2.1", 4, "CNAME record and others")]
    [InlineData("$ORIGIN x.\n@ 1 SOA ( a b 1\n2 3 z\n5 )", 3, "no time")]
    public void ErrorsElsewhere(string text, int line, string expected)
    {
        var e = Assert.Throws<ZoneFormatException>(() => Parse(text));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Equal(line, e.Line);
    }

    [Fact]
    public void StringsAndNamesHaveLimits()
    {
        Assert.Single(RecordsOf("a TXT " + new string('x', 255) + "\n", "a.example"));
        Assert.Contains("at most 255", Assert.Throws<ZoneFormatException>(() => Parse(Head + "a TXT " + new string('x', 256))).Message, StringComparison.Ordinal);
        string longName = string.Concat(Enumerable.Repeat("a.", 122)) + "a"; // 247 bytes with the root, 255 with example.
        Assert.Equal(2, Parse(Head + longName + " A 192.0.2.1\n").RecordCount);
        Assert.Contains("together with the origin", Assert.Throws<ZoneFormatException>(() => Parse(Head + longName + "b A 192.0.2.1")).Message, StringComparison.Ordinal);
        Assert.Contains("longer than 65535", Assert.Throws<ZoneFormatException>(() => Parse(Head + "a TXT " + string.Concat(Enumerable.Repeat(new string('x', 255) + " ", 257)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GarbageFilesEndInTheirOwnErrorOnly()
    {
        Gen.Byte.Array[0, 300].Sample(bytes =>
        {
            using var reader = new StreamReader(new MemoryStream(bytes), Encoding.UTF8);
            Assert.Throws<ZoneFormatException>(() => Zone.Parse(reader, "garbage"));
        });
        Gen.Char["a1 \t\n\"\\();@$.AHTPS=,#é"].Array[0, 60].Sample(chars =>
        {
            try
            {
                Parse(Head + new string(chars));
            }
            catch (ZoneFormatException e)
            {
                Assert.InRange(e.Line, 1, 65);
            }
        });
    }

    [Fact]
    public void LoadReadsAFileAndNamesItInErrors()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            File.WriteAllText(path, Head + "a A 192.0.2.1\n");
            Assert.Equal(2, Zone.Load(path).RecordCount);
            File.WriteAllText(path, Head + "a A\n");
            Assert.StartsWith(path + ":4: ", Assert.Throws<ZoneFormatException>(() => Zone.Load(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Throws<FileNotFoundException>(() => Zone.Load(path));
    }
}
