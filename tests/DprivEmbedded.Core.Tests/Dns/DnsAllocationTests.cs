using System;
using DprivEmbedded.Dns;
using Xunit;

namespace DprivEmbedded.Core.Tests.Dns;

public class DnsAllocationTests
{
    [Fact]
    public void QueryAndAnswerAllocateNothing()
    {
        byte[] options = MessageBuilder.Hex("000B 0002 012C 000F 0004 000F 6262 000C 0003 000000");
        byte[] response = new MessageBuilder(id: 7, answers: 2, additionals: 1).Question("www.example", DnsType.A)
            .Record(DnsType.A, new byte[] { 192, 0, 2, 1 }).Record("alias.example", DnsType.Cname, new byte[] { 0xC0, 12 }).Opt(options).ToArray();
        var buffer = new byte[512];
        var edns = new EdnsOptions { TcpKeepalive = true, ClientSubnetOptOut = true };
        var reader = new DnsMessageReader();
        DnsName name = DnsName.Parse("WWW.example");

        long sum = Run(100, buffer, response, edns, reader, name);
        long before = GC.GetAllocatedBytesForCurrentThread();
        sum += Run(10_000, buffer, response, edns, reader, name);
        long after = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(0, after - before);
        Assert.Equal(10_100L * (128 + 30_000 + 3 + 2 + 1 + 4), sum);
    }

    private static long Run(int times, byte[] buffer, byte[] response, EdnsOptions edns, DnsMessageReader reader, DnsName name)
    {
        long sum = 0;
        for (int i = 0; i < times; i++)
        {
            int count = DnsQuery.Write(buffer, 0, buffer.Length, 7, name, DnsType.A, DnsClass.Internet, edns);
            if (!reader.Reset(response, 0, response.Length) || !reader.Answers(buffer, 0, count))
                return -1;

            sum += count + reader.KeepaliveTimeoutMs;
            while (reader.Next())
                sum += 1 + (reader.Type == DnsType.A && reader.OwnerIs(name) ? reader.RdataCount : 0);

            sum += reader.ExtendedErrorTextCount(0) + reader.ExtendedErrorCount;
        }

        return sum;
    }
}
