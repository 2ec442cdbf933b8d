using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;

namespace DprivEmbedded.Harness.Trials;

/// <summary>Device profiles and scenarios that are part of the program.</summary>
public static class ShippedData
{
    private static readonly Assembly Here = typeof(ShippedData).Assembly;

    /// <summary>Names of the shipped device profiles.</summary>
    public static IReadOnlyList<string> Devices => Names("Profiles/").Where(name => name != "exchanges").ToList();

    /// <summary>Names of the shipped scenarios.</summary>
    public static IReadOnlyList<string> Scenarios => Names("Scenarios/");

    /// <summary>The text of a shipped scenario.</summary>
    /// <param name="name">One of <see cref="Scenarios"/>.</param>
    public static string ScenarioText(string name) => Read("Scenarios/" + name + ".json") ?? throw new ArgumentException("No such scenario: " + name, nameof(name));

    /// <summary>The text of a shipped profile; null where there is none.</summary>
    /// <param name="name">One of <see cref="Devices"/>, or exchanges.</param>
    public static string? ProfileText(string name) => Read("Profiles/" + name + ".json");

    private static List<string> Names(string folder) => Here.GetManifestResourceNames()
        .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
        .Select(name => name[folder.Length..^".json".Length])
        .Order(StringComparer.Ordinal)
        .ToList();

    private static string? Read(string name)
    {
        using Stream? stream = Here.GetManifestResourceStream(name);
        if (stream == null)
            return null;

        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
