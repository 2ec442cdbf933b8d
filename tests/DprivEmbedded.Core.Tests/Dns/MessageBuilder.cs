using System;
using System.Collections.Generic;
using System.Text;
using DprivEmbedded.Dns;

namespace DprivEmbedded.Core.Tests.Dns;

/// <summary>Builds messages byte by byte, right or wrong.</summary>
internal sealed class MessageBuilder
{
    private readonly List<byte> _bytes = new();

    public MessageBuilder(int id = 0x1234, int flags = 0x8180, int questions = 1, int answers = 0, int authorities = 0, int additionals = 0)
    {
        U16(id).U16(flags).U16(questions).U16(answers).U16(authorities).U16(additionals);
    }

    public int Length => _bytes.Count;

    public static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));

    public MessageBuilder U8(int value)
    {
        _bytes.Add((byte)value);
        return this;
    }

    public MessageBuilder U16(int value) => U8(value >> 8).U8(value & 255);

    public MessageBuilder U32(long value) => U16((int)(value >> 16)).U16((int)(value & 65535));

    public MessageBuilder Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public MessageBuilder Ascii(string text) => Raw(Encoding.ASCII.GetBytes(text));

    public MessageBuilder Name(string name) => Raw(DnsName.Parse(name).WireBytes);

    public MessageBuilder Pointer(int target) => U16(0xC000 | target);

    public MessageBuilder Question(string name, int type, int dnsClass = DnsClass.Internet) => Name(name).U16(type).U16(dnsClass);

    /// <summary>A record whose owner is the question's name, by pointer.</summary>
    public MessageBuilder Record(int type, byte[] rdata, int dnsClass = DnsClass.Internet, long ttl = 300)
        => Pointer(12).U16(type).U16(dnsClass).U32(ttl).U16(rdata.Length).Raw(rdata);

    public MessageBuilder Record(string owner, int type, byte[] rdata, long ttl = 300)
        => Name(owner).U16(type).U16(DnsClass.Internet).U32(ttl).U16(rdata.Length).Raw(rdata);

    public MessageBuilder Cname(string owner, string target) => Record(owner, DnsType.Cname, DnsName.Parse(target).WireBytes);

    public MessageBuilder Opt(byte[] options, int extendedCode = 0, int payload = 1232, int flags = 0)
        => U8(0).U16(DnsType.Opt).U16(payload).U8(extendedCode).U8(0).U16(flags).U16(options.Length).Raw(options);

    public byte[] ToArray() => _bytes.ToArray();

    public DnsMessageReader Read()
    {
        var reader = new DnsMessageReader();
        Xunit.Assert.True(reader.Reset(ToArray(), 0, Length));
        return reader;
    }

    public bool IsAccepted()
    {
        // At an offset, with other bytes around, so that an index that forgets the offset shows.
        var shifted = new byte[Length + 10];
        Array.Fill(shifted, (byte)0xC0);
        ToArray().CopyTo(shifted, 7);
        var reader = new DnsMessageReader();
        bool accepted = reader.Reset(shifted, 7, Length);
        Xunit.Assert.Equal(!accepted, reader.Failed);
        Xunit.Assert.Equal(accepted, DnsMessage.Parse(shifted, 7, Length) != null);
        return accepted;
    }
}
