using System;

namespace DprivEmbedded.Dns;

/// <summary>One parameter of a service binding. Immutable. Source: RFC 9460 sections 2.1 and 2.2.</summary>
public sealed class SvcParam
{
    private readonly byte[] _value;

    internal SvcParam(int key, byte[] value)
    {
        Key = key;
        _value = value;
    }

    /// <summary>One of <see cref="SvcParamKey"/>, 0..65535.</summary>
    public int Key { get; }

    /// <summary>The value in wire form, as a fresh copy.</summary>
    public byte[] Value
    {
        get
        {
            var copy = new byte[_value.Length];
            Array.Copy(_value, 0, copy, 0, copy.Length);
            return copy;
        }
    }

    internal byte[] RawValue
    {
        get { return _value; }
    }

    /// <summary>The presentation form, for example <c>port=443</c> or <c>alpn="h2,h3"</c>. Source: RFC 9460 section 2.1 and appendix A.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        var text = new DnsTextBuilder(32);
        AppendTo(text);
        return text.ToString();
    }

    internal void AppendTo(DnsTextBuilder text)
    {
        text.Append(SvcParamKey.ToText(Key));
        if (_value.Length == 0)
            return;

        text.Append('=');
        if (!IsValid())
        {
            // In an alias, where values are not checked.
            text.AppendQuoted(_value, 0, _value.Length);
            return;
        }

        switch (Key)
        {
            case SvcParamKey.Mandatory:
                for (int i = 0; i < _value.Length; i += 2)
                {
                    if (i > 0)
                        text.Append(',');

                    text.Append(SvcParamKey.ToText((_value[i] << 8) | _value[i + 1]));
                }

                break;

            case SvcParamKey.Alpn:
                AppendAlpn(text);
                break;

            case SvcParamKey.Port:
                text.AppendNumber((_value[0] << 8) | _value[1]);
                break;

            case SvcParamKey.Ipv4Hint:
                for (int i = 0; i < _value.Length; i += 4)
                {
                    if (i > 0)
                        text.Append(',');

                    text.AppendIPv4(_value, i);
                }

                break;

            case SvcParamKey.Ipv6Hint:
                for (int i = 0; i < _value.Length; i += 16)
                {
                    if (i > 0)
                        text.Append(',');

                    text.AppendIPv6(_value, i);
                }

                break;

            case SvcParamKey.Ech:
                text.AppendBase64(_value, 0, _value.Length);
                break;

            default:
                text.AppendQuoted(_value, 0, _value.Length);
                break;
        }
    }

    /// <summary>Whether the value has the form that its key demands; true for keys not known.</summary>
    internal bool IsValid()
    {
        switch (Key)
        {
            case SvcParamKey.Mandatory:
                int last = 0; // "mandatory" itself, key 0, is never listed
                for (int i = 0; i + 1 < _value.Length; i += 2)
                {
                    int key = (_value[i] << 8) | _value[i + 1];
                    if (key <= last)
                        return false;

                    last = key;
                }

                return _value.Length > 0 && (_value.Length & 1) == 0;

            case SvcParamKey.Alpn:
                int at = 0;
                while (at < _value.Length && _value[at] != 0)
                    at += 1 + _value[at];

                return at > 0 && at == _value.Length;

            case SvcParamKey.NoDefaultAlpn:
                return _value.Length == 0;

            case SvcParamKey.Port:
                return _value.Length == 2;

            case SvcParamKey.Ipv4Hint:
                return _value.Length > 0 && (_value.Length & 3) == 0;

            case SvcParamKey.Ipv6Hint:
                return _value.Length > 0 && (_value.Length & 15) == 0;

            default:
                return Key != 65535; // reserved as invalid
        }
    }

    /// <summary>Appends the protocols; a comma or backslash inside one is escaped twice, for the list and for the string. Source: RFC 9460 appendix A.1.</summary>
    private void AppendAlpn(DnsTextBuilder text)
    {
        text.Append('"');
        int at = 0;
        while (at < _value.Length)
        {
            if (at > 0)
                text.Append(',');

            int end = at + 1 + _value[at];
            for (int i = at + 1; i < end; i++)
            {
                if (_value[i] == ',' || _value[i] == '\\')
                    text.Append("\\\\");

                text.AppendQuotedByte(_value[i]);
            }

            at = end;
        }

        text.Append('"');
    }
}
