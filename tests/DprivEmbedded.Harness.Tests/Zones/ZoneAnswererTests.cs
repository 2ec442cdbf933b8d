using System;
using System.IO;
using System.Linq;
using CsCheck;
using DprivEmbedded.Dns;
using DprivEmbedded.Harness;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Zones;

public class ZoneAnswererTests
{
    private const string ZoneText = """
        $ORIGIN zone.test.
        $TTL 1h
        @        SOA   ns hostmaster 7 1h 15m 1w 1m
                 NS    ns
                 MX    10 mail
        ns       A     192.0.2.53
        www      A     192.0.2.1
                 A     192.0.2.2
                 TXT   hello
        one      CNAME two
        two      CNAME www
        dead     CNAME nowhere
        out      CNAME www.elsewhere.test.
        across   CNAME host.other.test.
        loop1    CNAME loop2
        loop2    CNAME loop1
        a.b.ent  A     192.0.2.3
        *.wild   A     192.0.2.4
        *.wild   TXT   starred
        x.y.wild A     192.0.2.5
        *.walias CNAME www
        *.bare   TXT   t
        """;

    private static readonly ZoneAnswerOptions Stream = new();

    private static readonly ZoneAnswerer Answerer = new(
        Zone.Parse(new StringReader(ZoneText), "zone"),
        Zone.Parse(new StringReader("$ORIGIN other.test.\n$TTL 60\n@ SOA ns h 1 2 3 4 5\nhost A 192.0.2.9\n"), "other"),
        Zone.Parse(new StringReader("$ORIGIN deep.zone.test.\n$TTL 60\n@ SOA ns h 1 2 3 4 5\nhost A 192.0.2.10\n"), "deep"));

    private static byte[] Query(string name, int type, EdnsOptions? edns = null)
    {
        var buffer = new byte[512];
        int count = DnsQuery.Write(buffer, 0, 512, 0x4242, DnsName.Parse(name), type, DnsClass.Internet, edns!);
        return buffer[..count];
    }

    private static byte[] AnswerBytes(byte[] query, ZoneAnswerOptions? options = null, int capacity = 65535)
    {
        var response = new byte[capacity + 7];
        response[capacity + 6] = 0xEE;
        int count = Answerer.Answer(query, 0, query.Length, response, 6, capacity, options ?? Stream);
        Assert.InRange(count, 0, capacity);
        Assert.Equal(0xEE, response[capacity + 6]);
        Assert.All(response.Take(6), b => Assert.Equal(0, b));
        return response[6..(6 + count)];
    }

    private static DnsMessage Ask(string name, int type, EdnsOptions? edns = null, ZoneAnswerOptions? options = null, int capacity = 65535)
    {
        byte[] query = Query(name, type, edns);
        byte[] bytes = AnswerBytes(query, options, capacity);
        var reader = new DnsMessageReader();
        Assert.True(reader.Reset(bytes, 0, bytes.Length));
        Assert.Equal(0, reader.TrailingBytes);
        Assert.True(reader.Answers(query, 0, query.Length));
        DnsMessage message = DnsMessage.Parse(bytes, 0, bytes.Length);
        Assert.Equal(0, message.MalformedRecordCount);
        Assert.True(message.RecursionDesired && message.RecursionAvailable);
        return message;
    }

    private static string[] Texts(DnsRecord[] records) => records.Select(r => r.ToString()).ToArray();

    [Theory]
    [InlineData("WWW.Zone.test", DnsType.A, "WWW.Zone.test. 3600 IN A 192.0.2.1|WWW.Zone.test. 3600 IN A 192.0.2.2")]
    [InlineData("www.zone.test", DnsType.Txt, "www.zone.test. 3600 IN TXT \"hello\"")]
    [InlineData("zone.test", DnsType.Mx, "zone.test. 3600 IN MX 10 mail.zone.test.")]
    [InlineData("zone.test", DnsType.Soa, "zone.test. 3600 IN SOA ns.zone.test. hostmaster.zone.test. 7 3600 900 604800 60")]
    [InlineData("one.zone.test", DnsType.A, "one.zone.test. 3600 IN CNAME two.zone.test.|two.zone.test. 3600 IN CNAME www.zone.test.|www.zone.test. 3600 IN A 192.0.2.1|www.zone.test. 3600 IN A 192.0.2.2")]
    [InlineData("one.zone.test", DnsType.Cname, "one.zone.test. 3600 IN CNAME two.zone.test.")]
    [InlineData("one.zone.test", DnsType.Any, "one.zone.test. 3600 IN CNAME two.zone.test.")]
    [InlineData("out.zone.test", DnsType.A, "out.zone.test. 3600 IN CNAME www.elsewhere.test.")]
    [InlineData("across.zone.test", DnsType.A, "across.zone.test. 3600 IN CNAME host.other.test.|host.other.test. 60 IN A 192.0.2.9")]
    [InlineData("loop1.zone.test", DnsType.A, "loop1.zone.test. 3600 IN CNAME loop2.zone.test.|loop2.zone.test. 3600 IN CNAME loop1.zone.test.")]
    [InlineData("any.wild.zone.test", DnsType.A, "any.wild.zone.test. 3600 IN A 192.0.2.4")]
    [InlineData("two.labels.wild.zone.test", DnsType.Txt, "two.labels.wild.zone.test. 3600 IN TXT \"starred\"")]
    [InlineData("*.wild.zone.test", DnsType.A, "*.wild.zone.test. 3600 IN A 192.0.2.4")]
    [InlineData("x.walias.zone.test", DnsType.Txt, "x.walias.zone.test. 3600 IN CNAME www.zone.test.|www.zone.test. 3600 IN TXT \"hello\"")]
    [InlineData("host.deep.zone.test", DnsType.A, "host.deep.zone.test. 60 IN A 192.0.2.10")]
    public void Positive(string name, int type, string expected)
    {
        DnsMessage message = Ask(name, type);
        Assert.Equal(DnsResponseCode.NoError, message.ResponseCode);
        Assert.Equal(expected.Split('|'), Texts(message.Answers));
        Assert.Empty(message.Authorities);
        Assert.True(message.Authoritative);
        Assert.False(message.Truncated);
        Assert.False(message.HasEdns); // only when asked
    }

    [Theory]
    [InlineData("nowhere.zone.test", DnsType.A, DnsResponseCode.NameError)]
    [InlineData("www.zone.test", DnsType.Aaaa, DnsResponseCode.NoError)]
    [InlineData("ent.zone.test", DnsType.A, DnsResponseCode.NoError)] // an empty non-terminal
    [InlineData("b.ent.zone.test", DnsType.A, DnsResponseCode.NoError)]
    [InlineData("c.ent.zone.test", DnsType.A, DnsResponseCode.NameError)]
    [InlineData("wild.zone.test", DnsType.A, DnsResponseCode.NoError)]
    [InlineData("y.wild.zone.test", DnsType.A, DnsResponseCode.NoError)] // exists, so that the wildcard does not cover it
    [InlineData("z.y.wild.zone.test", DnsType.A, DnsResponseCode.NameError)] // RFC 4592: the closest encloser has no wildcard
    [InlineData("x.bare.zone.test", DnsType.A, DnsResponseCode.NoError)]
    public void NegativeWithSoa(string name, int type, int code)
    {
        DnsMessage message = Ask(name, type);
        Assert.Equal(code, message.ResponseCode);
        Assert.Empty(message.Answers);
        Assert.True(message.Authoritative);
        Assert.Equal(new[] { "zone.test. 60 IN SOA ns.zone.test. hostmaster.zone.test. 7 3600 900 604800 60" }, Texts(message.Authorities)); // RFC 2308: the minimum as TTL
    }

    [Fact]
    public void AliasToNothing()
    {
        DnsMessage message = Ask("dead.zone.test", DnsType.A);
        Assert.Equal(DnsResponseCode.NameError, message.ResponseCode);
        Assert.Single(message.Answers);
        Assert.Single(message.Authorities);
    }

    [Fact]
    public void OutsideTheZonesIsRefusedWithAReason()
    {
        DnsMessage message = Ask("www.elsewhere.test", DnsType.A, new EdnsOptions());
        Assert.Equal(DnsResponseCode.Refused, message.ResponseCode);
        Assert.False(message.Authoritative);
        Assert.Equal("Not Authoritative: no zone here holds this name", Assert.Single(message.ExtendedErrors).ToString());
        Assert.Empty(Ask("www.elsewhere.test", DnsType.A).ExtendedErrors);
        Assert.Equal(DnsResponseCode.Refused, Ask(".", DnsType.Ns).ResponseCode);
        Assert.Equal(DnsResponseCode.Refused, Ask("zone.test", DnsType.Axfr).ResponseCode);
    }

    [Fact]
    public void OtherClassesAreRefused()
    {
        byte[] query = Query("www.zone.test", DnsType.A);
        query[^1] = DnsClass.Chaos;
        byte[] response = AnswerBytes(query);
        Assert.Equal(DnsResponseCode.Refused, response[3] & 15);
    }

    [Fact]
    public void EdnsIsAnsweredInKind()
    {
        DnsMessage message = Ask("www.zone.test", DnsType.A, new EdnsOptions { PaddingBlockBytes = 0, DnssecOk = true });
        Assert.True(message.HasEdns && message.DnssecOk);
        Assert.Equal(1232, message.UdpPayloadBytes);
        Assert.Equal((-1, -1), (message.PaddingBytes, message.KeepaliveTimeoutMs));
        Assert.Empty(message.ExtendedErrors);
        Assert.Equal(4000, Ask("www.zone.test", DnsType.A, new EdnsOptions(), new ZoneAnswerOptions { UdpPayloadBytes = 4000 }).UdpPayloadBytes);
    }

    [Theory]
    [InlineData(30_000, 30_000)]
    [InlineData(0, 0)]
    [InlineData(199, 100)]
    [InlineData(99_999_999, 6_553_500)]
    [InlineData(-1, -1)]
    public void KeepaliveWhenAsked(int timeoutMs, int expected)
    {
        var options = new ZoneAnswerOptions { KeepaliveTimeoutMs = timeoutMs };
        Assert.Equal(expected, Ask("www.zone.test", DnsType.A, new EdnsOptions { TcpKeepalive = true }, options).KeepaliveTimeoutMs);
        Assert.Equal(-1, Ask("www.zone.test", DnsType.A, new EdnsOptions(), options).KeepaliveTimeoutMs);
        var datagram = new ZoneAnswerOptions { KeepaliveTimeoutMs = timeoutMs, Datagram = true };
        Assert.Equal(-1, Ask("www.zone.test", DnsType.A, new EdnsOptions { TcpKeepalive = true }, datagram).KeepaliveTimeoutMs);
    }

    [Theory]
    [InlineData("www.zone.test", DnsType.A, 468)]
    [InlineData("nowhere.zone.test", DnsType.A, 468)]
    [InlineData("x.elsewhere.test", DnsType.A, 468)]
    public void PaddedQueriesGetPaddedAnswers(string name, int type, int size)
    {
        Assert.Equal(size, AnswerBytes(Query(name, type, new EdnsOptions { TcpKeepalive = true }), new ZoneAnswerOptions { KeepaliveTimeoutMs = 100 }).Length);
        Assert.Equal(0, AnswerBytes(Query(name, type, new EdnsOptions()), new ZoneAnswerOptions { PaddingBlockBytes = 100 }).Length % 100);
        Assert.Equal(-1, Ask(name, type, new EdnsOptions(), new ZoneAnswerOptions { PaddingBlockBytes = 0 }).PaddingBytes);
        Assert.Equal(-1, Ask(name, type, new EdnsOptions { PaddingBlockBytes = 0 }).PaddingBytes);

        // Where the block does not fit, what fits is filled.
        Assert.Equal(200, AnswerBytes(Query(name, type, new EdnsOptions()), Stream, 200).Length);
    }

    [Fact]
    public void NamesAreCompressed()
    {
        // header, question, then 12 + 4 bytes for each address behind a pointer
        Assert.Equal(12 + 15 + 4 + (2 * 16), AnswerBytes(Query("www.zone.test", DnsType.A)).Length);
    }

    [Fact]
    public void WhatDoesNotFitIsTruncated()
    {
        byte[] whole = AnswerBytes(Query("www.zone.test", DnsType.A));
        Assert.Equal(whole.Length, AnswerBytes(Query("www.zone.test", DnsType.A), Stream, whole.Length).Length);
        DnsMessage cut = Ask("www.zone.test", DnsType.A, null, null, whole.Length - 1);
        Assert.True(cut.Truncated);
        Assert.Empty(cut.Answers);
        Assert.Equal(DnsResponseCode.NoError, cut.ResponseCode);
        for (int capacity = 0; capacity < 31; capacity++)
            Assert.Empty(AnswerBytes(Query("www.zone.test", DnsType.A), Stream, capacity));
    }

    [Fact]
    public void DatagramsKeepToTheSizeThatWasAskedFor()
    {
        var demo = new ZoneAnswerer(DemoZone.Create());
        var response = new byte[65535];
        int Count(EdnsOptions? edns, bool datagram)
        {
            byte[] query = Query("large.example", DnsType.Txt, edns);
            int count = demo.Answer(query, 0, query.Length, response, 0, response.Length, new ZoneAnswerOptions { Datagram = datagram });
            DnsMessage message = DnsMessage.Parse(response, 0, count);
            Assert.Equal(message.Answers.Length == 0, message.Truncated);
            return count;
        }

        Assert.InRange(Count(null, false), 4097, 6000);
        Assert.InRange(Count(null, true), 12, 512);
        Assert.Equal(468, Count(new EdnsOptions(), true)); // cut, and padded within 1232
        Assert.InRange(Count(new EdnsOptions { UdpPayloadBytes = 8192 }, true), 4097, 8192);
        Assert.Equal(0, Count(new EdnsOptions(), false) % 468);
    }

    [Fact]
    public void BrokenQueriesGetFormatErrors()
    {
        byte[] query = Query("www.zone.test", DnsType.A);
        foreach (int count in new[] { 12, 20, query.Length - 1 })
        {
            var response = new byte[512];
            Assert.Equal(12, Answerer.Answer(query, 0, count, response, 0, 512, Stream));
            DnsMessage message = DnsMessage.Parse(response, 0, 12);
            Assert.Equal((0x4242, DnsResponseCode.FormatError, true), (message.Id, message.ResponseCode, message.IsResponse));
        }

        byte[] none = { 0x42, 0x42, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
        Assert.Equal(DnsResponseCode.FormatError, AnswerBytes(none)[3] & 15);
        byte[] opt = Query("www.zone.test", DnsType.Opt);
        Assert.Equal(DnsResponseCode.FormatError, AnswerBytes(opt)[3] & 15);
    }

    [Fact]
    public void OtherOpcodesAndVersions()
    {
        byte[] notify = Query("www.zone.test", DnsType.A);
        notify[2] |= DnsOpcode.Notify << 3;
        byte[] response = AnswerBytes(notify);
        Assert.Equal(DnsResponseCode.NotImplemented, response[3] & 15);
        Assert.Equal(DnsOpcode.Notify, (response[2] >> 3) & 15);

        byte[] version1 = Query("www.zone.test", DnsType.A, new EdnsOptions { PaddingBlockBytes = 0 });
        version1[^5] = 1;
        byte[] bad = AnswerBytes(version1);
        DnsMessage message = DnsMessage.Parse(bad, 0, bad.Length);
        Assert.Equal(DnsResponseCode.BadVersion, message.ResponseCode);
        Assert.Empty(message.Answers);
    }

    [Fact]
    public void NothingIsSaidToNoiseAndResponses()
    {
        Assert.Empty(AnswerBytes(Array.Empty<byte>()));
        Assert.Empty(AnswerBytes(new byte[11]));
        byte[] response = Query("www.zone.test", DnsType.A);
        response[2] |= 0x80;
        Assert.Empty(AnswerBytes(response));
    }

    [Fact]
    public void NoBytesMakeItThrow()
    {
        byte[][] seeds =
        {
            Query("www.zone.test", DnsType.A, new EdnsOptions { TcpKeepalive = true, ClientSubnetOptOut = true }),
            Query("one.zone.test", DnsType.Any),
        };
        Gen.Select(Gen.Int[0, 1], Gen.Select(Gen.Int[0, 127], Gen.Byte).Array[1, 5], Gen.Int[12, 600], Gen.Bool).Sample(
            t =>
            {
                byte[] query = (byte[])seeds[t.Item1].Clone();
                foreach ((int at, byte value) in t.Item2)
                    query[at % query.Length] = value;

                byte[] bytes = AnswerBytes(query, new ZoneAnswerOptions { Datagram = t.Item4, KeepaliveTimeoutMs = 1000 }, t.Item3);
                if (bytes.Length == 0)
                    return;

                DnsMessage message = DnsMessage.Parse(bytes, 0, bytes.Length);
                Assert.NotNull(message);
                Assert.True(message.IsResponse && message.Id == ((query[0] << 8) | query[1]));
                Assert.Equal(0, message.MalformedRecordCount);
            },
            iter: 20_000);
    }

    [Fact]
    public void MisuseThrows()
    {
        Assert.Throws<ArgumentNullException>(() => new ZoneAnswerer(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => Answerer.Answer(new byte[5], 0, 6, new byte[10], 0, 10, Stream));
        Assert.Throws<ArgumentOutOfRangeException>(() => Answerer.Answer(new byte[5], 0, 5, new byte[10], 1, 10, Stream));
        Assert.Throws<ArgumentNullException>(() => Answerer.Answer(new byte[5], 0, 5, new byte[10], 0, 10, null!));
    }
}
