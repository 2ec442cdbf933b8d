namespace DprivEmbedded.Dns;

/// <summary>Small ASCII helpers that the smallest runtimes lack.</summary>
internal static class DnsText
{
    internal static bool IsDigit(int c)
    {
        return c >= '0' && c <= '9';
    }

    internal static int ToLower(int c)
    {
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }

    internal static bool EqualsIgnoreCase(string a, string b)
    {
        if (a.Length != b.Length)
            return false;

        for (int i = 0; i < a.Length; i++)
        {
            if (ToLower(a[i]) != ToLower(b[i]))
                return false;
        }

        return true;
    }

    /// <summary>The mnemonic of a code; null where it has none.</summary>
    internal static string NameOf(int code, int[] codes, string[] names)
    {
        for (int i = 0; i < codes.Length; i++)
        {
            if (codes[i] == code)
                return names[i];
        }

        return null;
    }

    /// <summary>The number behind a mnemonic, or behind <paramref name="prefix"/> and a decimal number up to <paramref name="max"/>; -1 where the text is neither.</summary>
    internal static int CodeOf(string text, int[] codes, string[] names, string prefix, int max)
    {
        if (text == null)
            return -1;

        for (int i = 0; i < names.Length; i++)
        {
            if (EqualsIgnoreCase(text, names[i]))
                return codes[i];
        }

        if (text.Length <= prefix.Length || !EqualsIgnoreCase(text.Substring(0, prefix.Length), prefix))
            return -1;

        return ParseNumber(text, prefix.Length, max);
    }

    /// <summary>A decimal number that fills the text from <paramref name="start"/>; -1 where it is none or above <paramref name="max"/>.</summary>
    internal static int ParseNumber(string text, int start, int max)
    {
        if (start >= text.Length || text.Length - start > 9)
            return -1;

        int value = 0;
        for (int i = start; i < text.Length; i++)
        {
            if (!IsDigit(text[i]))
                return -1;

            value = (value * 10) + (text[i] - '0');
        }

        return value > max ? -1 : value;
    }

    /// <summary>Decodes UTF-8 for display: what is malformed, and control characters, become U+FFFD, so that a server's text cannot steer a terminal.</summary>
    internal static string DecodeUtf8(byte[] buffer, int offset, int count)
    {
        var chars = new char[count];
        int written = 0;
        int at = offset;
        int end = offset + count;
        while (at < end)
        {
            int lead = buffer[at];
            at++;
            int more = lead < 0x80 ? 0 : lead >= 0xC2 && lead < 0xE0 ? 1 : lead >= 0xE0 && lead < 0xF0 ? 2 : lead >= 0xF0 && lead < 0xF5 ? 3 : -1;
            int value = more <= 0 ? lead : more == 1 ? lead & 0x1F : more == 2 ? lead & 0x0F : lead & 0x07;
            int taken = 0;
            while (taken < more && at < end && (buffer[at] & 0xC0) == 0x80)
            {
                value = (value << 6) | (buffer[at] & 0x3F);
                at++;
                taken++;
            }

            bool bad = more < 0 || taken < more || value < 0x20 || (value >= 0x7F && value < 0xA0)
                || (more == 2 && value < 0x800) || (value >= 0xD800 && value < 0xE000) || (more == 3 && (value < 0x10000 || value > 0x10FFFF))
                || (value >= 0x202A && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069) || value == 0x2028 || value == 0x2029;
            if (bad)
            {
                chars[written] = '\uFFFD';
                written++;
            }
            else if (value >= 0x10000)
            {
                chars[written] = (char)(0xD800 + ((value - 0x10000) >> 10));
                chars[written + 1] = (char)(0xDC00 + ((value - 0x10000) & 0x3FF));
                written += 2;
            }
            else
            {
                chars[written] = (char)value;
                written++;
            }
        }

        return new string(chars, 0, written);
    }
}
