using System;

namespace DprivEmbedded.Tls;

/// <summary>Reads SPKI pins in the notations in use.</summary>
public static class SpkiPin
{
    private const int HexChars = 64;
    private const int Base64Chars = 44;
    private const string SlashPrefix = "sha256/";
    private const string QuotedPrefix = "pin-sha256=\"";

    /// <summary>Parses a pin: 44 characters of base64 or 64 of hexadecimal, alone, behind "sha256/" or "sha256//", or as pin-sha256="..." (RFC 7469).</summary>
    /// <param name="text">The pin's text.</param>
    /// <returns>The SHA-256 value, 32 bytes.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="ArgumentException">The text is no pin; the message says why.</exception>
    public static byte[] Parse(string text)
    {
        if (text == null)
            throw new ArgumentNullException("text");

        int start = 0;
        int end = text.Length;
        if (StartsWith(text, QuotedPrefix))
        {
            start = QuotedPrefix.Length;
            if (end == start || text[end - 1] != '"')
                throw new ArgumentException("The SPKI pin has no closing quotation mark.");

            end--;
        }
        else if (StartsWith(text, SlashPrefix))
        {
            start = SlashPrefix.Length;
            if (end - start == Base64Chars + 1 && text[start] == '/')
                start++;
        }

        byte[] pin = new byte[SpkiPinVerifier.PinBytes];
        if (end - start == HexChars)
            ParseHex(text, start, pin);
        else if (end - start == Base64Chars)
            ParseBase64(text, start, pin);
        else
            throw new ArgumentException("An SPKI pin has 44 characters of base64 or 64 of hexadecimal; this one has " + (end - start).ToString() + ".");

        return pin;
    }

    private static bool StartsWith(string text, string prefix)
    {
        if (text.Length < prefix.Length)
            return false;

        for (int i = 0; i < prefix.Length; i++)
        {
            if (text[i] != prefix[i])
                return false;
        }

        return true;
    }

    private static void ParseHex(string text, int start, byte[] pin)
    {
        for (int i = 0; i < pin.Length; i++)
        {
            int high = HexDigit(text[start + (2 * i)]);
            int low = HexDigit(text[start + (2 * i) + 1]);
            if (high < 0 || low < 0)
                throw new ArgumentException("The SPKI pin has a character that is not hexadecimal.");

            pin[i] = (byte)((high << 4) | low);
        }
    }

    private static void ParseBase64(string text, int start, byte[] pin)
    {
        if (text[start + Base64Chars - 1] != '=')
            throw new ArgumentException("An SPKI pin in base64 ends with \"=\".");

        int bits = 0;
        int bitCount = 0;
        int written = 0;
        for (int i = 0; i < Base64Chars - 1; i++)
        {
            int digit = Base64Digit(text[start + i]);
            if (digit < 0)
                throw new ArgumentException("The SPKI pin has a character that is not base64.");

            bits = ((bits << 6) | digit) & 0x3fff;
            bitCount += 6;
            if (bitCount >= 8)
            {
                bitCount -= 8;
                pin[written++] = (byte)((bits >> bitCount) & 0xff);
            }
        }

        // 43 digits are 258 bits: the last two belong to no byte.
        if ((bits & 3) != 0)
            throw new ArgumentException("The SPKI pin's last base64 digit is not one that 32 bytes can end with.");
    }

    private static int HexDigit(char c)
    {
        if (c >= '0' && c <= '9')
            return c - '0';
        if (c >= 'a' && c <= 'f')
            return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
            return c - 'A' + 10;

        return -1;
    }

    private static int Base64Digit(char c)
    {
        if (c >= 'A' && c <= 'Z')
            return c - 'A';
        if (c >= 'a' && c <= 'z')
            return c - 'a' + 26;
        if (c >= '0' && c <= '9')
            return c - '0' + 52;
        if (c == '+')
            return 62;
        if (c == '/')
            return 63;

        return -1;
    }
}
