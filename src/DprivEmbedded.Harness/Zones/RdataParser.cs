using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DprivEmbedded.Dns;

namespace DprivEmbedded.Harness;

/// <summary>Turns the words behind a record's type into RDATA.</summary>
internal sealed class RdataParser
{
    private readonly string _fileName;
    private readonly List<MasterFileToken> _tokens;
    private readonly Func<MasterFileToken, DnsName> _parseName;
    private readonly MemoryStream _rdata = new();
    private readonly int _typeAt;
    private int _at;

    /// <summary>Makes a parser for the words behind <c>tokens[typeAt]</c>.</summary>
    internal RdataParser(string fileName, List<MasterFileToken> tokens, int typeAt, Func<MasterFileToken, DnsName> parseName)
    {
        _fileName = fileName;
        _tokens = tokens;
        _typeAt = typeAt;
        _at = typeAt + 1;
        _parseName = parseName;
    }

    private string TypeText => _tokens[_typeAt].Text;

    internal byte[] Parse(int type)
    {
        if (_at < _tokens.Count && _tokens[_at] is { Quoted: false, Text: "\\#" })
        {
            Generic();
            return _rdata.ToArray();
        }

        switch (type)
        {
            case DnsType.A:
                Write(ParseIPv4(Next("an IPv4 address, for example 192.0.2.1")));
                break;
            case DnsType.Aaaa:
                Write(ParseIPv6(Next("an IPv6 address, for example 2001:db8::1")));
                break;
            case DnsType.Cname or DnsType.Ns or DnsType.Ptr:
                Name();
                break;
            case DnsType.Mx:
                U16("a preference");
                Name();
                break;
            case DnsType.Srv:
                U16("a priority");
                U16("a weight");
                U16("a port");
                Name();
                break;
            case DnsType.Soa:
                Name();
                Name();
                Serial();
                for (int i = 0; i < 4; i++)
                    Time();

                break;
            case DnsType.Txt:
                do
                    CharacterString(Next("a string, for example \"some text\""));
                while (_at < _tokens.Count);

                break;
            case DnsType.Svcb or DnsType.Https:
                int priority = U16("a priority");
                Name();
                new SvcParamsParser(_fileName, _tokens, _at).Write(_rdata, priority);
                _at = _tokens.Count;
                break;
            default:
                throw Error(_tokens[_typeAt], "the type " + TypeText + " is known only in its generic form; write '" + TypeText + " \\# length hex'.");
        }

        if (_at < _tokens.Count)
            throw Error(_tokens[_at], "'" + _tokens[_at].Text + "' is too much for type " + TypeText + "; drop it.");

        if (_rdata.Length > 65535)
            throw Error(_tokens[_typeAt], "the data is longer than 65535 bytes; split it over several records.");

        return _rdata.ToArray();
    }

    /// <summary>Resolves \X and \DDD; other characters become UTF-8.</summary>
    internal static byte[] Unescape(string fileName, MasterFileToken token, string text)
    {
        var bytes = new MemoryStream();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                int units = char.IsSurrogatePair(text, i) ? 2 : 1;
                bytes.Write(Encoding.UTF8.GetBytes(text.Substring(i, units)));
                i += units - 1;
                continue;
            }

            i++;
            if (i < text.Length && !char.IsAsciiDigit(text[i]))
            {
                bytes.Write(Encoding.UTF8.GetBytes(text.Substring(i, 1)));
                continue;
            }

            if (i + 2 >= text.Length || !char.IsAsciiDigit(text[i + 1]) || !char.IsAsciiDigit(text[i + 2]) || int.Parse(text.AsSpan(i, 3), CultureInfo.InvariantCulture) > 255)
                throw new ZoneFormatException(fileName, token.Line, "a wrong escape in '" + text + "'; write \\X for a character X, or \\DDD with three digits from 000 to 255.");

            bytes.WriteByte((byte)int.Parse(text.AsSpan(i, 3), CultureInfo.InvariantCulture));
            i += 2;
        }

        return bytes.ToArray();
    }

    /// <summary>A dotted quad; null where the text is none.</summary>
    internal static byte[]? TryParseIPv4(string text)
    {
        string[] parts = text.Split('.');
        if (parts.Length != 4)
            return null;

        var address = new byte[4];
        for (int i = 0; i < 4; i++)
        {
            if (parts[i].Length is 0 or > 3 || !byte.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out address[i]))
                return null;
        }

        return address;
    }

    /// <summary>An IPv6 address without a zone or brackets; null where the text is none.</summary>
    internal static byte[]? TryParseIPv6(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigit(c) && c is not (':' or '.'))
                return null;
        }

        return IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? address.GetAddressBytes() : null;
    }

    private byte[] ParseIPv4(MasterFileToken token)
        => TryParseIPv4(token.Text) ?? throw Error(token, "'" + token.Text + "' is no IPv4 address; write four numbers from 0 to 255 with dots, for example 192.0.2.1.");

    private byte[] ParseIPv6(MasterFileToken token)
        => TryParseIPv6(token.Text) ?? throw Error(token, "'" + token.Text + "' is no IPv6 address; write it as for example 2001:db8::1.");

    private void Generic()
    {
        _at++;
        MasterFileToken lengthToken = Next("a length, for example '\\# 4 C0000201'");
        if (!int.TryParse(lengthToken.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length > 65535)
            throw Error(lengthToken, "'" + lengthToken.Text + "' is no length; write the number of bytes, 0..65535, and then that many bytes in hex.");

        var hex = new StringBuilder();
        MasterFileToken last = lengthToken;
        while (_at < _tokens.Count)
        {
            last = _tokens[_at];
            foreach (char c in last.Text)
            {
                if (!char.IsAsciiHexDigit(c))
                    throw Error(last, "'" + last.Text + "' is no hex; write two hex digits for each byte.");
            }

            hex.Append(last.Text);
            _at++;
        }

        if (hex.Length != 2 * length)
            throw Error(last, "the generic data has " + hex.Length.ToString(CultureInfo.InvariantCulture) + " hex digits, but the length " + length.ToString(CultureInfo.InvariantCulture)
                + " needs " + (2 * length).ToString(CultureInfo.InvariantCulture) + "; correct one of them.");

        Write(Convert.FromHexString(hex.ToString()));
    }

    private void Name()
    {
        MasterFileToken token = Next("a name, for example host.example.");
        if (token.Quoted)
            throw Error(token, "a quoted string where a name is expected; drop the quotes.");

        Write(_parseName(token).WireBytes);
    }

    private int U16(string what)
    {
        MasterFileToken token = Next(what + " from 0 to 65535");
        if (!ushort.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort value))
            throw Error(token, "'" + token.Text + "' is not " + what + "; write a number from 0 to 65535.");

        _rdata.WriteByte((byte)(value >> 8));
        _rdata.WriteByte((byte)value);
        return value;
    }

    private void Serial()
    {
        MasterFileToken token = Next("a serial number from 0 to 4294967295");
        if (!uint.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value))
            throw Error(token, "'" + token.Text + "' is no serial number; write a number from 0 to 4294967295.");

        U32(value);
    }

    private void Time()
    {
        MasterFileToken token = Next("a time; SOA has refresh, retry, expire and minimum, for example '1h 15m 1w 1m'");
        if (!MasterFileParser.TryParseTtl(token.Text, out int seconds))
            throw Error(token, "'" + token.Text + "' is no time; write seconds or units, for example 3600 or 1h.");

        U32((uint)seconds);
    }

    private void U32(uint value)
    {
        for (int shift = 24; shift >= 0; shift -= 8)
            _rdata.WriteByte((byte)(value >> shift));
    }

    private void CharacterString(MasterFileToken token)
    {
        byte[] bytes = Unescape(_fileName, token, token.Text);
        if (bytes.Length > 255)
            throw Error(token, "a string of " + bytes.Length.ToString(CultureInfo.InvariantCulture) + " bytes; a string has at most 255, split it into several.");

        _rdata.WriteByte((byte)bytes.Length);
        Write(bytes);
    }

    private MasterFileToken Next(string expected)
    {
        if (_at >= _tokens.Count)
            throw Error(_tokens[^1], "the data of type " + TypeText + " ends too early; it still needs " + expected + ".");

        return _tokens[_at++];
    }

    private void Write(byte[] bytes) => _rdata.Write(bytes);

    private ZoneFormatException Error(MasterFileToken token, string problem) => new(_fileName, token.Line, problem);
}
