using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Sessions;
using DprivEmbedded.Sockets.Storage;
using Xunit;

namespace DprivEmbedded.Sockets.Tests.Storage;

public sealed class FileBlobStoreTests : IDisposable
{
    private readonly TempFolder _folder = new TempFolder();
    private readonly FileBlobStore _store;

    public FileBlobStoreTests()
    {
        _store = new FileBlobStore(_folder["tickets"]);
    }

    public void Dispose()
    {
        _folder.Dispose();
    }

    [Fact]
    public void WhatWasWrittenIsReadUntilItIsTaken()
    {
        Assert.Null(_store.Read(100));
        Assert.Equal(SessionStoreError.NotFound, _store.LastError);
        Assert.True(_store.Write(new byte[] { 9, 1, 2, 3, 9 }, 1, 3));
        Assert.Equal(new byte[] { 1, 2, 3 }, _store.Read(100));
        Assert.True(_store.Write(new byte[] { 4 }, 0, 1));
        Assert.Equal(new byte[] { 4 }, _store.Read(100));
        Assert.Equal(new byte[] { 4 }, _store.Take(100));
        Assert.Equal(SessionStoreError.None, _store.LastError);
        Assert.Null(_store.LastErrorText);
        Assert.Null(_store.Take(100));
        Assert.Equal(SessionStoreError.NotFound, _store.LastError);
        Assert.True(_store.Delete());
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void DeleteRemoves()
    {
        _store.Write(new byte[3], 0, 3);
        Assert.True(_store.Delete());
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void OnlyTheOwnerMayReadIt()
    {
        File.WriteAllBytes(_store.FilePath, new byte[] { 1 });
        TempFolder.SetMode(_store.FilePath, "644");
        _store.Write(new byte[3], 0, 3);
        Assert.Equal("600", TempFolder.Mode(_store.FilePath));
    }

    [Fact]
    public void ALargerFileIsNotRead()
    {
        _store.Write(new byte[101], 0, 101);
        Assert.Null(_store.Read(100));
        Assert.Equal(SessionStoreError.TooLarge, _store.LastError);
        Assert.Contains(_store.FilePath, _store.LastErrorText);
        Assert.Equal(101, _store.Read(101)!.Length);
        Assert.Null(_store.Take(100));
        Assert.Equal(SessionStoreError.TooLarge, _store.LastError);
        Assert.False(File.Exists(_store.FilePath));
    }

    [Fact]
    public void ACrashBetweenTheTemporaryFileAndItsRenamingKeepsTheOldFile()
    {
        _store.Write(new byte[] { 1, 2, 3 }, 0, 3);
        string temp = PrivateFile.WriteTemp(_store.FilePath, new byte[] { 4, 5 }, 0, 2);
        Assert.True(File.Exists(temp));

        FileBlobStore restarted = new FileBlobStore(_store.FilePath);
        Assert.Equal(new byte[] { 1, 2, 3 }, restarted.Read(100));

        // It may still be another process's: it stays until it is a minute old.
        Assert.True(restarted.Write(new byte[] { 6 }, 0, 1));
        Assert.True(File.Exists(temp));
        File.SetLastWriteTimeUtc(temp, DateTime.UtcNow.AddSeconds(-90));
        Assert.True(new FileBlobStore(_store.FilePath).Write(new byte[] { 7 }, 0, 1));
        Assert.Equal(new[] { _store.FilePath }, Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void LeftoversAreToldFromOtherPeoplesFiles()
    {
        string hex = Guid.NewGuid().ToString("N");
        string[] others = { "tickets.tmp-", "tickets.tmp-old", "tickets.tmp-" + hex + "x", "tickets.txt", "tickets2.tmp-" + hex, "tickets.tmp-12-456", "tickets.taken.bak" };
        string[] ours = { "tickets.tmp-" + hex, "tickets.taken-" + hex, "tickets.tmp-aB3xY9" };
        foreach (string name in others.Concat(ours))
        {
            File.WriteAllText(_folder[name], "x");
            File.SetLastWriteTimeUtc(_folder[name], DateTime.UtcNow.AddDays(-1));
        }

        _store.Write(new byte[1], 0, 1);
        Assert.Equal(others.Append("tickets").Order(), Directory.GetFiles(_folder.Root).Select(f => Path.GetFileName(f)).Order());
    }

    [Fact]
    public void AMissingDirectoryIsNamed()
    {
        FileBlobStore store = new FileBlobStore(_folder["missing/tickets"]);
        Assert.Null(store.Read(100));
        AssertText(store, SessionStoreError.ReadFailed, "could not be read: the directory '" + _folder["missing"] + "' does not exist; create it or name another file");
        Assert.False(store.Write(new byte[1], 0, 1));
        AssertText(store, SessionStoreError.WriteFailed, "could not be written: the directory '" + _folder["missing"] + "' does not exist; create it or name another file");
        Assert.Null(store.Take(100));
        Assert.Equal(SessionStoreError.NotFound, store.LastError);
        Assert.True(store.Delete());
    }

    [Fact]
    public void ADirectoryIsNoStore()
    {
        Directory.CreateDirectory(_folder["tickets"]);
        Assert.Null(_store.Read(100));
        AssertText(_store, SessionStoreError.ReadFailed, "it is a directory; name a file");
        Assert.False(_store.Write(new byte[1], 0, 1));
        AssertText(_store, SessionStoreError.WriteFailed, "it is a directory; name a file");
        Assert.Null(_store.Take(100));
        AssertText(_store, SessionStoreError.RemoveFailed, "it is a directory; name a file");
        Assert.False(_store.Delete());
        AssertText(_store, SessionStoreError.RemoveFailed, "it is a directory; name a file");
        Assert.Equal(new[] { _store.FilePath }, Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void AFileInPlaceOfTheDirectoryIsNamed()
    {
        File.WriteAllText(_folder["file"], "x");
        FileBlobStore store = new FileBlobStore(_folder["file/tickets"]);
        Assert.Null(store.Read(100));
        Assert.Contains("the directory '" + _folder["file"] + "' does not exist", store.LastErrorText);
        Assert.False(store.Write(new byte[1], 0, 1));
        Assert.Contains("the directory '" + _folder["file"] + "' does not exist", store.LastErrorText);
    }

    [Fact]
    public void MissingPermissionIsAClearError()
    {
        _store.Write(new byte[] { 1 }, 0, 1);
        Unprivileged.Run(() =>
        {
            const string right = "permission denied; the user who runs this program needs to read and write the file and its directory '";
            Assert.Null(_store.Read(100));
            AssertText(_store, SessionStoreError.ReadFailed, "could not be read: " + right + _folder.Root + "'");
            Assert.False(_store.Write(new byte[1], 0, 1));
            AssertText(_store, SessionStoreError.WriteFailed, right);
            Assert.Null(_store.Take(100));
            AssertText(_store, SessionStoreError.RemoveFailed, right);
            Assert.False(_store.Delete());
            AssertText(_store, SessionStoreError.RemoveFailed, right);
        });
        Assert.Equal(new byte[] { 1 }, _store.Read(100));
        Assert.Equal(new[] { _store.FilePath }, Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void AMalformedPathIsMisuse()
    {
        Assert.Throws<ArgumentException>(() => new FileBlobStore(string.Empty));
        Assert.Throws<ArgumentException>(() => new FileBlobStore("a\0b"));
        Assert.Equal(Path.GetFullPath("tickets"), new FileBlobStore("tickets").FilePath);
    }

    [Fact]
    public async Task OfSeveralTakersOneGetsTheBlock()
    {
        for (int round = 0; round < 50; round++)
        {
            _store.Write(new byte[] { 7 }, 0, 1);
            using Barrier barrier = new Barrier(4);
            byte[]?[] taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() =>
            {
                FileBlobStore store = new FileBlobStore(_store.FilePath);
                barrier.SignalAndWait();
                byte[]? block = store.Take(100);
                Assert.True(block != null || store.LastError == SessionStoreError.NotFound, store.LastErrorText);
                return block;
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            Assert.Single(taken, t => t != null);
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public async Task AReaderSeesOneWriteOrAnotherWhole()
    {
        byte[] ones = Enumerable.Repeat((byte)1, 9000).ToArray();
        byte[] twos = Enumerable.Repeat((byte)2, 5000).ToArray();
        _store.Write(ones, 0, ones.Length);
        Task[] writers = new[] { ones, twos }.Select(bytes => Task.Run(() =>
        {
            FileBlobStore store = new FileBlobStore(_store.FilePath);
            for (int i = 0; i < 60; i++)
                Assert.True(store.Write(bytes, 0, bytes.Length), store.LastErrorText);
        })).ToArray();
        Task all = Task.WhenAll(writers);
        int reads = 0;
        do
        {
            byte[] read = _store.Read(10000)!;
            Assert.NotNull(read);
            Assert.True(read.AsSpan().SequenceEqual(ones) || read.AsSpan().SequenceEqual(twos));
            reads++;
        }
        while (!all.IsCompleted);
        await all;
        Assert.True(reads > 1);
        Assert.Equal(new[] { _store.FilePath }, Directory.GetFileSystemEntries(_folder.Root));
    }

    private static void AssertText(FileBlobStore store, int error, string part)
    {
        Assert.Equal(error, store.LastError);
        Assert.StartsWith("the session store '" + store.FilePath + "' ", store.LastErrorText);
        Assert.Contains(part, store.LastErrorText);
    }
}
