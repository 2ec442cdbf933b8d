using System.Linq;
using DprivEmbedded.Dns;
using DprivEmbedded.Harness;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Zones;

public class DemoZoneTests
{
    [Theory]
    [InlineData("example", DnsType.A, 1, 0)]
    [InlineData("www.example", DnsType.A, 2, 0)]
    [InlineData("www.example", DnsType.Aaaa, 1, 0)]
    [InlineData("shop.example", DnsType.A, 2, 2)]
    [InlineData("away.example", DnsType.A, 0, 1)]
    [InlineData("example", DnsType.Mx, 2, 0)]
    [InlineData("sensor.example", DnsType.Txt, 1, 0)]
    [InlineData("_mqtts._tcp.example", DnsType.Srv, 1, 0)]
    [InlineData("www.example", DnsType.Https, 1, 0)]
    [InlineData("_dns.example", DnsType.Svcb, 1, 0)]
    [InlineData("any.things.example", DnsType.A, 1, 0)]
    [InlineData("large.example", DnsType.Txt, 24, 0)]
    public void Answers(string name, int type, int records, int aliases)
    {
        var answerer = new ZoneAnswerer(DemoZone.Create());
        var query = new byte[512];
        int queryCount = DnsQuery.Write(query, 0, 512, 1, DnsName.Parse(name), type, DnsClass.Internet, new EdnsOptions());
        var response = new byte[65535];
        int count = answerer.Answer(query, 0, queryCount, response, 0, response.Length, new ZoneAnswerOptions());
        DnsMessage message = DnsMessage.Parse(response, 0, count);
        Assert.Equal(DnsResponseCode.NoError, message.ResponseCode);
        CnameChain chain = CnameChain.Follow(message);
        Assert.False(chain.Failed);
        Assert.Equal((records, aliases), (chain.Records.Length, chain.Aliases.Length));
        if (records == 24)
            Assert.True(count > 4096);
    }

    [Fact]
    public void AllRecordsAreWellFormed()
    {
        Zone zone = DemoZone.Create();
        Assert.Equal("example.", zone.Apex.ToString());
        Assert.All(zone.Records, r => Assert.False(r.IsMalformed));
        Assert.Equal(zone.RecordCount, zone.Records.Count());
    }
}
