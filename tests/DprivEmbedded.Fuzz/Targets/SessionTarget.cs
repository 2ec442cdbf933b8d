using System;
using DprivEmbedded.Sessions;

namespace DprivEmbedded.Fuzz;

/// <summary>Stored sessions: a single record, and a whole block that opens under any key. What is accepted is written again and must read the same.</summary>
internal sealed class SessionTarget : FuzzTarget
{
    private readonly SessionSerializer _serializer = new();
    private readonly byte[] _output = new byte[70000];

    public override string Name => "sessions";

    public override string Description => "stored sessions: SessionSerializer, SealedSessionStore, SessionCache, SessionRules";

    public override long MaxAllocatedBytes(int inputBytes) => 16_384 + 8L * inputBytes;

    public override void Run(byte[] input)
    {
        if (input.Length < 1)
            return;

        if ((input[0] & 1) == 0)
            ReadRecord(input);
        else
            ReadBlock(input);
    }

    private void ReadRecord(byte[] input)
    {
        int error = _serializer.Read(input, 1, input.Length - 1);
        if (error != SessionStoreError.None)
        {
            FuzzFailure.Unless(_serializer.Session == null, "A session of a record that was refused.");
            return;
        }

        string server = _serializer.Server;
        TlsSession session = _serializer.Session!;
        int size = _serializer.Write(server, session, _output, 0, _output.Length);
        FuzzFailure.Unless(size > 0, "An accepted session cannot be written.");
        FuzzFailure.Unless(_serializer.Read(_output, 0, size) == SessionStoreError.None && _serializer.Server == server, "A written session cannot be read.");
    }

    private static void ReadBlock(byte[] input)
    {
        BlockStore blobs = new() { Block = input[1..] };
        SessionCache cache = new(4, 2, 1024);
        SealedSessionStore store = new(cache, blobs, new NullCryptoProvider(1), new byte[32]) { Exclusive = (input[0] & 2) != 0 };
        store.Load(1_750_000_000_000);
        FuzzFailure.Unless(cache.Count <= 8, "More sessions than the cache has room for.");
        for (int i = 0; i < cache.ServerCount && i < 4; i++)
            cache.Take(cache.Server(i), 1_750_000_000_000)?.Clear();

        store.Save(1_750_000_000_000);
        store.Erase();
    }

    internal sealed class BlockStore : IBlobStore
    {
        public byte[]? Block { get; set; }

        public int LastError { get; private set; }

        public string? LastErrorText { get; private set; }

        public byte[] Read(int maxBytes)
        {
            LastError = Block == null ? SessionStoreError.NotFound : Block.Length > maxBytes ? SessionStoreError.TooLarge : SessionStoreError.None;
            LastErrorText = LastError == SessionStoreError.None ? null : "memory";
            return LastError == SessionStoreError.None ? (byte[])Block!.Clone() : null!;
        }

        public byte[] Take(int maxBytes)
        {
            byte[] block = Read(maxBytes);
            Block = null;
            return block;
        }

        public bool Write(byte[] buffer, int offset, int count)
        {
            Block = buffer.AsSpan(offset, count).ToArray();
            LastError = SessionStoreError.None;
            return true;
        }

        public bool Delete()
        {
            Block = null;
            LastError = SessionStoreError.None;
            return true;
        }
    }
}
