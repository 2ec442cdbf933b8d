using System;
using System.Collections.Generic;
using System.IO;
using DprivEmbedded.Dns;

namespace DprivEmbedded.Harness;

/// <summary>Reads the records of a master file. Source: RFC 1035 section 5, RFC 2308 section 4 ($TTL), RFC 3597 section 5 (\#).</summary>
internal sealed class MasterFileParser
{
    private readonly MasterFileTokenizer _tokenizer;
    private readonly string _fileName;
    private readonly List<MasterFileToken> _tokens = new();
    private DnsName? _origin;
    private DnsName? _owner;
    private int _defaultTtl = -1;
    private int _lastTtl = -1;

    internal MasterFileParser(TextReader reader, string fileName, DnsName? origin)
    {
        _tokenizer = new MasterFileTokenizer(reader, fileName);
        _fileName = fileName;
        _origin = origin;
    }

    /// <summary>The last line of the file, counted from 1; 1 for an empty file.</summary>
    internal int LastLine => Math.Max(1, _tokenizer.Line);

    /// <summary>Reads the next record.</summary>
    /// <param name="line">The line that the record starts on.</param>
    /// <returns>The record; null at the end of the file.</returns>
    internal DnsRecord? ReadRecord(out int line)
    {
        while (_tokenizer.ReadEntry(_tokens, out bool startsBlank))
        {
            line = _tokens[0].Line;
            string first = _tokens[0].Text;
            if (!startsBlank && !_tokens[0].Quoted && first.StartsWith('$'))
                ReadDirective(first);
            else
                return ReadEntry(startsBlank);
        }

        line = LastLine;
        return null;
    }

    private void ReadDirective(string directive)
    {
        if (directive.Equals("$ORIGIN", StringComparison.OrdinalIgnoreCase))
        {
            if (_tokens.Count != 2)
                throw Error(_tokens[0], "$ORIGIN takes one name, for example '$ORIGIN example.'.");

            _origin = ParseName(_tokens[1]);
        }
        else if (directive.Equals("$TTL", StringComparison.OrdinalIgnoreCase))
        {
            if (_tokens.Count != 2 || !TryParseTtl(_tokens[1].Text, out _defaultTtl))
                throw Error(_tokens[0], "$TTL takes one time, for example '$TTL 3600' or '$TTL 1h'.");
        }
        else
        {
            throw Error(_tokens[0], "the directive " + directive + " is not supported; only $ORIGIN and $TTL are.");
        }
    }

    private DnsRecord ReadEntry(bool startsBlank)
    {
        int at = 0;
        if (!startsBlank)
        {
            if (_tokens[0].Quoted)
                throw Error(_tokens[0], "a quoted string where an owner name is expected; start the line with a name, or with a blank for the owner above.");

            _owner = ParseName(_tokens[0]);
            at = 1;
        }

        if (_owner == null)
            throw Error(_tokens[0], "the line starts with a blank, but no owner name stands above it; start it with a name.");

        int ttl = -1;
        bool hasClass = false;
        for (; at < _tokens.Count; at++)
        {
            string text = _tokens[at].Text;
            if (ttl < 0 && text.Length > 0 && char.IsAsciiDigit(text[0]))
            {
                if (!TryParseTtl(text, out ttl))
                    throw Error(_tokens[at], "'" + text + "' is no time to live; write seconds (0..2147483647) or units, for example 3600 or 1h30m.");
            }
            else if (!hasClass && DnsClass.FromText(text) >= 0)
            {
                if (DnsClass.FromText(text) != DnsClass.Internet)
                    throw Error(_tokens[at], "the class " + text + " is not supported; write IN or leave it out.");

                hasClass = true;
            }
            else
            {
                break;
            }
        }

        if (at >= _tokens.Count)
            throw Error(_tokens[^1], "the record has no type; a record is 'name [TTL] [IN] type data', for example 'www 1h IN A 192.0.2.1'.");

        MasterFileToken typeToken = _tokens[at];
        int type = typeToken.Quoted ? -1 : DnsType.FromText(typeToken.Text);
        if (type < 0)
            throw Error(typeToken, "'" + typeToken.Text + "' is no record type; a record is 'name [TTL] [IN] type data', other types are written as TYPEnnn \\# length hex.");

        if (type is DnsType.Opt or (>= 128 and <= 255) or 0)
            throw Error(typeToken, "the type " + typeToken.Text + " has no place in a zone; drop the record.");

        var fields = new RdataParser(_fileName, _tokens, at, ParseName);
        byte[] rdata = fields.Parse(type);
        if (ttl >= 0)
            _lastTtl = ttl;
        else
            ttl = _defaultTtl >= 0 ? _defaultTtl : _lastTtl;

        DnsRecord record = DnsRecord.FromRdata(_owner, type, DnsClass.Internet, Math.Max(ttl, 0), rdata);
        if (record.IsMalformed)
            throw Error(typeToken, "the data does not have the form of type " + typeToken.Text + "; check its length and, for SVCB and HTTPS, that every mandatory key is there.");

        if (ttl >= 0)
            return record;

        if (record is not SoaRecord soa)
            throw Error(_tokens[0], "the record has no time to live and nothing gives a default; put '$TTL 1h' at the top of the file.");

        // RFC 1035 section 5.1 wants the last explicit one; before the first, the SOA's own minimum is what a default would be.
        _lastTtl = (int)Math.Min(soa.MinimumSeconds, int.MaxValue);
        return DnsRecord.FromRdata(_owner, type, DnsClass.Internet, _lastTtl, rdata);
    }

    private DnsName ParseName(MasterFileToken token)
    {
        string text = token.Text;
        if (text == "@")
            return _origin ?? throw Error(token, "'@' stands for the origin, but there is none; put '$ORIGIN example.' (your zone's name) at the top of the file.");

        DnsName? name = DnsName.TryParse(text, out string reason);
        if (name == null)
            throw Error(token, reason);

        if (IsAbsolute(text))
            return name;

        if (_origin == null)
            throw Error(token, "the name '" + text + "' is relative, but there is no origin; put '$ORIGIN example.' (your zone's name) at the top of the file, or end the name with a dot.");

        return DnsName.Concat(name, _origin)
            ?? throw Error(token, "the name '" + text + "' is longer than 255 bytes together with the origin " + _origin + "; shorten it.");
    }

    private static bool IsAbsolute(string text)
    {
        if (!text.EndsWith('.'))
            return false;

        int backslashes = 0;
        while (backslashes < text.Length - 1 && text[text.Length - 2 - backslashes] == '\\')
            backslashes++;

        return backslashes % 2 == 0;
    }

    /// <summary>Reads seconds, or numbers with the units w, d, h, m, s.</summary>
    internal static bool TryParseTtl(string text, out int seconds)
    {
        seconds = 0;
        long total = 0;
        long number = -1;
        bool units = false;
        foreach (char c in text)
        {
            if (char.IsAsciiDigit(c))
            {
                number = (Math.Max(number, 0) * 10) + (c - '0');
                if (number > int.MaxValue)
                    return false;

                continue;
            }

            int unit = char.ToLowerInvariant(c) switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, 'w' => 604_800, _ => 0 };
            if (unit == 0 || number < 0)
                return false;

            total += number * unit;
            if (total > int.MaxValue)
                return false;

            number = -1;
            units = true;
        }

        if (number >= 0)
        {
            if (units)
                return false; // a number without a unit behind others with one: 1h30

            total = number;
        }

        seconds = (int)total;
        return text.Length > 0;
    }

    private ZoneFormatException Error(MasterFileToken token, string problem) => new(_fileName, token.Line, problem);
}
