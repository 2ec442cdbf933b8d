using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using DprivEmbedded.Dns;

namespace DprivEmbedded.Harness;

/// <summary>Turns the parameters of an SVCB or HTTPS record into wire form. Source: RFC 9460 sections 2.1, 7, 8 and appendix A.</summary>
internal sealed class SvcParamsParser
{
    private readonly string _fileName;
    private readonly List<MasterFileToken> _tokens;
    private readonly int _at;

    internal SvcParamsParser(string fileName, List<MasterFileToken> tokens, int at)
    {
        _fileName = fileName;
        _tokens = tokens;
        _at = at;
    }

    internal void Write(Stream target, int priority)
    {
        var values = new SortedDictionary<int, byte[]>();
        for (int i = _at; i < _tokens.Count; i++)
        {
            MasterFileToken token = _tokens[i];
            if (priority == 0)
                throw Error(token, "an alias (priority 0) takes no parameters; drop '" + token.Text + "' or write another priority.");

            int equals = token.Quoted ? -1 : token.Text.IndexOf('=', StringComparison.Ordinal);
            string keyText = equals < 0 ? token.Text : token.Text[..equals];
            string? valueText = equals < 0 ? null : token.Text[(equals + 1)..];
            int key = token.Quoted ? -1 : SvcParamKey.FromText(keyText);
            if (key < 0)
                throw Error(token, "'" + keyText + "' is no service parameter; write key=value with a key such as alpn, port, ipv4hint, ipv6hint, or keyNNN.");

            if (valueText is { Length: >= 2 } && valueText[0] == '"' && valueText[^1] == '"')
                valueText = valueText[1..^1];

            if (!values.TryAdd(key, ParseValue(token, key, keyText, valueText)))
                throw Error(token, "the parameter " + keyText + " occurs twice; drop one.");
        }

        if (values.ContainsKey(SvcParamKey.NoDefaultAlpn) && !values.ContainsKey(SvcParamKey.Alpn))
            throw Error(_tokens[^1], "no-default-alpn needs alpn beside it; add for example alpn=\"h2\".");

        foreach ((int key, byte[] value) in values)
        {
            WriteU16(target, key);
            if (value.Length > 65535)
                throw Error(_tokens[^1], "a service parameter is longer than 65535 bytes; shorten it.");

            WriteU16(target, value.Length);
            target.Write(value);
        }
    }

    private byte[] ParseValue(MasterFileToken token, int key, string keyText, string? text)
    {
        if (key == SvcParamKey.NoDefaultAlpn)
        {
            if (!string.IsNullOrEmpty(text))
                throw Error(token, "no-default-alpn takes no value; drop '=" + text + "'.");

            return Array.Empty<byte>();
        }

        bool needsValue = key is SvcParamKey.Mandatory or SvcParamKey.Alpn or SvcParamKey.Port or SvcParamKey.Ipv4Hint or SvcParamKey.Ech or SvcParamKey.Ipv6Hint;
        if (needsValue && string.IsNullOrEmpty(text))
            throw Error(token, keyText + " needs a value; write for example " + Example(key) + ".");

        var value = new MemoryStream();
        switch (key)
        {
            case SvcParamKey.Mandatory:
                var keys = new SortedSet<int>();
                foreach (string item in text!.Split(','))
                {
                    int listed = SvcParamKey.FromText(item);
                    if (listed <= 0 || !keys.Add(listed))
                        throw Error(token, "'" + item + "' has no place in mandatory; list other keys of this record, each once, for example " + Example(key) + ".");
                }

                foreach (int listed in keys)
                    WriteU16(value, listed);

                break;

            case SvcParamKey.Alpn:
                foreach (byte[] protocol in SplitList(RdataParser.Unescape(_fileName, token, text!)))
                {
                    if (protocol.Length is 0 or > 255)
                        throw Error(token, "a protocol in alpn must have 1..255 bytes; write for example " + Example(key) + ".");

                    value.WriteByte((byte)protocol.Length);
                    value.Write(protocol);
                }

                break;

            case SvcParamKey.Port:
                if (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
                    throw Error(token, "'" + text + "' is no port; write a number from 0 to 65535.");

                WriteU16(value, port);
                break;

            case SvcParamKey.Ipv4Hint:
            case SvcParamKey.Ipv6Hint:
                foreach (string item in text!.Split(','))
                {
                    byte[]? address = key == SvcParamKey.Ipv4Hint ? RdataParser.TryParseIPv4(item) : RdataParser.TryParseIPv6(item);
                    value.Write(address ?? throw Error(token, "'" + item + "' is no address for " + keyText + "; write for example " + Example(key) + "."));
                }

                break;

            case SvcParamKey.Ech:
                var decoded = new byte[text!.Length];
                if (!Convert.TryFromBase64String(text, decoded, out int count))
                    throw Error(token, "the value of ech is no base64; write it as for example " + Example(key) + ".");

                value.Write(decoded, 0, count);
                break;

            default:
                value.Write(RdataParser.Unescape(_fileName, token, text ?? string.Empty));
                break;
        }

        return value.ToArray();
    }

    /// <summary>Splits at commas; <c>\,</c> and <c>\\</c> stand for themselves.</summary>
    private static List<byte[]> SplitList(byte[] list)
    {
        var items = new List<byte[]>();
        var item = new MemoryStream();
        for (int i = 0; i < list.Length; i++)
        {
            if (list[i] == ',')
            {
                items.Add(item.ToArray());
                item.SetLength(0);
                continue;
            }

            if (list[i] == '\\' && i + 1 < list.Length)
                i++;

            item.WriteByte(list[i]);
        }

        items.Add(item.ToArray());
        return items;
    }

    private static string Example(int key) => key switch
    {
        SvcParamKey.Mandatory => "mandatory=alpn,port",
        SvcParamKey.Alpn => "alpn=\"h2,h3\"",
        SvcParamKey.Port => "port=443",
        SvcParamKey.Ipv4Hint => "ipv4hint=192.0.2.1",
        SvcParamKey.Ipv6Hint => "ipv6hint=2001:db8::1",
        _ => "ech=3q2+7w==",
    };

    private static void WriteU16(Stream target, int value)
    {
        target.WriteByte((byte)(value >> 8));
        target.WriteByte((byte)value);
    }

    private ZoneFormatException Error(MasterFileToken token, string problem) => new(_fileName, token.Line, problem);
}
