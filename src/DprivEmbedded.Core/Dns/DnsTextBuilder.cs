using System;

namespace DprivEmbedded.Dns;

/// <summary>A growing row of characters: the smallest runtimes have no StringBuilder in their core library.</summary>
internal sealed class DnsTextBuilder
{
    private const string HexDigits = "0123456789ABCDEF";
    private const string Base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    private char[] _chars;
    private int _count;

    internal DnsTextBuilder(int capacity)
    {
        _chars = new char[capacity < 16 ? 16 : capacity];
    }

    public override string ToString()
    {
        return new string(_chars, 0, _count);
    }

    internal void Append(char c)
    {
        Reserve(1);
        _chars[_count] = c;
        _count++;
    }

    internal void Append(string text)
    {
        Reserve(text.Length);
        for (int i = 0; i < text.Length; i++)
            _chars[_count + i] = text[i];

        _count += text.Length;
    }

    /// <summary>Appends <c>\DDD</c>.</summary>
    internal void AppendDecimalEscape(int value)
    {
        Append('\\');
        Append((char)('0' + (value / 100)));
        Append((char)('0' + (value / 10 % 10)));
        Append((char)('0' + (value % 10)));
    }

    internal void AppendNumber(long value)
    {
        Append(value.ToString());
    }

    internal void AppendHex(byte[] bytes, int offset, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Append(HexDigits[bytes[offset + i] >> 4]);
            Append(HexDigits[bytes[offset + i] & 15]);
        }
    }

    internal void AppendBase64(byte[] bytes, int offset, int count)
    {
        int i = 0;
        for (; i + 2 < count; i += 3)
        {
            int bits = (bytes[offset + i] << 16) | (bytes[offset + i + 1] << 8) | bytes[offset + i + 2];
            AppendSextets(bits, 4);
        }

        if (count - i == 1)
        {
            AppendSextets(bytes[offset + i] << 16, 2);
            Append("==");
        }
        else if (count - i == 2)
        {
            AppendSextets((bytes[offset + i] << 16) | (bytes[offset + i + 1] << 8), 3);
            Append('=');
        }
    }

    /// <summary>Appends a quoted character string. Source: RFC 1035 section 5.1.</summary>
    internal void AppendQuoted(byte[] bytes, int offset, int count)
    {
        Append('"');
        for (int i = 0; i < count; i++)
            AppendQuotedByte(bytes[offset + i]);

        Append('"');
    }

    /// <summary>Appends one byte of a quoted character string, escaped where needed.</summary>
    internal void AppendQuotedByte(int value)
    {
        if (value < 0x20 || value > 0x7E)
        {
            AppendDecimalEscape(value);
            return;
        }

        if (value == '"' || value == '\\')
            Append('\\');

        Append((char)value);
    }

    /// <summary>Appends four bytes as a dotted quad.</summary>
    internal void AppendIPv4(byte[] bytes, int offset)
    {
        for (int i = 0; i < 4; i++)
        {
            if (i > 0)
                Append('.');

            AppendNumber(bytes[offset + i]);
        }
    }

    /// <summary>Appends sixteen bytes in the canonical text form. Source: RFC 5952 section 4.</summary>
    internal void AppendIPv6(byte[] bytes, int offset)
    {
        int bestStart = -1;
        int bestCount = 1; // a single zero field is not shortened
        int run = 0;
        for (int i = 0; i < 8; i++)
        {
            run = Field(bytes, offset, i) == 0 ? run + 1 : 0;
            if (run > bestCount)
            {
                bestCount = run;
                bestStart = i - run + 1;
            }
        }

        // RFC 5952 section 5: an IPv4-mapped address shows its IPv4 part.
        bool mapped = bestStart == 0 && bestCount == 5 && Field(bytes, offset, 5) == 0xFFFF;
        for (int i = 0; i < 8; i++)
        {
            if (i == bestStart)
            {
                Append("::");
                i += bestCount - 1;
                continue;
            }

            if (i > 0 && (bestStart < 0 || i != bestStart + bestCount))
                Append(':');

            if (mapped && i == 6)
            {
                AppendIPv4(bytes, offset + 12);
                return;
            }

            AppendField(Field(bytes, offset, i));
        }
    }

    private static int Field(byte[] bytes, int offset, int index)
    {
        return (bytes[offset + (2 * index)] << 8) | bytes[offset + (2 * index) + 1];
    }

    private void AppendField(int value)
    {
        bool started = false;
        for (int shift = 12; shift >= 0; shift -= 4)
        {
            int digit = (value >> shift) & 15;
            if (digit == 0 && !started && shift > 0)
                continue;

            started = true;
            Append(digit < 10 ? (char)('0' + digit) : (char)('a' + digit - 10));
        }
    }

    private void AppendSextets(int bits, int count)
    {
        for (int i = 0; i < count; i++)
            Append(Base64Digits[(bits >> (18 - (6 * i))) & 63]);
    }

    private void Reserve(int more)
    {
        if (_count + more <= _chars.Length)
            return;

        var larger = new char[(_count + more) * 2];
        Array.Copy(_chars, 0, larger, 0, _count);
        _chars = larger;
    }
}
