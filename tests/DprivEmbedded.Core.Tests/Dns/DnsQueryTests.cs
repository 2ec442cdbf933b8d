using System;
using System.Linq;
using CsCheck;
using DprivEmbedded.Dns;
using Xunit;

namespace DprivEmbedded.Core.Tests.Dns;

public class DnsQueryTests
{
    private static byte[] Write(string name, int type, EdnsOptions? edns, int id = 0x1234)
    {
        var buffer = new byte[5000];
        Array.Fill(buffer, (byte)0xEE);
        int count = DnsQuery.Write(buffer, 3, buffer.Length - 3, id, DnsName.Parse(name), type, DnsClass.Internet, edns!);
        Assert.All(buffer.Take(3).Concat(buffer.Skip(3 + count)), b => Assert.Equal(0xEE, b));
        return buffer.Skip(3).Take(count).ToArray();
    }

    [Fact]
    public void PlainQuery()
    {
        Assert.Equal(
            MessageBuilder.Hex("1234 0100 0001 0000 0000 0000 076578616D706C65 03636F6D 00 001C 0001"),
            Write("example.com", DnsType.Aaaa, null));
    }

    [Fact]
    public void DefaultsPadTo128()
    {
        byte[] query = Write("example.com", DnsType.A, new EdnsOptions());
        string expected = "1234 0100 0001 0000 0000 0001 076578616D706C65 03636F6D 00 0001 0001"
            + "00 0029 04D0 00000000 0058 000C 0054" + new string('0', 2 * 84);
        Assert.Equal(MessageBuilder.Hex(expected), query);
        Assert.Equal(128, query.Length);
    }

    [Fact]
    public void AllOptionsInOrderPaddingLast()
    {
        byte[] query = Write("a", DnsType.A, new EdnsOptions { TcpKeepalive = true, ClientSubnetOptOut = true, DnssecOk = true, UdpPayloadBytes = 4096 });
        string expected = "1234 0100 0001 0000 0000 0001 0161 00 0001 0001" + "00 0029 1000 0000 8000 0062"
            + "000B 0000" // edns-tcp-keepalive without a TIMEOUT: RFC 7828 section 3.2.1
            + "0008 0004 0001 00 00" // RFC 7871: family IPv4, source prefix 0, scope 0, no address
            + "000C 0052" + new string('0', 2 * 82);
        Assert.Equal(MessageBuilder.Hex(expected), query);
    }

    [Fact]
    public void ClientSubnetFamilyFollowsTheTransport()
    {
        byte[] query = Write("a", DnsType.A, new EdnsOptions { ClientSubnetOptOut = true, ClientSubnetFamily = 2, PaddingBlockBytes = 0 });
        Assert.Equal(MessageBuilder.Hex("0008 0004 0002 00 00"), query[^8..]);
    }

    [Fact]
    public void NoPaddingWhenOff()
    {
        var reader = new DnsMessageReader();
        byte[] query = Write("example.com", DnsType.A, new EdnsOptions { PaddingBlockBytes = 0 });
        Assert.True(reader.Reset(query, 0, query.Length));
        Assert.Equal(-1, reader.PaddingBytes);
        Assert.Equal(29 + 11, query.Length);
    }

    // Regression against a defect of another client: the size to pad is that of the message without the 2-byte length prefix.
    [Fact]
    public void LengthPrefixIsNotPartOfThePaddedSize()
    {
        byte[] query = Write("prefix.example", DnsType.A, new EdnsOptions { TcpKeepalive = true });
        Assert.Equal(0, query.Length % 128);
        Assert.NotEqual(0, (query.Length + 2) % 128);
    }

    [Fact]
    public void EverySizeIsAMultipleOfTheBlock()
    {
        Gen.Select(Gen.Int[1, 63], Gen.Int[0, 3], Gen.Bool, Gen.Bool, Gen.Int[0, 5].Select(i => new[] { 1, 16, 64, 128, 256, 468 }[i]), (label, more, keepalive, ecs, block) => (label, more, keepalive, ecs, block))
            .Sample(t =>
            {
                string name = new string('x', t.label) + string.Concat(Enumerable.Repeat("." + new string('y', 60), t.more));
                var edns = new EdnsOptions { TcpKeepalive = t.keepalive, ClientSubnetOptOut = t.ecs, PaddingBlockBytes = t.block };
                byte[] query = Write(name, DnsType.Https, edns);
                var reader = new DnsMessageReader();
                bool ok = reader.Reset(query, 0, query.Length);
                int unpadded = query.Length - reader.PaddingBytes;
                return ok && query.Length % t.block == 0 && reader.PaddingBytes >= 0 && reader.PaddingBytes < t.block
                    && reader.TrailingBytes == 0
                    && query.AsSpan(unpadded).IndexOfAnyExcept((byte)0) < 0 // padding is what ends the message
                    && query[unpadded - 3] == EdnsOptionCode.Padding
                    && reader.HasKeepalive == t.keepalive && reader.KeepaliveTimeoutMs == -1 && reader.HasClientSubnet == t.ecs;
            });
    }

    [Fact]
    public void TooSmallABufferReturnsTheSizeNeededAndWritesNothing()
    {
        var buffer = new byte[200];
        var edns = new EdnsOptions();
        DnsName name = DnsName.Parse("example.com");
        Assert.Equal(-128, DnsQuery.Write(buffer, 0, 127, 1, name, DnsType.A, DnsClass.Internet, edns));
        Assert.Equal(-128, DnsQuery.Write(buffer, 0, 0, 1, name, DnsType.A, DnsClass.Internet, edns));
        Assert.All(buffer, b => Assert.Equal(0, b));
        Assert.Equal(128, DnsQuery.Write(buffer, 72, 128, 1, name, DnsType.A, DnsClass.Internet, edns));
    }

    [Fact]
    public void MisuseThrows()
    {
        var buffer = new byte[200];
        DnsName name = DnsName.Root;
        Assert.Throws<ArgumentNullException>(() => DnsQuery.Write(null!, 0, 0, 1, name, 1, 1, null!));
        Assert.Throws<ArgumentNullException>(() => DnsQuery.Write(buffer, 0, 200, 1, null!, 1, 1, null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => DnsQuery.Write(buffer, 1, 200, 1, name, 1, 1, null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => DnsQuery.Write(buffer, 0, 200, 65536, name, 1, 1, null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => DnsQuery.Write(buffer, 0, 200, 1, name, -1, 1, null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => DnsQuery.Write(buffer, 0, 200, 1, name, 1, 65536, null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new EdnsOptions { UdpPayloadBytes = 511 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new EdnsOptions { PaddingBlockBytes = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new EdnsOptions { ClientSubnetFamily = 0 });
    }
}
