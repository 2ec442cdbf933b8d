using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DprivEmbedded.Harness.Trials;

/// <summary>A JSON value that knows its line and what was asked of it: what nobody asks for is a mistake.</summary>
internal sealed class JsonItem
{
    private readonly Dictionary<string, JsonItem> _members = new(StringComparer.Ordinal);
    private readonly List<JsonItem> _items = [];
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private string _text = "";

    private JsonItem(string file, int line, JsonTokenType kind)
    {
        File = file;
        Line = line;
        Kind = kind;
    }

    public string File { get; }

    public int Line { get; }

    public JsonTokenType Kind { get; }

    public IReadOnlyList<JsonItem> Items => _items;

    public IEnumerable<string> Names => _members.Keys;

    public static JsonItem Parse(string file, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var lines = new List<int> { 0 };
        for (int i = 0; i < utf8.Length; i++)
        {
            if (utf8[i] == '\n')
                lines.Add(i + 1);
        }

        try
        {
            reader.Read();
            JsonItem root = Read(file, ref reader, lines);
            reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            throw new TrialInputException(file, (int)(e.LineNumber ?? 0) + 1, "not JSON: " + e.Message.Split(" LineNumber")[0]);
        }
    }

    public TrialInputException Wrong(string reason) => new(File, Line, reason);

    public void MustBeObject(string what)
    {
        if (Kind != JsonTokenType.StartObject)
            throw Wrong($"{what} must be an object.");
    }

    public JsonItem? Find(string name)
    {
        _asked.Add(name);
        return _members.GetValueOrDefault(name);
    }

    public JsonItem Need(string name) => Find(name) ?? throw Wrong($"\"{name}\" is missing.");

    public double Number(string name, double otherwise, double least, double most)
    {
        JsonItem? item = Find(name);
        if (item == null)
            return otherwise;
        if (item.Kind != JsonTokenType.Number)
            throw item.Wrong($"\"{name}\" must be a number.");

        double value = double.Parse(item._text, CultureInfo.InvariantCulture);
        if (!(value >= least && value <= most))
            throw item.Wrong(string.Create(CultureInfo.InvariantCulture, $"\"{name}\" must be {least} to {most}; it is {item._text}."));

        return value;
    }

    public int Whole(string name, int otherwise, int least, int most)
    {
        double value = Number(name, otherwise, least, most);
        if (value != Math.Floor(value))
            throw Find(name)!.Wrong($"\"{name}\" must be a whole number.");

        return (int)value;
    }

    public bool Flag(string name, bool otherwise)
    {
        JsonItem? item = Find(name);
        if (item == null)
            return otherwise;
        if (item.Kind is not (JsonTokenType.True or JsonTokenType.False))
            throw item.Wrong($"\"{name}\" must be true or false.");

        return item.Kind == JsonTokenType.True;
    }

    public string Text(string name, string? otherwise)
    {
        JsonItem? item = otherwise == null ? Need(name) : Find(name);
        if (item == null)
            return otherwise!;
        if (item.Kind != JsonTokenType.String)
            throw item.Wrong($"\"{name}\" must be a string.");

        return item._text;
    }

    public int Choice(string name, int otherwise, params string[] choices)
    {
        JsonItem? item = Find(name);
        if (item == null)
            return otherwise;

        int at = Array.IndexOf(choices, Text(name, null));
        return at >= 0 ? at : throw item.Wrong($"\"{name}\" must be one of {string.Join(", ", choices)}; it is \"{item._text}\".");
    }

    public string AsText() => _text;

    public double AsNumber() => Kind == JsonTokenType.Number ? double.Parse(_text, CultureInfo.InvariantCulture) : throw Wrong("a number is expected here.");

    /// <summary>Refuses members that nobody asked for.</summary>
    public void NothingElse(string where)
    {
        foreach ((string name, JsonItem item) in _members)
        {
            if (!_asked.Contains(name))
                throw item.Wrong($"\"{name}\" is not known in {where}.");
        }
    }

    private static JsonItem Read(string file, ref Utf8JsonReader reader, List<int> lines)
    {
        int at = lines.BinarySearch((int)reader.TokenStartIndex);
        var item = new JsonItem(file, (at < 0 ? ~at - 1 : at) + 1, reader.TokenType);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    string name = GetText(file, item.Line, ref reader);
                    reader.Read();
                    JsonItem member = Read(file, ref reader, lines);
                    if (!item._members.TryAdd(name, member))
                        throw member.Wrong($"\"{name}\" stands twice.");
                }

                break;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    item._items.Add(Read(file, ref reader, lines));

                break;
            case JsonTokenType.String:
                item._text = GetText(file, item.Line, ref reader);
                break;
            default:
                item._text = Encoding.UTF8.GetString(reader.ValueSpan);
                break;
        }

        return item;
    }

    private static string GetText(string file, int line, ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new TrialInputException(file, line, "half of a surrogate pair is no text.");
        }
    }
}
