using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Sessions;
using DprivEmbedded.Sockets.Storage;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Sockets.Tests.Storage;

/// <summary>The cache, its store and a file together, with several processes on one file.</summary>
public sealed class StoredSessionsTests : IDisposable
{
    private const string Server = "192.0.2.1:853|dns.example";
    private const string FolderVariable = "DPRIV_TEST_STORE_FOLDER";
    private const int Rounds = 60;
    private const long Now = 1800000000000;

    private readonly TempFolder _folder = new TempFolder();

    public void Dispose()
    {
        _folder.Dispose();
    }

    [Fact]
    public void SessionsOutliveTheProcessOnceEach()
    {
        byte[] key = FileKey.LoadOrCreate(_folder["key"], 32, out _)!;
        (SessionCache cache, SealedSessionStore store) = Open(_folder["tickets"], key);
        Assert.Equal(SessionStoreError.NotFound, store.Load(Now));
        cache.Put(Server, Ticket("one"));
        Assert.Equal(SessionStoreError.None, store.SaveIfChanged(Now));
        DateTime written = File.GetLastWriteTimeUtc(_folder["tickets"]);
        Assert.Equal(SessionStoreError.None, store.SaveIfChanged(Now));
        Assert.Equal(written, File.GetLastWriteTimeUtc(_folder["tickets"]));

        (SessionCache second, SealedSessionStore secondStore) = Open(_folder["tickets"], key);
        Assert.Equal(SessionStoreError.None, secondStore.Load(Now));
        Assert.Equal("one", Name(second.Take(Server, Now)));
        Assert.False(File.Exists(_folder["tickets"]));
        (SessionCache third, SealedSessionStore thirdStore) = Open(_folder["tickets"], key);
        Assert.Equal(SessionStoreError.NotFound, thirdStore.Load(Now));
        Assert.Equal(0, third.Count);
    }

    [Fact]
    public void AnotherFileIsNeverOverwritten()
    {
        File.WriteAllText(_folder["thesis.txt"], "not a session store");
        (SessionCache cache, SealedSessionStore store) = Open(_folder["thesis.txt"], new byte[32]);
        cache.Put(Server, Ticket("one"));
        Assert.Equal(SessionStoreError.BadMagic, store.Load(Now));
        Assert.Equal(SessionStoreError.BadMagic, store.SaveIfChanged(Now));
        Assert.Equal("one", Name(cache.Take(Server, Now)));
        Assert.Equal("not a session store", File.ReadAllText(_folder["thesis.txt"]));
    }

    [Fact]
    public void AnUnreadableStoreLeavesTheSessionsOfThisRunUsable()
    {
        (SessionCache first, SealedSessionStore firstStore) = Open(_folder["tickets"], new byte[32]);
        first.Put(Server, Ticket("old"));
        firstStore.Save(Now);
        Unprivileged.Run(() =>
        {
            (SessionCache cache, SealedSessionStore store) = Open(_folder["tickets"], new byte[32]);
            Assert.Equal(SessionStoreError.ReadFailed, store.Load(Now));
            Assert.Contains(_folder["tickets"], store.LastErrorText);
            cache.Put(Server, Ticket("new"));
            Assert.Equal(SessionStoreError.ReadFailed, store.SaveIfChanged(Now));
            Assert.Equal("new", Name(cache.Take(Server, Now)));
        });
        Assert.Equal("old", Name(first.Take(Server, Now)));
    }

    [Fact]
    public void AStoreInAReadOnlyDirectoryIsNotUsed()
    {
        (SessionCache first, SealedSessionStore firstStore) = Open(_folder["tickets"], new byte[32]);
        first.Put(Server, Ticket("old"));
        firstStore.Save(Now);
        TempFolder.SetMode(_folder["tickets"], "644");
        Unprivileged.Run(() =>
        {
            (SessionCache cache, SealedSessionStore store) = Open(_folder["tickets"], new byte[32]);
            Assert.Equal(SessionStoreError.None, store.Load(Now));
            Assert.Null(cache.Take(Server, Now));
            Assert.Equal(SessionStoreError.RemoveFailed, store.LastError);
            Assert.Contains("permission denied", store.LastErrorText);
        });
    }

    /// <summary>Three processes put, take and save on one file: no ticket is taken by two.</summary>
    [Fact]
    public async Task ProcessesThatShareAFileNeverUseTheSameTicket()
    {
        Process[] together = Enumerable.Range(0, 3).Select(_ => StartUser()).ToArray();
        foreach (Process process in together)
            await End(process);

        string[] before = Directory.GetFiles(_folder.Root, "log-*");
        Assert.Equal(3, before.Length);

        // A last one alone: what it takes first was left by another.
        await End(StartUser());
        string[] logs = Directory.GetFiles(_folder.Root, "log-*");
        string last = Assert.Single(logs.Except(before));
        Assert.False(File.ReadAllLines(last)[0].StartsWith(Path.GetFileName(last)["log-".Length..] + "-", StringComparison.Ordinal));

        string[] taken = logs.SelectMany(File.ReadAllLines).ToArray();
        Assert.Equal(taken.Length, taken.Distinct().Count());
        Assert.True(taken.Length > Rounds, "only " + taken.Length + " tickets were taken");
        Assert.Equal(new[] { "key", "tickets" }, Directory.GetFiles(_folder.Root).Select(f => Path.GetFileName(f)).Where(f => !f.StartsWith("log-", StringComparison.Ordinal)).Order());
    }

    /// <summary>One of the processes of the test above, which names the folder.</summary>
    [Fact(Explicit = true)]
    public void AUserOfASharedFile()
    {
        string folder = Environment.GetEnvironmentVariable(FolderVariable) ?? throw new InvalidOperationException(FolderVariable + " is not set");
        string me = Environment.ProcessId.ToString();
        List<string> taken = new List<string>();
        byte[]? key = FileKey.LoadOrCreate(Path.Combine(folder, "key"), 32, out string? keyError);
        Assert.Null(keyError);
        for (int round = 0; round < Rounds; round++)
        {
            (SessionCache cache, SealedSessionStore store) = Open(Path.Combine(folder, "tickets"), key!);
            int error = store.Load(Now);
            Assert.True(error is SessionStoreError.None or SessionStoreError.NotFound, store.LastErrorText);
            TlsSession? session = cache.Take(Server, Now);
            if (session != null)
                taken.Add(Name(session));

            cache.Put(Server, Ticket(me + "-" + round));
            error = store.SaveIfChanged(Now);
            Assert.True(error == SessionStoreError.None, store.LastErrorText);
        }

        File.WriteAllLines(Path.Combine(folder, "log-" + me), taken);
    }

    private static (SessionCache Cache, SealedSessionStore Store) Open(string path, byte[] key)
    {
        SessionCache cache = new SessionCache();
        return (cache, new SealedSessionStore(cache, new FileBlobStore(path), new BouncyCastleProvider(), key));
    }

    private static TlsSession Ticket(string name)
    {
        return new TlsSession
        {
            Version = ProtocolVersion.Tls13,
            CipherSuite = CipherSuite.Aes128GcmSha256,
            Secret = new byte[32],
            Ticket = System.Text.Encoding.ASCII.GetBytes(name),
            ReceivedUtcMs = Now,
            LifetimeSeconds = 7200,
        };
    }

    private static string Name(TlsSession? session)
    {
        return System.Text.Encoding.ASCII.GetString(session!.Ticket);
    }

    private static async Task End(Process process)
    {
        using (process)
        {
            string output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, output);
        }
    }

    private Process StartUser()
    {
        ProcessStartInfo start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(StoredSessionsTests).Assembly.Location);

        foreach (string argument in new[] { "-explicit", "only", "-method", typeof(StoredSessionsTests).FullName + "." + nameof(AUserOfASharedFile) })
            start.ArgumentList.Add(argument);

        start.Environment[FolderVariable] = _folder.Root;
        return Process.Start(start)!;
    }
}
