using System;
using System.Collections.Generic;
using System.Text;

namespace DprivEmbedded.Crypto.BouncyCastle.Signing;

/// <summary>PEM text encoding (RFC 7468): reading all blocks of a text and writing one.</summary>
public static class PemText
{
    private const string BeginMark = "-----BEGIN ";
    private const string EndMark = "-----END ";
    private const string Dashes = "-----";
    private const int LineChars = 64;

    /// <summary>Writes one block with lines of 64 characters, each ended by a line feed.</summary>
    /// <param name="label">The label, "CERTIFICATE" for example.</param>
    /// <param name="der">The bytes.</param>
    /// <returns>The block.</returns>
    public static string Write(string label, byte[] der)
    {
        string base64 = Convert.ToBase64String(der);
        StringBuilder text = new StringBuilder();
        text.Append(BeginMark).Append(label).Append(Dashes).Append('\n');
        for (int i = 0; i < base64.Length; i += LineChars)
            text.Append(base64, i, Math.Min(LineChars, base64.Length - i)).Append('\n');

        return text.Append(EndMark).Append(label).Append(Dashes).Append('\n').ToString();
    }

    /// <summary>Reads every block; text outside of blocks is skipped.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Label and bytes of each block, in order.</returns>
    /// <exception cref="FormatException">A block does not end, or holds something other than base64.</exception>
    public static IReadOnlyList<KeyValuePair<string, byte[]>> ReadAll(string text)
    {
        List<KeyValuePair<string, byte[]>> blocks = new List<KeyValuePair<string, byte[]>>();
        int position = 0;
        while (true)
        {
            int begin = text.IndexOf(BeginMark, position, StringComparison.Ordinal);
            if (begin < 0)
                return blocks;

            int labelStart = begin + BeginMark.Length;
            int labelEnd = text.IndexOf(Dashes, labelStart, StringComparison.Ordinal);
            if (labelEnd < 0)
                throw new FormatException("A PEM block has an unfinished first line.");

            string label = text.Substring(labelStart, labelEnd - labelStart);
            int bodyStart = labelEnd + Dashes.Length;
            string endLine = EndMark + label + Dashes;
            int bodyEnd = text.IndexOf(endLine, bodyStart, StringComparison.Ordinal);
            if (bodyEnd < 0)
                throw new FormatException("The PEM block \"" + label + "\" does not end.");

            byte[] der;
            try
            {
                der = Convert.FromBase64String(text.Substring(bodyStart, bodyEnd - bodyStart));
            }
            catch (FormatException e)
            {
                throw new FormatException("The PEM block \"" + label + "\" holds no base64.", e);
            }

            blocks.Add(new KeyValuePair<string, byte[]>(label, der));
            position = bodyEnd + endLine.Length;
        }
    }
}
