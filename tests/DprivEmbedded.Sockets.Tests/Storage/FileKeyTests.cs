using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Sockets.Storage;
using Xunit;

namespace DprivEmbedded.Sockets.Tests.Storage;

public sealed class FileKeyTests : IDisposable
{
    private readonly TempFolder _folder = new TempFolder();

    public void Dispose()
    {
        _folder.Dispose();
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    public void AKeyIsMadeOnceAndReadAgain(int keyBytes)
    {
        byte[]? made = FileKey.LoadOrCreate(_folder["key"], keyBytes, out string? error);
        Assert.Null(error);
        Assert.Equal(keyBytes, made!.Length);
        Assert.Contains(made, b => b != 0);
        Assert.Equal(made, FileKey.LoadOrCreate(_folder["key"], keyBytes, out _));
        Assert.Equal(made, File.ReadAllBytes(_folder["key"]));
        Assert.NotEqual(made, FileKey.LoadOrCreate(_folder["other"], keyBytes, out _));
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Root).Length);
        if (!OperatingSystem.IsWindows())
            Assert.Equal("600", TempFolder.Mode(_folder["key"]));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(16, "16")]
    [InlineData(33, "more than 32")]
    public void AFileOfAnotherSizeIsLeftAlone(int bytes, string said)
    {
        File.WriteAllBytes(_folder["key"], new byte[bytes]);
        Assert.Null(FileKey.LoadOrCreate(_folder["key"], 32, out string? error));
        Assert.Equal("the session key '" + _folder["key"] + "' has " + said + " bytes where 32 are needed; name another file, or remove it to have a new one made", error);
        Assert.Equal(bytes, File.ReadAllBytes(_folder["key"]).Length);
    }

    [Fact]
    public void AKeyThatOthersMayReadIsRefused()
    {
        FileKey.LoadOrCreate(_folder["key"], 32, out _);
        foreach (string mode in new[] { "640", "604", "660", "610" })
        {
            TempFolder.SetMode(_folder["key"], mode);
            Assert.Null(FileKey.LoadOrCreate(_folder["key"], 32, out string? error));
            Assert.Equal("the session key '" + _folder["key"] + "' is open to others; 'chmod 600' it, or remove it to have a new one made", error);
        }

        TempFolder.SetMode(_folder["key"], "400");
        Assert.NotNull(FileKey.LoadOrCreate(_folder["key"], 32, out _));
    }

    [Fact]
    public void WhatCannotBeMadeOrReadIsAClearError()
    {
        Assert.Null(FileKey.LoadOrCreate(_folder["missing/key"], 32, out string? error));
        Assert.Equal("the session key '" + _folder["missing/key"] + "' could not be made: the directory '" + _folder["missing"] + "' does not exist; create it or name another file", error);
        Directory.CreateDirectory(_folder["directory"]);
        Assert.Null(FileKey.LoadOrCreate(_folder["directory"], 32, out error));
        Assert.Equal("the session key '" + _folder["directory"] + "' could not be read: it is a directory; name a file", error);
        FileKey.LoadOrCreate(_folder["key"], 32, out _);
        Unprivileged.Run(() =>
        {
            Assert.Null(FileKey.LoadOrCreate(_folder["key"], 32, out string? denied));
            Assert.StartsWith("the session key '" + _folder["key"] + "' could not be read: permission denied; ", denied);
            Assert.Null(FileKey.LoadOrCreate(_folder["new"], 32, out denied));
            Assert.StartsWith("the session key '" + _folder["new"] + "' could not be made: permission denied; ", denied);
        });
    }

    [Fact]
    public void MisuseIsAnException()
    {
        Assert.Throws<ArgumentException>(() => FileKey.LoadOrCreate(_folder["key"], 24, out _));
        Assert.Throws<ArgumentException>(() => FileKey.LoadOrCreate(string.Empty, 32, out _));
    }

    [Fact]
    public async Task ThoseWhoStartTogetherGetOneKey()
    {
        for (int round = 0; round < 100; round++)
        {
            string path = _folder["key" + round];
            using Barrier barrier = new Barrier(4);
            string[] keys = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() =>
            {
                barrier.SignalAndWait();
                byte[]? key = FileKey.LoadOrCreate(path, 32, out string? error);
                Assert.Null(error);
                return Convert.ToHexString(key!);
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            Assert.Single(keys.Distinct());
            Assert.Equal(keys[0], Convert.ToHexString(File.ReadAllBytes(path)));
        }

        Assert.Equal(100, Directory.GetFileSystemEntries(_folder.Root).Length);
    }
}
