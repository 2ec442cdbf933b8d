namespace DprivEmbedded.Dns;

/// <summary>Names in the bytes of a message, handled without allocating.</summary>
/// <remarks>
/// A compression pointer must lead to a place before the run of labels that it ends, and behind the header, so that no chain of pointers can loop;
/// a name follows at most 127 of them and has at most 255 bytes, so that the work for one name is bounded whatever the bytes are.
/// No method throws on the content of a message. Source: RFC 1035 sections 3.1 and 4.1.4.
/// </remarks>
public static class DnsWireName
{
    private const int HeaderBytes = 12;
    private const int MaxPointers = 127;

    /// <summary>Length of an uncompressed name.</summary>
    /// <param name="buffer">Holds the name.</param>
    /// <param name="offset">First byte of the name.</param>
    /// <param name="count">Bytes that may be read.</param>
    /// <returns>1..255; -1 where the bytes are no name, or compressed.</returns>
    public static int Length(byte[] buffer, int offset, int count)
    {
        int length = 0;
        while (length < count)
        {
            int label = buffer[offset + length];
            if (label == 0)
                return length + 1;

            if (label > DnsName.MaxLabelBytes)
                return -1;

            length += 1 + label;
            if (length >= DnsName.MaxWireBytes)
                return -1;
        }

        return -1;
    }

    /// <summary>Checks a name in a message, pointers included, and finds its end.</summary>
    /// <param name="message">Holds the message.</param>
    /// <param name="offset">First byte of the message.</param>
    /// <param name="count">Length of the message.</param>
    /// <param name="nameOffset">First byte of the name, in <paramref name="message"/>.</param>
    /// <returns>The index in <paramref name="message"/> just behind the name; -1 where the name is malformed.</returns>
    public static int Skip(byte[] message, int offset, int count, int nameOffset)
    {
        return Walk(message, offset, count, nameOffset, null, 0, true);
    }

    /// <summary>Writes a name out of a message in uncompressed form.</summary>
    /// <param name="message">Holds the message.</param>
    /// <param name="offset">First byte of the message.</param>
    /// <param name="count">Length of the message.</param>
    /// <param name="nameOffset">First byte of the name, in <paramref name="message"/>.</param>
    /// <param name="target">Takes up to 255 bytes, from <paramref name="targetOffset"/>.</param>
    /// <param name="targetOffset">Where the first byte goes.</param>
    /// <returns>Bytes written, 1..255; -1 where the name is malformed or <paramref name="target"/> is too small (it may have been written to).</returns>
    public static int Expand(byte[] message, int offset, int count, int nameOffset, byte[] target, int targetOffset)
    {
        return Walk(message, offset, count, nameOffset, target, targetOffset, false);
    }

    /// <summary>Compares a name in a message, possibly compressed, with an uncompressed one, without regard to ASCII case.</summary>
    /// <param name="message">Holds the message.</param>
    /// <param name="offset">First byte of the message.</param>
    /// <param name="count">Length of the message.</param>
    /// <param name="nameOffset">First byte of the name, in <paramref name="message"/>.</param>
    /// <param name="wire">Holds a well-formed uncompressed name, as <see cref="DnsName.CopyTo"/> writes it.</param>
    /// <param name="wireOffset">Its first byte.</param>
    /// <returns>True where they are equal; false also where the name in the message is malformed.</returns>
    public static bool EqualsName(byte[] message, int offset, int count, int nameOffset, byte[] wire, int wireOffset)
    {
        int end = offset + count;
        int at = nameOffset;
        int runStart = nameOffset;
        int pointers = 0;
        int length = 0;
        while (at >= offset && at < end)
        {
            int label = message[at];
            if (label >= 0xC0)
            {
                at = Target(message, offset, end, at, runStart);
                pointers++;
                if (at < 0 || pointers > MaxPointers)
                    return false;

                runStart = at;
                continue;
            }

            if (label > DnsName.MaxLabelBytes || wireOffset + length >= wire.Length || wire[wireOffset + length] != label)
                return false;

            if (label == 0)
                return true;

            if (at + label >= end || length + 1 + label >= DnsName.MaxWireBytes || wireOffset + length + label >= wire.Length)
                return false;

            for (int i = 1; i <= label; i++)
            {
                if (DnsText.ToLower(message[at + i]) != DnsText.ToLower(wire[wireOffset + length + i]))
                    return false;
            }

            at += 1 + label;
            length += 1 + label;
        }

        return false;
    }

    /// <summary>Compares two ranges of wire-form bytes without regard to ASCII case. Length bytes are below 64, so that they never read as letters.</summary>
    internal static bool AreEqual(byte[] a, int aOffset, byte[] b, int bOffset, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (DnsText.ToLower(a[aOffset + i]) != DnsText.ToLower(b[bOffset + i]))
                return false;
        }

        return true;
    }

    private static int Walk(byte[] message, int offset, int count, int nameOffset, byte[] target, int targetOffset, bool wantEnd)
    {
        int end = offset + count;
        int at = nameOffset;
        int runStart = nameOffset;
        int pointers = 0;
        int length = 0;
        int nameEnd = -1;
        while (at >= offset && at < end)
        {
            int label = message[at];
            if (label >= 0xC0)
            {
                if (nameEnd < 0)
                    nameEnd = at + 2;

                at = Target(message, offset, end, at, runStart);
                pointers++;
                if (at < 0 || pointers > MaxPointers)
                    return -1;

                runStart = at;
                continue;
            }

            if (label > DnsName.MaxLabelBytes || at + label >= end || length + 1 + label > DnsName.MaxWireBytes)
                return -1;

            if (target != null)
            {
                if (targetOffset + length + 1 + label > target.Length)
                    return -1;

                for (int i = 0; i <= label; i++)
                    target[targetOffset + length + i] = message[at + i];
            }

            at += 1 + label;
            length += 1 + label;
            if (label == 0)
            {
                if (nameEnd < 0)
                    nameEnd = at;

                return wantEnd ? nameEnd : length;
            }
        }

        return -1;
    }

    private static int Target(byte[] message, int offset, int end, int at, int runStart)
    {
        if (at + 1 >= end)
            return -1;

        int target = ((message[at] & 0x3F) << 8) | message[at + 1];
        return target < HeaderBytes || offset + target >= runStart ? -1 : offset + target;
    }
}
