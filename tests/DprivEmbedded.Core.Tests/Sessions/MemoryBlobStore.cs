using System;
using DprivEmbedded.Sessions;

namespace DprivEmbedded.Core.Tests.Sessions;

/// <summary>A block in memory that can fail and counts what is done to it.</summary>
internal sealed class MemoryBlobStore : IBlobStore
{
    internal byte[]? Block;

    internal int Writes;

    internal int Removals;

    internal bool FailRead;

    internal bool FailWrite;

    internal bool FailRemove;

    public int LastError { get; private set; }

    public string? LastErrorText { get; private set; }

    public byte[]? Read(int maxBytes)
    {
        if (FailRead)
            return Failed(SessionStoreError.ReadFailed, "memory cannot be read");

        if (Block == null)
            return Failed(SessionStoreError.NotFound, "memory is empty");

        if (Block.Length > maxBytes)
            return Failed(SessionStoreError.TooLarge, "memory is full");

        Succeed();
        return (byte[])Block.Clone();
    }

    public byte[]? Take(int maxBytes)
    {
        if (FailRemove && Block != null)
            return Failed(SessionStoreError.RemoveFailed, "memory cannot be removed");

        byte[]? block = Read(maxBytes);
        if (Block != null)
            Removals++;

        Block = null;
        return block;
    }

    public bool Write(byte[] buffer, int offset, int count)
    {
        if (FailWrite)
        {
            Failed(SessionStoreError.WriteFailed, "memory cannot be written");
            return false;
        }

        Block = buffer.AsSpan(offset, count).ToArray();
        Writes++;
        return Succeed();
    }

    public bool Delete()
    {
        if (FailRemove)
        {
            Failed(SessionStoreError.RemoveFailed, "memory cannot be removed");
            return false;
        }

        if (Block != null)
            Removals++;

        Block = null;
        return Succeed();
    }

    private bool Succeed()
    {
        LastError = SessionStoreError.None;
        LastErrorText = null;
        return true;
    }

    private byte[]? Failed(int error, string text)
    {
        LastError = error;
        LastErrorText = text;
        return null;
    }
}
