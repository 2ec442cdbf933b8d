using DprivEmbedded.Sessions;

namespace DprivEmbedded.Interop.Clients;

/// <summary>A session store in memory, to be shared by resolvers that follow each other.</summary>
public sealed class MemoryStore : IBlobStore
{
    private byte[]? _block;

    public int LastError { get; private set; }

    public string? LastErrorText { get; private set; }

    public bool IsEmpty => _block is null;

    public byte[]? Read(int maxBytes)
    {
        LastError = _block is null ? SessionStoreError.NotFound : _block.Length > maxBytes ? SessionStoreError.TooLarge : SessionStoreError.None;
        LastErrorText = LastError == SessionStoreError.None ? null : SessionStoreError.Describe(LastError);
        return LastError == SessionStoreError.None ? (byte[])_block!.Clone() : null;
    }

    public byte[]? Take(int maxBytes)
    {
        var block = Read(maxBytes);
        _block = null;
        return block;
    }

    public bool Write(byte[] buffer, int offset, int count)
    {
        _block = buffer[offset..(offset + count)];
        LastError = SessionStoreError.None;
        LastErrorText = null;
        return true;
    }

    public bool Delete()
    {
        _block = null;
        LastError = SessionStoreError.None;
        LastErrorText = null;
        return true;
    }
}
