using System;
using System.Net;
using Xunit;

namespace DprivEmbedded.Sockets.Tests;

/// <summary>Where a server is, as people write it.</summary>
public class DprivServerTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", 853)]
    [InlineData("192.0.2.1:8853", "192.0.2.1", 8853)]
    [InlineData("192.0.2.1:1", "192.0.2.1", 1)]
    [InlineData("192.0.2.1:65535", "192.0.2.1", 65535)]
    [InlineData("2001:db8::1", "2001:db8::1", 853)]
    [InlineData("::1", "::1", 853)]
    [InlineData("[2001:db8::1]", "2001:db8::1", 853)]
    [InlineData("[2001:db8::1]:8853", "2001:db8::1", 8853)]
    [InlineData("[::1]:853", "::1", 853)]
    public void An_address_is_read(string text, string address, int port)
    {
        DprivServer server = DprivServer.Parse(text);

        Assert.Equal(IPAddress.Parse(address), server.Address);
        Assert.Equal(port, server.Port);
        Assert.Equal(server.ToString(), DprivServer.Parse(server.ToString()).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("localhost")]
    [InlineData("dot.example")]
    [InlineData("dot.example:853")]
    [InlineData("1")]
    [InlineData("0x7f000001")]
    [InlineData("1:853")]
    [InlineData("[]:853")]
    [InlineData("[192.0.2.1")]
    [InlineData(":853")]
    [InlineData("192.0.2.256")]
    [InlineData("192.0.2.1:853:853")]
    public void What_is_no_address_is_refused_with_an_example(string text)
    {
        FormatException error = Assert.Throws<FormatException>(() => DprivServer.Parse(text));

        Assert.StartsWith($"'{text}' is no server: give an IP address", error.Message, StringComparison.Ordinal);
        Assert.Contains("A host name is not looked up: that would be a lookup in the clear.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.1:0", "0")]
    [InlineData("192.0.2.1:65536", "65536")]
    [InlineData("192.0.2.1:x", "x")]
    [InlineData("192.0.2.1:-1", "-1")]
    [InlineData("192.0.2.1:", "")]
    [InlineData("[::1]:99999999999", "99999999999")]
    public void What_is_no_port_is_refused(string text, string port)
    {
        Assert.Equal($"'{port}' is no port: give a number from 1 to 65535.", Assert.Throws<FormatException>(() => DprivServer.Parse(text)).Message);
    }

    [Fact]
    public void Null_is_a_programmers_error()
    {
        Assert.Throws<ArgumentNullException>(() => DprivServer.Parse(null!));
        Assert.Throws<ArgumentNullException>(() => new DprivServer(null!));
    }

    [Fact]
    public void The_port_is_that_of_DNS_over_TLS()
    {
        Assert.Equal(853, new DprivServer(IPAddress.Loopback).Port);
        Assert.Equal("127.0.0.1:853", new DprivServer(IPAddress.Loopback).ToString());
        Assert.Equal("[::1]:853", new DprivServer(IPAddress.IPv6Loopback).ToString());
    }
}
