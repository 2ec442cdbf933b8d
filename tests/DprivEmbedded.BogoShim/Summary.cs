using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DprivEmbedded.BogoShim;

/// <summary>Counts what the runner did: passes by version, and every test that was not run by the reason that config.json gives.</summary>
internal sealed class Summary
{
    private const string VersionsUnknown = "version unknown";

    private readonly Dictionary<string, string> _disabled;
    private readonly Dictionary<string, string> _unimplemented;
    private readonly Dictionary<string, string> _notes = [];
    private readonly Dictionary<string, string> _clientTests = [];
    private readonly Dictionary<string, string> _results = [];
    private readonly StringBuilder _log = new();
    private bool _good = true;

    /// <param name="config">config.json.</param>
    /// <param name="list">Transcripts of the run in which every test was only asked for.</param>
    /// <param name="run">Transcripts of the run.</param>
    /// <param name="log">What the runner printed.</param>
    public Summary(string config, string list, string run, string log)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(config));
        _disabled = Map(json.RootElement.GetProperty("DisabledTests"));
        _unimplemented = Map(json.RootElement.GetProperty("UnimplementedFlags"));
        ReadNotes(list, _clientTests);
        ReadNotes(run, _notes);
        foreach (string line in File.ReadLines(log))
        {
            Match match = Regex.Match(line, @"^(PASSED|FAILED|UNIMPLEMENTED) \((.*)\)$");
            if (match.Success)
                _results[match.Groups[2].Value] = match.Groups[1].Value;
        }
    }

    /// <summary>Prints the tables.</summary>
    /// <returns>Whether every test passed that config.json does not list, and each of its lines is needed.</returns>
    public bool Print()
    {
        Dictionary<string, string> reasons = [];
        HashSet<string> unused = [.. _disabled.Keys, .. _unimplemented.Keys];
        Dictionary<string, Regex> patterns = _disabled.Keys.ToDictionary(pattern => pattern, Glob);
        int beyond = 0;
        foreach ((string test, string note) in _clientTests)
        {
            if (note.Length > 0)
            {
                string flag = note["unimplemented ".Length..];
                unused.Remove(flag);
                if (!_unimplemented.TryGetValue(flag, out string? why))
                    Complain(test + ": the flag " + flag + " is not known, and config.json does not say why");
                else if (flag is "-server" or "-quic" or "-quic-transport-params")
                    beyond++;
                else
                    reasons[test] = why;

                continue;
            }

            foreach ((string pattern, Regex glob) in patterns)
            {
                if (!glob.IsMatch(test))
                    continue;

                unused.Remove(pattern);
                reasons[test] = _disabled[pattern];
                // With -include-disabled: a pattern is no broader than its reason.
                if (_results.GetValueOrDefault(test) == "PASSED")
                    Complain(test + " passes, but config.json leaves it out by " + pattern);
            }

            if (reasons.ContainsKey(test))
                continue;
            if (!_results.TryGetValue(test, out string? result))
                Complain(test + " was not run");
            else if (result != "PASSED")
                Complain(test + ": " + result);
        }

        foreach (string line in unused)
            Complain("config.json: nothing is left out by " + line);

        _log.AppendLine("passed");
        int passed = 0;
        foreach (var version in _results.Where(r => r.Value == "PASSED" && !reasons.ContainsKey(r.Key)).GroupBy(r => _notes.GetValueOrDefault(r.Key, VersionsUnknown)).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            _log.AppendLine($"{version.Count(),7} {version.Key}");
            passed += version.Count();
        }

        _log.AppendLine($"{passed,7} in all");
        _log.AppendLine("client tests that are not run");
        foreach (var reason in reasons.GroupBy(r => r.Value).OrderByDescending(g => g.Count()))
            _log.AppendLine($"{reason.Count(),7} {reason.Key}");

        _log.AppendLine($"{reasons.Count,7} in all");
        _log.AppendLine($"{beyond,7} tests of servers or of QUIC are none of these");
        Console.Write(_log);
        return _good;
    }

    private static Dictionary<string, string> Map(JsonElement element) => element.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);

    private static void ReadNotes(string folder, Dictionary<string, string> notes)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*-shim", SearchOption.AllDirectories))
            notes[Path.GetFileName(file)[..^"-shim".Length]] = File.ReadAllText(file);
    }

    /// <summary>A pattern in the notation of Go's filepath.Match.</summary>
    private static Regex Glob(string pattern)
    {
        string text = Regex.Escape(pattern).Replace("\\*", "[^/]*", StringComparison.Ordinal).Replace("\\[\\^", "[^", StringComparison.Ordinal).Replace("\\[", "[", StringComparison.Ordinal);
        return new Regex("^" + text + "$", RegexOptions.CultureInvariant);
    }

    private void Complain(string text)
    {
        _good = false;
        Console.WriteLine("NOT AS LISTED " + text);
    }
}
