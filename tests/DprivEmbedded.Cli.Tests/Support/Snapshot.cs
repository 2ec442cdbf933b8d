using System;
using System.IO;
using Xunit;

namespace DprivEmbedded.Cli.Tests.Support;

/// <summary>Committed outputs. With DPRIV_ACCEPT_SNAPSHOTS=1 in the environment they are written instead of compared.</summary>
internal static class Snapshot
{
    public static void Matches(string name, string actual)
    {
        string[] path = ["tests", "DprivEmbedded.Cli.Tests", "Snapshots", name + ".txt"];
        if (Environment.GetEnvironmentVariable("DPRIV_ACCEPT_SNAPSHOTS") == "1")
            File.WriteAllText(Path.Combine([Repository.Root, .. path]), actual);

        string expected = Repository.Read(path);
        Assert.True(expected == actual, $"{name} is not as committed (DPRIV_ACCEPT_SNAPSHOTS=1 takes the new one):\n{actual}");
    }
}
