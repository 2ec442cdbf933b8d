using System;
using System.Diagnostics;
using DprivEmbedded.Dns;
using Xunit;

namespace DprivEmbedded.Core.Tests.Dns;

public class DnsWireNameTests
{
    // RFC 1035 section 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, the root at 92.
    private static byte[] Rfc1035Example()
    {
        var message = new byte[93];
        MessageBuilder.Hex("01 46 03 495349 04 41525041 00").CopyTo(message, 20);
        MessageBuilder.Hex("03 464F4F C014").CopyTo(message, 40);
        MessageBuilder.Hex("C01A").CopyTo(message, 64);
        return message;
    }

    [Theory]
    [InlineData(20, "F.ISI.ARPA.", 32)]
    [InlineData(40, "FOO.F.ISI.ARPA.", 46)]
    [InlineData(64, "ARPA.", 66)]
    [InlineData(92, ".", 93)]
    public void ReadsTheExampleOfRfc1035(int at, string name, int end)
    {
        byte[] message = Rfc1035Example();
        Assert.Equal(name, DnsName.FromMessage(message, 0, message.Length, at).ToString());
        Assert.Equal(end, DnsWireName.Skip(message, 0, message.Length, at));
        Assert.True(DnsWireName.EqualsName(message, 0, message.Length, at, DnsName.Parse(name.ToLowerInvariant()).WireBytes, 0));
        Assert.False(DnsWireName.EqualsName(message, 0, message.Length, at, DnsName.Parse("F.ISI.ARP").WireBytes, 0));
        Assert.False(DnsWireName.EqualsName(message, 0, message.Length, at, DnsName.Parse("x.F.ISI.ARPA").WireBytes, 0));
    }

    [Theory]
    [InlineData("C00C", 12)] // itself
    [InlineData("C00E C00C", 12)] // forward, and back
    [InlineData("C00E 0161 00", 12)] // forward to a good name
    [InlineData("0162 C010 0161 00", 12)]
    [InlineData("C00E C00C", 14)] // back to one that goes forward
    [InlineData("0161 C00C", 12)] // a label, then back to it
    [InlineData("0161 0162 C00C", 14)] // into the run that it ends
    [InlineData("C000", 12)] // into the header
    [InlineData("C0", 12)] // cut short
    [InlineData("C0FF", 12)] // behind the end
    [InlineData("4161", 12)] // RFC 6891 section 5: obsolete label types
    [InlineData("8161", 12)]
    [InlineData("0561", 12)]
    [InlineData("0161", 12)]
    public void RefusesMalformedNames(string bytes, int at)
    {
        byte[] message = new MessageBuilder().Raw(MessageBuilder.Hex(bytes)).ToArray();
        Assert.Equal(-1, DnsWireName.Skip(message, 0, message.Length, at));
        Assert.Equal(-1, DnsWireName.Expand(message, 0, message.Length, at, new byte[255], 0));
        Assert.False(DnsWireName.EqualsName(message, 0, message.Length, at, DnsName.Parse("a").WireBytes, 0));
        Assert.Null(DnsName.FromMessage(message, 0, message.Length, at));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(17)]
    [InlineData(int.MaxValue)]
    public void OutsideTheMessageIsMalformed(int at)
    {
        byte[] message = new MessageBuilder().Name("abc").ToArray();
        Assert.Equal(-1, DnsWireName.Skip(message, 0, message.Length, at));
        Assert.False(DnsWireName.EqualsName(message, 0, message.Length, at, new byte[1], 0));
    }

    [Fact]
    public void ExpandedLengthIsLimitedTo255()
    {
        // 254 bytes of labels at 12 and one label of 1 or 2 more bytes in front.
        var builder = new MessageBuilder();
        int first = builder.Length;
        for (int i = 0; i < 126; i++)
            builder.U8(1).Ascii("a");

        builder.U8(0); // 253 bytes
        int fits = builder.Length;
        builder.U8(1).Ascii("b").Pointer(first);
        int tooLong = builder.Length;
        builder.U8(2).Ascii("bc").Pointer(first);
        byte[] message = builder.ToArray();
        var target = new byte[256];
        Assert.Equal(255, DnsWireName.Expand(message, 0, message.Length, fits, target, 1));
        Assert.Equal(-1, DnsWireName.Expand(message, 0, message.Length, fits, target, 2));
        Assert.Equal(-1, DnsWireName.Expand(message, 0, message.Length, tooLong, target, 0));
        Assert.Equal(-1, DnsWireName.Skip(message, 0, message.Length, tooLong));
    }

    [Fact]
    public void CompressionBombIsBounded()
    {
        // A full-size message of pointers to pointers, each a legal step backwards, then thousands of records that start at the end of the chain.
        var builder = new MessageBuilder(questions: 0, answers: 4000);
        int record = 0;
        for (; record < 700; record++)
            builder.U8(0).U16(DnsType.A).U16(1).U32(0).U16(12).Raw(PointerRun(builder.Length + 10 + 1));

        for (; record < 4000; record++)
            builder.Pointer(16000).U16(DnsType.A).U16(1).U32(0).U16(0);

        byte[] message = builder.ToArray();
        Assert.True(message.Length > 55_000 && message.Length < 65_536);
        var reader = new DnsMessageReader();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 20; i++)
            reader.Reset(message, 0, message.Length);

        // Generous by a factor of hundreds; without the bound a single pass takes far longer.
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void PointerChainsAreLimited()
    {
        var builder = new MessageBuilder().U8(0); // the root at 12
        builder.Pointer(12);
        for (int i = 1; i < 200; i++)
            builder.Pointer(13 + (2 * (i - 1)));

        byte[] message = builder.ToArray();
        Assert.True(DnsWireName.Skip(message, 0, message.Length, 13 + (2 * 126)) > 0);
        Assert.Equal(-1, DnsWireName.Skip(message, 0, message.Length, 13 + (2 * 127)));
    }

    private static byte[] PointerRun(int at)
    {
        var run = new byte[12];
        for (int i = 0; i < 12; i += 2)
        {
            int target = at + i - 2 < 14 ? 12 : at + i - 2;
            run[i] = (byte)(0xC0 | ((target >> 8) & 0x3F));
            run[i + 1] = (byte)target;
        }

        return run;
    }
}
