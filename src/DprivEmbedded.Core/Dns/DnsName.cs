using System;

namespace DprivEmbedded.Dns;

/// <summary>A domain name: immutable, kept in its uncompressed wire form (1..255 bytes).</summary>
/// <remarks>
/// Names compare without regard to ASCII case (RFC 4343). The text form always ends with a dot, so that it is never ambiguous: <c>example.com.</c>, the root is <c>.</c>.
/// Source: RFC 1035 sections 2.3, 3.1 and 5.1.
/// </remarks>
public sealed class DnsName
{
    /// <summary>The longest name in wire form, in bytes. Source: RFC 1035 section 2.3.4.</summary>
    public const int MaxWireBytes = 255;

    /// <summary>The longest label in bytes, without its length byte. Source: RFC 1035 section 2.3.4.</summary>
    public const int MaxLabelBytes = 63;

    /// <summary>The root, <c>.</c>.</summary>
    public static readonly DnsName Root = new DnsName(new byte[1]);

    private readonly byte[] _wire;

    private DnsName(byte[] wire)
    {
        _wire = wire;
    }

    /// <summary>Length of the wire form in bytes, 1..255.</summary>
    public int WireLength
    {
        get { return _wire.Length; }
    }

    /// <summary>A fresh copy of the uncompressed wire form, <see cref="WireLength"/> bytes. <see cref="CopyTo"/> does the same without allocating.</summary>
    public byte[] WireBytes
    {
        get
        {
            var copy = new byte[_wire.Length];
            Array.Copy(_wire, 0, copy, 0, copy.Length);
            return copy;
        }
    }

    /// <summary>Number of labels, 0 for the root.</summary>
    public int LabelCount
    {
        get
        {
            int labels = 0;
            for (int at = 0; _wire[at] != 0; at += 1 + _wire[at])
                labels++;

            return labels;
        }
    }

    /// <summary>Whether this is the root.</summary>
    public bool IsRoot
    {
        get { return _wire.Length == 1; }
    }

    /// <summary>The name without its first label; null for the root.</summary>
    public DnsName Parent
    {
        get
        {
            if (_wire.Length == 1)
                return null;

            int first = 1 + _wire[0];
            var parent = new byte[_wire.Length - first];
            Array.Copy(_wire, first, parent, 0, parent.Length);
            return new DnsName(parent);
        }
    }

    /// <summary>The wire form itself; not to be written to.</summary>
    internal byte[] Wire
    {
        get { return _wire; }
    }

    /// <summary>Reads a name in presentation form: labels with dots, <c>\X</c> and <c>\DDD</c> escapes, the trailing dot optional, <c>.</c> for the root.</summary>
    /// <param name="text">The text, for example <c>example.com</c>. A name is always taken as absolute.</param>
    /// <returns>The name.</returns>
    /// <exception cref="ArgumentException">The text is no name; the message says what is wrong and what would be right.</exception>
    public static DnsName Parse(string text)
    {
        string reason;
        DnsName name = TryParse(text, out reason);
        if (name == null)
            throw new ArgumentException(reason);

        return name;
    }

    /// <summary>As <see cref="Parse"/>, without an exception.</summary>
    /// <param name="text">The text.</param>
    /// <param name="reason">What is wrong and what would be right; null where the text is a name.</param>
    /// <returns>The name; null where the text is none.</returns>
    public static DnsName TryParse(string text, out string reason)
    {
        reason = null;
        if (text == null || text.Length == 0)
        {
            reason = "The domain name is empty; write a name such as example.com, or . for the root.";
            return null;
        }

        if (text == ".")
            return Root;

        var wire = new byte[MaxWireBytes];
        int length = 1; // of what is written, the open label's length byte included
        int labelStart = 0;
        int i = 0;
        while (i < text.Length)
        {
            int c = text[i];
            i++;
            if (c == '.')
            {
                if (length - labelStart == 1)
                {
                    reason = "The domain name '" + text + "' has an empty label; put exactly one dot between labels.";
                    return null;
                }

                wire[labelStart] = (byte)(length - labelStart - 1);
                labelStart = length;
                length++;
                if (length > MaxWireBytes)
                {
                    reason = TooLong(text);
                    return null;
                }

                continue;
            }

            if (c == '\\')
            {
                c = ReadEscape(text, i);
                if (c < 0)
                {
                    reason = "The domain name '" + text + "' has a wrong escape; write \\X for a character X, or \\DDD with three digits from 000 to 255.";
                    return null;
                }

                i += DnsText.IsDigit(text[i]) ? 3 : 1;
            }
            else if (c > 0x7E)
            {
                reason = "The domain name has a character outside ASCII; write that label as an A-label (RFC 5890), for example xn--bcher-kva.example.";
                return null;
            }
            else if (c <= 0x20)
            {
                reason = "The domain name '" + text + "' has a blank or control character; write it as \\DDD, for example \\032 for a space.";
                return null;
            }

            if (length - labelStart > MaxLabelBytes)
            {
                reason = "The domain name '" + text + "' has a label longer than 63 bytes; shorten it or put a dot in it.";
                return null;
            }

            // One byte is left for the root label that ends every name.
            if (length >= MaxWireBytes - 1)
            {
                reason = TooLong(text);
                return null;
            }

            wire[length] = (byte)c;
            length++;
        }

        if (length - labelStart > 1)
        {
            wire[labelStart] = (byte)(length - labelStart - 1);
            wire[length] = 0;
            length++;
        }

        var exact = new byte[length];
        Array.Copy(wire, 0, exact, 0, length);
        return new DnsName(exact);
    }

    /// <summary>Reads an uncompressed name.</summary>
    /// <param name="buffer">Holds the name.</param>
    /// <param name="offset">First byte of the name.</param>
    /// <param name="count">Bytes that may be read; the name may be shorter.</param>
    /// <returns>The name; null where the bytes are no name, or compressed.</returns>
    public static DnsName FromWire(byte[] buffer, int offset, int count)
    {
        int length = DnsWireName.Length(buffer, offset, count);
        if (length < 0)
            return null;

        if (length == 1)
            return Root;

        var wire = new byte[length];
        Array.Copy(buffer, offset, wire, 0, length);
        return new DnsName(wire);
    }

    /// <summary>Reads a name, possibly compressed, inside a message.</summary>
    /// <param name="message">Holds the message.</param>
    /// <param name="offset">First byte of the message.</param>
    /// <param name="count">Length of the message.</param>
    /// <param name="nameOffset">First byte of the name, in <paramref name="message"/>.</param>
    /// <returns>The name; null where it is malformed (see <see cref="DnsWireName.Skip"/>).</returns>
    public static DnsName FromMessage(byte[] message, int offset, int count, int nameOffset)
    {
        var wire = new byte[MaxWireBytes];
        int length = DnsWireName.Expand(message, offset, count, nameOffset, wire, 0);
        return length < 0 ? null : FromWire(wire, 0, length);
    }

    /// <summary>Puts a label in front, as <c>www</c> before <c>example.com.</c>.</summary>
    /// <param name="prefix">The name whose labels come first.</param>
    /// <param name="suffix">The name whose labels come last.</param>
    /// <returns>The joined name; null where it would exceed 255 bytes.</returns>
    public static DnsName Concat(DnsName prefix, DnsName suffix)
    {
        if (prefix == null)
            throw new ArgumentNullException("prefix");

        if (suffix == null)
            throw new ArgumentNullException("suffix");

        int length = prefix._wire.Length - 1 + suffix._wire.Length;
        if (length > MaxWireBytes)
            return null;

        var wire = new byte[length];
        Array.Copy(prefix._wire, 0, wire, 0, prefix._wire.Length - 1);
        Array.Copy(suffix._wire, 0, wire, prefix._wire.Length - 1, suffix._wire.Length);
        return new DnsName(wire);
    }

    /// <summary>Compares two names without regard to ASCII case.</summary>
    /// <param name="a">A name, or null.</param>
    /// <param name="b">A name, or null.</param>
    /// <returns>True where they are equal, or both null.</returns>
    public static bool AreEqual(DnsName a, DnsName b)
    {
        if ((object)a == null || (object)b == null)
            return (object)a == (object)b;

        return a._wire.Length == b._wire.Length && DnsWireName.AreEqual(a._wire, 0, b._wire, 0, a._wire.Length);
    }

    /// <summary>Whether this name is <paramref name="ancestor"/> or below it.</summary>
    /// <param name="ancestor">The name above.</param>
    /// <returns>True where this name ends with all labels of <paramref name="ancestor"/>.</returns>
    public bool IsAtOrBelow(DnsName ancestor)
    {
        if (ancestor == null)
            throw new ArgumentNullException("ancestor");

        int at = 0;
        while (_wire.Length - at > ancestor._wire.Length)
            at += 1 + _wire[at];

        return _wire.Length - at == ancestor._wire.Length && DnsWireName.AreEqual(_wire, at, ancestor._wire, 0, ancestor._wire.Length);
    }

    /// <summary>Writes the uncompressed wire form without allocating.</summary>
    /// <param name="buffer">Takes <see cref="WireLength"/> bytes.</param>
    /// <param name="offset">Where the first byte goes.</param>
    /// <returns>Bytes written, <see cref="WireLength"/>.</returns>
    public int CopyTo(byte[] buffer, int offset)
    {
        Array.Copy(_wire, 0, buffer, offset, _wire.Length);
        return _wire.Length;
    }

    /// <summary>The presentation form, with a trailing dot; dots, backslashes, <c>"();@$</c> and bytes outside printable ASCII inside a label are escaped.</summary>
    /// <returns>Text that <see cref="Parse"/> reads back to the same name.</returns>
    public override string ToString()
    {
        if (_wire.Length == 1)
            return ".";

        var text = new DnsTextBuilder(_wire.Length + 8);
        int at = 0;
        while (_wire[at] != 0)
        {
            int end = at + 1 + _wire[at];
            for (int i = at + 1; i < end; i++)
            {
                int c = _wire[i];
                if (c == '.' || c == '\\' || c == '"' || c == '(' || c == ')' || c == ';' || c == '@' || c == '$')
                {
                    text.Append('\\');
                    text.Append((char)c);
                }
                else if (c <= 0x20 || c > 0x7E)
                {
                    text.AppendDecimalEscape(c);
                }
                else
                {
                    text.Append((char)c);
                }
            }

            text.Append('.');
            at = end;
        }

        return text.ToString();
    }

    /// <summary>Compares without regard to ASCII case.</summary>
    /// <param name="obj">Another name.</param>
    /// <returns>True where <paramref name="obj"/> is an equal name.</returns>
    public override bool Equals(object obj)
    {
        DnsName other = obj as DnsName;
        return other != null && AreEqual(this, other);
    }

    /// <summary>A hash that equal names share.</summary>
    /// <returns>The hash.</returns>
    public override int GetHashCode()
    {
        int hash = 17;
        for (int i = 0; i < _wire.Length; i++)
            hash = unchecked((hash * 31) + DnsText.ToLower(_wire[i]));

        return hash;
    }

    private static int ReadEscape(string text, int at)
    {
        if (at >= text.Length)
            return -1;

        int c = text[at];
        if (!DnsText.IsDigit(c))
            return c < 0x20 || c > 0x7E ? -1 : c;

        if (at + 2 >= text.Length || !DnsText.IsDigit(text[at + 1]) || !DnsText.IsDigit(text[at + 2]))
            return -1;

        int value = ((c - '0') * 100) + ((text[at + 1] - '0') * 10) + (text[at + 2] - '0');
        return value > 255 ? -1 : value;
    }

    private static string TooLong(string text)
    {
        return "The domain name '" + text + "' is longer than 255 bytes in wire form (a byte a label, and one for the root); shorten it.";
    }
}
