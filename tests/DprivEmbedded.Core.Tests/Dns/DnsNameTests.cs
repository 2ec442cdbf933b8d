using System;
using System.Linq;
using CsCheck;
using DprivEmbedded.Dns;
using Xunit;

namespace DprivEmbedded.Core.Tests.Dns;

public class DnsNameTests
{
    private static string Label(int length) => new('a', length);

    [Theory]
    [InlineData(".", "00", ".")]
    [InlineData("com", "03636F6D00", "com.")]
    [InlineData("example.com.", "076578616D706C6503636F6D00", "example.com.")]
    [InlineData("WwW.Example.Com", "03577757074578616D706C6503436F6D00", "WwW.Example.Com.")]
    [InlineData(@"a\.b.c", "03612E62016300", @"a\.b.c.")]
    [InlineData(@"a\\b", "03615C6200", @"a\\b.")]
    [InlineData(@"\000\032\255x", "040020FF7800", @"\000\032\255x.")]
    [InlineData(@"\a\098", "02616200", "ab.")]
    [InlineData("_853._tcp.ns1", "045F383533045F746370036E733100", "_853._tcp.ns1.")]
    [InlineData("a\"b", "0361226200", "a\\\"b.")]
    [InlineData("*.example", "012A076578616D706C6500", "*.example.")]
    public void ParsesAndPrints(string text, string wire, string printed)
    {
        DnsName name = DnsName.Parse(text);
        Assert.Equal(MessageBuilder.Hex(wire), name.WireBytes);
        Assert.Equal(printed, name.ToString());
        Assert.Equal(name, DnsName.Parse(printed));
        Assert.Equal(wire.Length / 2, name.WireLength);
    }

    [Theory]
    [InlineData(null, "is empty; write a name such as example.com")]
    [InlineData("", "is empty")]
    [InlineData("a..b", "empty label; put exactly one dot")]
    [InlineData(".a", "empty label")]
    [InlineData("..", "empty label")]
    [InlineData("a b", "write it as \\DDD")]
    [InlineData("a\tb", "write it as \\DDD")]
    [InlineData("a\\", "wrong escape")]
    [InlineData("a\\12", "wrong escape")]
    [InlineData("a\\1x3", "wrong escape")]
    [InlineData("a\\256", "wrong escape")]
    [InlineData("a\\é", "wrong escape")]
    [InlineData("bücher.example", "A-label")]
    [InlineData("例え.example", "A-label")]
    public void RefusesWithAReason(string? text, string expected)
    {
        Assert.Null(DnsName.TryParse(text!, out string reason));
        Assert.Contains(expected, reason, StringComparison.Ordinal);
        var e = Assert.Throws<ArgumentException>(() => DnsName.Parse(text!));
        Assert.Equal(reason, e.Message);
    }

    [Fact]
    public void LabelLimitIs63()
    {
        Assert.Equal(65, DnsName.Parse(Label(63)).WireLength);
        Assert.Null(DnsName.TryParse(Label(64), out string reason));
        Assert.Contains("63", reason, StringComparison.Ordinal);
        Assert.Null(DnsName.TryParse(Label(64) + ".b", out reason));
    }

    [Fact]
    public void NameLimitIs255()
    {
        string three = Label(63) + "." + Label(63) + "." + Label(63) + ".";
        Assert.Equal(255, DnsName.Parse(three + Label(61)).WireLength);
        Assert.Equal(255, DnsName.Parse(three + Label(61) + ".").WireLength);
        Assert.Null(DnsName.TryParse(three + Label(62), out string reason));
        Assert.Contains("255", reason, StringComparison.Ordinal);
        string shortLabels = string.Concat(Enumerable.Repeat("a.", 127));
        DnsName longest = DnsName.Parse(shortLabels);
        Assert.Equal(255, longest.WireLength);
        Assert.Equal(127, longest.LabelCount);
        Assert.Null(DnsName.TryParse(shortLabels + "a", out reason));
        Assert.Contains("255", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void ComparesWithoutRegardToAsciiCaseOnly()
    {
        Assert.Equal(DnsName.Parse("EXAMPLE.com"), DnsName.Parse("example.COM."));
        Assert.Equal(DnsName.Parse("EXAMPLE.com").GetHashCode(), DnsName.Parse("example.COM.").GetHashCode());
        Assert.NotEqual(DnsName.Parse("example.com"), DnsName.Parse("example.org"));
        Assert.NotEqual(DnsName.Parse(@"\192"), DnsName.Parse(@"\224")); // À and à in Latin-1
        Assert.NotEqual(DnsName.Parse("[") , DnsName.Parse("{"));
        Assert.NotEqual(DnsName.Parse("@"), DnsName.Parse("`"));
        Assert.NotEqual(DnsName.Parse("a.b"), DnsName.Parse(@"a\.b"));
        Assert.False(DnsName.Parse("a").Equals(null));
        Assert.False(DnsName.Parse("a").Equals("a."));
        Assert.True(DnsName.AreEqual(null, null));
        Assert.False(DnsName.AreEqual(null, DnsName.Root));
    }

    [Fact]
    public void FamilyRelations()
    {
        DnsName name = DnsName.Parse("a.b.example");
        Assert.True(name.IsAtOrBelow(DnsName.Parse("EXAMPLE")));
        Assert.True(name.IsAtOrBelow(name));
        Assert.True(name.IsAtOrBelow(DnsName.Root));
        Assert.False(name.IsAtOrBelow(DnsName.Parse("c.example")));
        Assert.False(DnsName.Parse("notexample").IsAtOrBelow(DnsName.Parse("example")));
        Assert.False(DnsName.Parse("example").IsAtOrBelow(name));
        Assert.Equal(DnsName.Parse("b.example"), name.Parent);
        Assert.Null(DnsName.Root.Parent);
        Assert.True(DnsName.Root.IsRoot);
        Assert.Equal(name, DnsName.Concat(DnsName.Parse("a"), DnsName.Parse("b.example")));
        Assert.Null(DnsName.Concat(DnsName.Parse(string.Concat(Enumerable.Repeat("a.", 127))), DnsName.Parse("b")));
    }

    [Fact]
    public void WireBytesIsACopy()
    {
        DnsName name = DnsName.Parse("a");
        name.WireBytes[1] = (byte)'b';
        Assert.Equal("a.", name.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("0161")]
    [InlineData("C00C")]
    [InlineData("40")]
    [InlineData("80")]
    public void FromWireRefuses(string wire)
    {
        byte[] bytes = MessageBuilder.Hex(wire);
        Assert.Null(DnsName.FromWire(bytes, 0, bytes.Length));
    }

    [Fact]
    public void EveryWireNameSurvivesItsText()
    {
        Gen<byte[]> label = Gen.Byte.Array[1, 63];
        label.Array[0, 4].Sample(labels =>
        {
            byte[] wire = labels.SelectMany(l => new[] { (byte)l.Length }.Concat(l)).Append((byte)0).ToArray();
            DnsName name = DnsName.FromWire(wire, 0, wire.Length);
            if (wire.Length > 255)
                return name == null;

            return name != null && DnsName.Parse(name.ToString()).WireBytes.SequenceEqual(wire) && name.LabelCount == labels.Length;
        });
    }

    [Fact]
    public void NoTextThrowsFromTryParse()
    {
        Gen.String.Sample(text =>
        {
            DnsName name = DnsName.TryParse(text, out string reason);
            return name == null ? reason.Length > 20 : reason == null && DnsName.Parse(name.ToString()).Equals(name);
        });
        Gen.Char["ab.\\0129 "].Array[0, 300].Sample(chars =>
        {
            DnsName name = DnsName.TryParse(new string(chars), out string reason);
            return (name == null) == (reason != null);
        });
    }
}
