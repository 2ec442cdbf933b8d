using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace DprivEmbedded.Harness;

/// <summary>Splits a master file into entries: comments dropped, parentheses joined, quotes kept together. Source: RFC 1035 section 5.1.</summary>
internal sealed class MasterFileTokenizer
{
    private readonly TextReader _reader;
    private readonly string _fileName;
    private int _line;

    internal MasterFileTokenizer(TextReader reader, string fileName)
    {
        _reader = reader;
        _fileName = fileName;
    }

    /// <summary>The last line that was read, counted from 1.</summary>
    internal int Line => _line;

    /// <summary>Reads the next entry that is not empty.</summary>
    /// <param name="tokens">Cleared and filled.</param>
    /// <param name="startsBlank">Whether the entry starts with a blank, that is, has no owner of its own.</param>
    /// <returns>False at the end of the file.</returns>
    internal bool ReadEntry(List<MasterFileToken> tokens, out bool startsBlank)
    {
        tokens.Clear();
        startsBlank = false;
        int openedAt = 0; // line of the open parenthesis
        while (_reader.ReadLine() is { } text)
        {
            _line++;
            if (tokens.Count == 0 && openedAt == 0)
                startsBlank = text.Length > 0 && text[0] is ' ' or '\t';

            ReadLine(text, tokens, ref openedAt);
            if (openedAt == 0 && tokens.Count > 0)
                return true;
        }

        if (openedAt != 0)
            throw new ZoneFormatException(_fileName, openedAt, "this '(' is never closed; put a ')' at the end of the record.");

        return false;
    }

    private void ReadLine(string text, List<MasterFileToken> tokens, ref int openedAt)
    {
        int i = 0;
        while (i < text.Length)
        {
            char c = text[i];
            switch (c)
            {
                case ' ' or '\t' or '\r':
                    i++;
                    continue;
                case ';':
                    return;
                case '(':
                    if (openedAt != 0)
                        throw Error("a '(' inside parentheses; they do not nest, drop one.");

                    openedAt = _line;
                    i++;
                    continue;
                case ')':
                    if (openedAt == 0)
                        throw Error("a ')' without a '(' before it; drop it, or open the record's parentheses.");

                    openedAt = 0;
                    i++;
                    continue;
                case '"':
                    tokens.Add(new MasterFileToken(ReadQuoted(text, ref i), true, _line));
                    if (i < text.Length && !IsDelimiter(text[i]))
                        throw Error("text right behind a closing quote; put a blank between them.");

                    continue;
                default:
                    tokens.Add(new MasterFileToken(ReadWord(text, ref i), false, _line));
                    continue;
            }
        }
    }

    private string ReadWord(string text, ref int i)
    {
        var word = new StringBuilder();
        while (i < text.Length && !IsDelimiter(text[i]))
        {
            if (text[i] == '"')
            {
                // A quoted part inside a word, as in alpn="h2,h3": the quotes stay.
                word.Append('"').Append(ReadQuoted(text, ref i)).Append('"');
                continue;
            }

            AppendCharacter(text, ref i, word);
        }

        return word.ToString();
    }

    private string ReadQuoted(string text, ref int i)
    {
        var content = new StringBuilder();
        i++;
        while (i < text.Length && text[i] != '"')
            AppendCharacter(text, ref i, content);

        if (i >= text.Length)
            throw Error("a quote is not closed on its line; put a '\"' at the end of the string.");

        i++;
        return content.ToString();
    }

    /// <summary>Takes one character, and the next one with it where it is a backslash.</summary>
    private void AppendCharacter(string text, ref int i, StringBuilder target)
    {
        int count = text[i] == '\\' ? 2 : 1;
        if (i + count > text.Length)
            throw Error("a backslash at the end of the line; write \\\\ for a backslash itself.");

        for (int end = i + count; i < end; i++)
        {
            char c = text[i];
            if (c == '\uFFFD')
                throw Error("bytes that are not UTF-8 text; is this a master file?");

            if (c < ' ' && c != '\t' || c == 0x7F)
                throw Error("the control character U+" + ((int)c).ToString("X4", CultureInfo.InvariantCulture) + "; is this a master file? Inside a string write it as \\DDD.");

            target.Append(c);
        }
    }

    private static bool IsDelimiter(char c) => c is ' ' or '\t' or '\r' or ';' or '(' or ')';

    private ZoneFormatException Error(string problem) => new(_fileName, _line, problem);
}
