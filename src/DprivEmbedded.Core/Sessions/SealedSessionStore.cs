using System;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sessions;

/// <summary>Keeps a copy of a <see cref="SessionCache"/> in stable storage, encrypted and authenticated under the caller's key: docs/formats/session-store.md. Not thread-safe: one user with its cache.</summary>
/// <remarks>
/// <para>
/// A session is used once however often the device restarts and however many processes share the storage. The rule: a session whose copy is in stable
/// storage is claimed before it is used. Claiming removes the stored block (<see cref="IBlobStore.Take"/>); the cache does it by itself in
/// <see cref="SessionCache.Take"/>. Where the block was taken by another or cannot be removed, the cache drops its sessions, and a full handshake follows.
/// </para>
/// <para>
/// Order of operations: <see cref="Load"/> once at the start; connect as often as needed; <see cref="SaveIfChanged"/> when the tickets of a connection have
/// arrived, and before deep sleep or exit. A crash after Load and before the first Take loses nothing; a crash between Take or the start of a save and the end of the next
/// save loses the sessions, which costs one full handshake; in no case is a ticket restored that was used. A stored copy therefore never slows two connects in a row.
/// </para>
/// <para>
/// Flash wear: Load and a connection that needs no stored session write nothing; the first Take after a load or save removes the block once;
/// a save writes it once, and not at all where nothing changed.
/// </para>
/// <para>
/// Not protected against: who puts an old copy of the block back. The save counter inside tells only a caller who keeps the last <see cref="Counter"/> elsewhere.
/// Nor against who has the key.
/// </para>
/// </remarks>
public sealed class SealedSessionStore
{
    /// <summary>The format version that is written, and the only one that is read.</summary>
    public const int FormatVersion = 1;

    /// <summary>The largest block that is read or written by default, in bytes.</summary>
    public const int DefaultMaxBytes = 16384;

    /// <summary>The longest age of a session in stable storage by default: 24 hours. Source: RFC 5246 section F.1.4.</summary>
    public const int DefaultMaxAgeSeconds = 86400;

    internal const int HeaderBytes = 24;
    internal const int ListHeaderBytes = 18;
    private const int NonceOffset = 12;
    private const int NonceBytes = 12;
    private const uint Magic = 0x44505353;

    private readonly SessionCache _cache;
    private readonly IBlobStore _blobs;
    private readonly IAead _aead;
    private readonly IRandomSource _random;
    private readonly int _algorithm;
    private readonly SessionSerializer _serializer = new SessionSerializer();
    private readonly ByteReader _reader = new ByteReader();
    private readonly ByteWriter _writer = new ByteWriter();
    private readonly byte[] _nonce = new byte[NonceBytes];
    private readonly byte[] _heldNonce = new byte[NonceBytes];
    private int _savedChanges;
    private bool _examined;
    private bool _holds;

    /// <summary>Makes a store for a cache. Nothing is read yet.</summary>
    /// <param name="cache">The cache; it has one store at most.</param>
    /// <param name="blobs">Where the block is kept.</param>
    /// <param name="crypto">Gives the AEAD and the random source.</param>
    /// <param name="key">16 bytes: AES-128-GCM. 32 bytes: ChaCha20-Poly1305. Copied. It is worth as much as the place where the caller keeps it.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The key has another size, or the provider lacks the algorithm.</exception>
    public SealedSessionStore(SessionCache cache, IBlobStore blobs, ICryptoProvider crypto, byte[] key)
    {
        if (cache == null)
            throw new ArgumentNullException(nameof(cache));

        if (blobs == null)
            throw new ArgumentNullException(nameof(blobs));

        if (crypto == null)
            throw new ArgumentNullException(nameof(crypto));

        if (key == null)
            throw new ArgumentNullException(nameof(key));

        if (key.Length != 16 && key.Length != 32)
            throw new ArgumentException("the key of a session store has 16 bytes (AES-128-GCM) or 32 (ChaCha20-Poly1305)");

        _algorithm = key.Length == 16 ? AeadAlgorithm.Aes128Gcm : AeadAlgorithm.ChaCha20Poly1305;
        _aead = crypto.CreateAead(_algorithm);
        if (_aead == null)
            throw new ArgumentException("the crypto provider lacks the algorithm of this key size");

        _aead.SetKey(key, 0);
        _random = crypto.Random;
        _cache = cache;
        _blobs = blobs;
        MaxBytes = DefaultMaxBytes;
        MaxAgeSeconds = DefaultMaxAgeSeconds;
        cache.Attach(this);
    }

    /// <summary>The largest block that is read or written, in bytes. What does not fit is not stored, the oldest first.</summary>
    public int MaxBytes { get; set; }

    /// <summary>The longest age of a session that is stored or restored, in seconds.</summary>
    public int MaxAgeSeconds { get; set; }

    /// <summary>The counter of the last save seen or made; each save counts one up. A caller who keeps it where no one can turn it back sets it before <see cref="Load"/>: then an older block is <see cref="SessionStoreError.Stale"/>.</summary>
    public long Counter { get; set; }

    /// <summary>Whether the place is this store's alone, such as a region of flash, so that anything there may be overwritten. False unless set: what is no session store, or of another format version, is left alone.</summary>
    public bool Exclusive { get; set; }

    /// <summary>How the last operation, a claim included, ended: one of <see cref="SessionStoreError"/>.</summary>
    public int LastError { get; private set; }

    /// <summary>The last failure in a sentence for a person, naming the place where storage failed; null after success.</summary>
    public string LastErrorText { get; private set; }

    /// <summary>Sessions that the last <see cref="Load"/> or claim restored.</summary>
    public int LoadedCount { get; private set; }

    /// <summary>Sessions that it dropped: past their lifetime or <see cref="MaxAgeSeconds"/>, or received in the future of the clock.</summary>
    public int ExpiredCount { get; private set; }

    /// <summary>Sessions that it dropped because the cache had no room or did not accept them.</summary>
    public int RefusedCount { get; private set; }

    /// <summary>Reads the stored sessions into the cache, behind those that it has already. They stay stored until the first of them is taken.</summary>
    /// <param name="utcMs">Now, on the clock of <see cref="TlsSession.ReceivedUtcMs"/>.</param>
    /// <returns>One of <see cref="SessionStoreError"/>; anything but None leaves the cache without stored sessions, and is otherwise harmless.</returns>
    public int Load(long utcMs)
    {
        ResetCounts();
        _cache.DropStored();
        _holds = false;
        byte[] blob = _blobs.Read(MaxBytes);
        if (blob == null)
        {
            _examined = _blobs.LastError == SessionStoreError.NotFound || (Exclusive && _blobs.LastError == SessionStoreError.TooLarge);
            return FailFromBlobs(SessionStoreError.ReadFailed);
        }

        int error = OpenAndImport(blob, utcMs);
        ConstantTime.Clear(blob);
        _examined = Exclusive || (error != SessionStoreError.BadMagic && error != SessionStoreError.UnknownVersion);
        if (error == SessionStoreError.None && LoadedCount == 0 && ExpiredCount > 0 && RefusedCount == 0 && !_blobs.Delete())
            return FailFromBlobs(SessionStoreError.RemoveFailed);

        return Fail(error);
    }

    /// <summary>Stores the cache's usable sessions in one block that replaces what is there. What another user of the storage left there is taken over first, behind the cache's own.</summary>
    /// <param name="utcMs">Now, on the clock of <see cref="TlsSession.ReceivedUtcMs"/>.</param>
    /// <returns>One of <see cref="SessionStoreError"/>. What is no session store, is of another version or cannot be read is never overwritten; after a failure the cache can be used as before.</returns>
    public int Save(long utcMs)
    {
        if (!_examined)
            Load(utcMs);

        if (!_examined)
            return LastError;

        ResetCounts();
        int error = TakeOver(utcMs);
        if (error == SessionStoreError.RemoveFailed || error == SessionStoreError.ReadFailed)
            return LastError;

        int changes = _cache.Changes;
        int plain = Select(utcMs);
        if (plain == ListHeaderBytes)
        {
            _savedChanges = changes;
            return Fail(SessionStoreError.None);
        }

        byte[] block = new byte[HeaderBytes + plain + _aead.TagBytes];
        WriteHeader(block, plain);
        WriteList(block, plain, utcMs);
        _aead.Seal(_nonce, block, 0, HeaderBytes, block, HeaderBytes, plain);
        bool written = _blobs.Write(block, 0, block.Length);
        ConstantTime.Clear(block);
        if (!written)
        {
            _cache.OwnStored();
            return FailFromBlobs(SessionStoreError.WriteFailed);
        }

        Counter++;
        Array.Copy(_nonce, 0, _heldNonce, 0, NonceBytes);
        _holds = true;
        _savedChanges = changes;
        return Fail(SessionStoreError.None);
    }

    /// <summary><see cref="Save"/>, where the cache changed since it was loaded or saved last; else nothing is touched.</summary>
    /// <param name="utcMs">As for <see cref="Save"/>.</param>
    /// <returns>As for <see cref="Save"/>.</returns>
    public int SaveIfChanged(long utcMs)
    {
        return _cache.Changes == _savedChanges ? Fail(SessionStoreError.None) : Save(utcMs);
    }

    /// <summary>Drops all sessions of the cache and removes the stored block: nothing is left to resume.</summary>
    /// <returns>One of <see cref="SessionStoreError"/>; the cache is empty in any case. What is no session store is not removed.</returns>
    public int Erase()
    {
        if (!_examined)
            Load(0);

        _cache.Clear();
        _savedChanges = _cache.Changes;
        _holds = false;
        if (!_examined)
            return LastError;

        return _blobs.Delete() ? Fail(SessionStoreError.None) : FailFromBlobs(SessionStoreError.RemoveFailed);
    }

    /// <summary>Zeroes the key. The store is of no use afterwards.</summary>
    public void Clear()
    {
        _aead.Clear();
    }

    /// <summary>Takes the stored block away, so that the cache's copies are the only ones. Afterwards no session of the cache is marked as stored.</summary>
    internal void Claim(long utcMs)
    {
        ResetCounts();
        TakeOver(utcMs);
        _cache.DropStored();
    }

    /// <summary>Removes the block. Ours: the marked sessions are the cache's own now. Another's: they are dropped and the block's sessions taken over.</summary>
    private int TakeOver(long utcMs)
    {
        byte[] blob = _blobs.Take(MaxBytes);
        if (blob == null)
        {
            int error = _blobs.LastError;
            if (error == SessionStoreError.NotFound || error == SessionStoreError.TooLarge)
            {
                bool had = HasStored();
                _cache.DropStored();
                return had ? Fail(SessionStoreError.TakenByOther) : Fail(SessionStoreError.None);
            }

            FailFromBlobs(SessionStoreError.RemoveFailed);
            return error == SessionStoreError.ReadFailed ? error : SessionStoreError.RemoveFailed;
        }

        if (IsHeld(blob))
        {
            // What the cache has dropped since is not brought back.
            _holds = false;
            _cache.OwnStored();
            ConstantTime.Clear(blob);
            return Fail(SessionStoreError.None);
        }

        bool dropped = HasStored();
        _cache.DropStored();
        int imported = OpenAndImport(blob, utcMs);
        ConstantTime.Clear(blob);
        _holds = false;
        _cache.OwnStored();
        if (LoadedCount > 0)
            _cache.MarkChanged();

        return Fail(dropped ? SessionStoreError.TakenByOther : imported);
    }

    /// <summary>Opens a block in place and puts its sessions into the cache, marked as stored; none after an error. No session is marked before.</summary>
    private int OpenAndImport(byte[] blob, long utcMs)
    {
        int error = Open(blob);
        if (error != SessionStoreError.None)
            return error;

        Array.Copy(blob, NonceOffset, _heldNonce, 0, NonceBytes);
        _holds = true;
        error = Import(blob, utcMs);
        if (error != SessionStoreError.None)
        {
            LoadedCount = 0;
            _cache.DropStored();
        }

        return error;
    }

    /// <summary>Checks the header and opens the seal in place.</summary>
    private int Open(byte[] blob)
    {
        _reader.Reset(blob, 0, blob.Length);
        uint magic = _reader.U32();
        int version = _reader.U8();
        int algorithm = _reader.U8();
        int flags = _reader.U16();
        uint length = _reader.U32();
        if (blob.Length < 4)
            return IsMagicPrefix(blob) ? SessionStoreError.Truncated : SessionStoreError.BadMagic;

        if (magic != Magic)
            return SessionStoreError.BadMagic;

        if (blob.Length >= 5 && version != FormatVersion)
            return SessionStoreError.UnknownVersion;

        if (blob.Length < HeaderBytes)
            return SessionStoreError.Truncated;

        uint sealedBytes = (uint)(blob.Length - HeaderBytes);
        if (length > sealedBytes)
            return SessionStoreError.Truncated;

        if (length < sealedBytes)
            return SessionStoreError.TrailingBytes;

        if (algorithm != _algorithm)
            return SessionStoreError.OtherAlgorithm;

        if (flags != 0 || blob.Length < HeaderBytes + ListHeaderBytes + _aead.TagBytes)
            return SessionStoreError.WrongKeyOrDamaged;

        Array.Copy(blob, NonceOffset, _nonce, 0, NonceBytes);
        return _aead.Open(_nonce, blob, 0, HeaderBytes, blob, HeaderBytes, blob.Length - HeaderBytes)
            ? SessionStoreError.None
            : SessionStoreError.WrongKeyOrDamaged;
    }

    /// <summary>Puts an opened block's sessions into the cache, the newest first.</summary>
    private int Import(byte[] blob, long utcMs)
    {
        int end = blob.Length - _aead.TagBytes;
        _reader.Reset(blob, HeaderBytes, ListHeaderBytes);
        long counter = SessionSerializer.ReadLong(_reader);
        long savedUtcMs = SessionSerializer.ReadLong(_reader);
        int count = _reader.U16();
        if (counter < 0 || savedUtcMs < 0)
            return SessionStoreError.Damaged;

        if (counter < Counter)
            return SessionStoreError.Stale;

        Counter = counter;
        if (savedUtcMs - (utcMs < 0 ? 0 : utcMs) > SessionRules.ClockToleranceMs)
            return SessionStoreError.ClockWentBack;

        int position = HeaderBytes + ListHeaderBytes;
        for (int i = 0; i < count; i++)
        {
            int bytes = SessionSerializer.RecordBytes(blob, position, end - position);
            if (bytes < 0 || _serializer.Read(blob, position, bytes) != SessionStoreError.None)
                return SessionStoreError.Damaged;

            position += bytes;
            ImportOne(_serializer.Server, _serializer.Session, utcMs);
        }

        return position == end ? SessionStoreError.None : SessionStoreError.Damaged;
    }

    private void ImportOne(string server, TlsSession session, long utcMs)
    {
        session.Stored = true;
        if (!SessionRules.IsUsable(session, utcMs, MaxAgeSeconds))
        {
            ExpiredCount++;
            session.Clear();
        }
        else if (_cache.Append(server, session))
        {
            LoadedCount++;
        }
        else
        {
            RefusedCount++;
            session.Clear();
        }
    }

    /// <summary>Marks the sessions that the next block holds, and says how large their list is.</summary>
    private int Select(long utcMs)
    {
        int plain = ListHeaderBytes;
        int room = MaxBytes - HeaderBytes - _aead.TagBytes;
        for (int i = 0; i < _cache.ServerCount; i++)
        {
            int sessions = _cache.SessionCount(i);
            for (int k = 0; k < sessions; k++)
            {
                TlsSession session = _cache.Session(i, k);
                int size = SessionSerializer.Size(_cache.Server(i), session);
                if (size < 0 || plain + size > room || !SessionRules.IsUsable(session, utcMs, MaxAgeSeconds))
                    continue;

                session.Stored = true;
                plain += size;
            }
        }

        return plain;
    }

    private void WriteHeader(byte[] block, int plain)
    {
        _random.Fill(_nonce, 0, NonceBytes);
        _writer.Reset(block, 0, HeaderBytes);
        _writer.U32(Magic);
        _writer.U8(FormatVersion);
        _writer.U8(_algorithm);
        _writer.U16(0);
        _writer.U32((uint)(plain + _aead.TagBytes));
        _writer.Bytes(_nonce, 0, NonceBytes);
    }

    private void WriteList(byte[] block, int plain, long utcMs)
    {
        int count = 0;
        int position = HeaderBytes + ListHeaderBytes;
        int end = HeaderBytes + plain;
        for (int i = 0; i < _cache.ServerCount; i++)
        {
            int sessions = _cache.SessionCount(i);
            for (int k = 0; k < sessions; k++)
            {
                TlsSession session = _cache.Session(i, k);
                if (!session.Stored)
                    continue;

                position += _serializer.Write(_cache.Server(i), session, block, position, end - position);
                count++;
            }
        }

        _writer.Reset(block, HeaderBytes, ListHeaderBytes);
        SessionSerializer.WriteLong(_writer, Counter + 1);
        SessionSerializer.WriteLong(_writer, utcMs < 0 ? 0 : utcMs);
        _writer.U16(count);
    }

    private bool HasStored()
    {
        for (int i = 0; i < _cache.ServerCount; i++)
        {
            int sessions = _cache.SessionCount(i);
            for (int k = 0; k < sessions; k++)
            {
                if (_cache.Session(i, k).Stored)
                    return true;
            }
        }

        return false;
    }

    private bool IsHeld(byte[] blob)
    {
        return _holds && blob.Length >= HeaderBytes && ConstantTime.AreEqual(blob, NonceOffset, _heldNonce, 0, NonceBytes);
    }

    private static bool IsMagicPrefix(byte[] blob)
    {
        for (int i = 0; i < blob.Length; i++)
        {
            if (blob[i] != (byte)((Magic >> (24 - (8 * i))) & 0xFF))
                return false;
        }

        return true;
    }

    private void ResetCounts()
    {
        LoadedCount = 0;
        ExpiredCount = 0;
        RefusedCount = 0;
    }

    private int Fail(int error)
    {
        LastError = error;
        LastErrorText = error == SessionStoreError.None ? null : SessionStoreError.Describe(error);
        return error;
    }

    private int FailFromBlobs(int otherwise)
    {
        int error = _blobs.LastError;
        LastError = error == SessionStoreError.None ? otherwise : error;
        LastErrorText = _blobs.LastErrorText;
        if (LastErrorText == null)
            LastErrorText = SessionStoreError.Describe(LastError);

        return LastError;
    }
}
