using System;
using System.Linq;
using System.Reflection;
using DprivEmbedded.Dns;
using Xunit;

namespace DprivEmbedded.Core.Tests.Dns;

public class DnsCodeTests
{
    [Theory]
    [InlineData(typeof(DnsType), "TYPE")]
    [InlineData(typeof(DnsClass), "CLASS")]
    [InlineData(typeof(DnsOpcode), "OPCODE")]
    [InlineData(typeof(DnsResponseCode), "RCODE")]
    [InlineData(typeof(ExtendedDnsErrorCode), "EDE")]
    [InlineData(typeof(EdnsOptionCode), "OPT")]
    [InlineData(typeof(SvcParamKey), "key")]
    public void EveryConstantHasANameThatReadsBack(Type codes, string prefix)
    {
        MethodInfo toText = codes.GetMethod("ToText")!;
        MethodInfo fromText = codes.GetMethod("FromText")!;
        int[] values = codes.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (int)f.GetRawConstantValue()!).ToArray();
        Assert.Equal(values.Length, values.Distinct().Count());
        foreach (int value in values)
        {
            string text = (string)toText.Invoke(null, new object[] { value })!;
            Assert.False(text.StartsWith(prefix, StringComparison.Ordinal) && char.IsAsciiDigit(text[^1]), text);
            Assert.Equal(value, fromText.Invoke(null, new object[] { text.ToLowerInvariant() }));
            Assert.Equal(value, fromText.Invoke(null, new object[] { prefix + value }));
        }

        foreach (string bad in new[] { "", prefix, prefix + "x", prefix + "-1", prefix + "99999", prefix + "99999999999", "no such" })
            Assert.Equal(-1, fromText.Invoke(null, new object[] { bad }));

        Assert.Equal(-1, fromText.Invoke(null, new object?[] { null }));
    }

    [Theory]
    [InlineData(DnsType.A, "A")]
    [InlineData(DnsType.Https, "HTTPS")]
    [InlineData(1234, "TYPE1234")]
    public void Types(int type, string text)
    {
        Assert.Equal(text, DnsType.ToText(type));
        Assert.Equal(type, DnsType.FromText(text.ToLowerInvariant()));
    }

    [Fact]
    public void RegisteredNumbers()
    {
        Assert.Equal((28, 64, 65, 257), (DnsType.Aaaa, DnsType.Svcb, DnsType.Https, DnsType.FromText("caa")));
        Assert.Equal((3, 23), (DnsResponseCode.FromText("nxdomain"), DnsResponseCode.FromText("BADCOOKIE")));
        Assert.Equal("Not Authoritative", ExtendedDnsErrorCode.ToText(20));
        Assert.Equal("EDE49152", ExtendedDnsErrorCode.ToText(49152));
    }
}
