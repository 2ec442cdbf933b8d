using System;
using System.Collections.Generic;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Harness;

/// <summary>
/// What the connections of a server share and what a crash loses: ticket keys, kept sessions, the memory of used tickets. External PSKs are
/// configuration and survive. Not thread-safe: the caller serialises the connections that share one.
/// </summary>
public sealed class ServerState
{
    private const int MaxEntries = 10000;
    private const int KeyNameBytes = 16;
    private const int NonceBytes = 12;
    private const int KeyBytes = 16;
    private const int TagBytes = 16;

    private readonly ICryptoProvider _crypto;
    private readonly IAead _aead;
    private readonly Dictionary<string, ServerSession> _sessions = [];
    private readonly Queue<string> _sessionOrder = new();
    private readonly HashSet<string> _usedTickets = [];
    private readonly Queue<string> _usedOrder = new();
    private byte[] _keyName = [];
    private byte[] _key = [];
    private byte[] _oldKeyName = [];
    private byte[] _oldKey = [];

    /// <summary>Makes a state with a fresh ticket key.</summary>
    /// <param name="crypto">Where randomness and the ticket's AEAD come from.</param>
    public ServerState(ICryptoProvider crypto)
    {
        _crypto = crypto;
        _aead = crypto.CreateAead(AeadAlgorithm.Aes128Gcm);
        NewTicketKey();
    }

    /// <summary>The external pre-shared keys.</summary>
    public List<ServerPsk> Psks { get; } = [];

    /// <summary>How often the state was lost; a connection made under another number is unknown to the server.</summary>
    public int Generation { get; private set; }

    /// <summary>Sessions kept at present, by session id or stateful ticket.</summary>
    public int SessionCount => _sessions.Count;

    /// <summary>What a crash and restart does: ticket keys, kept sessions and used-ticket memory are gone, and <see cref="Generation"/> grows.</summary>
    public void LoseState()
    {
        Generation++;
        _sessions.Clear();
        _sessionOrder.Clear();
        _usedTickets.Clear();
        _usedOrder.Clear();
        ConstantTime.Clear(_key);
        ConstantTime.Clear(_oldKey);
        _oldKeyName = [];
        _oldKey = [];
        NewTicketKey();
    }

    /// <summary>Makes a new ticket key. Tickets under the one before are still accepted (and renewed), older ones are not.</summary>
    public void RotateTicketKey()
    {
        ConstantTime.Clear(_oldKey);
        _oldKeyName = _keyName;
        _oldKey = _key;
        NewTicketKey();
    }

    /// <summary>Takes over the ticket keys of another server, as the servers behind one address do that are to resume each other's sessions.</summary>
    /// <param name="other">The other server's state.</param>
    public void ShareTicketKeys(ServerState other)
    {
        ConstantTime.Clear(_key);
        ConstantTime.Clear(_oldKey);
        _keyName = (byte[])other._keyName.Clone();
        _key = (byte[])other._key.Clone();
        _oldKeyName = (byte[])other._oldKeyName.Clone();
        _oldKey = (byte[])other._oldKey.Clone();
    }

    /// <summary>Seals a session into a ticket.</summary>
    internal byte[] SealTicket(ServerSession session, int paddingBytes)
    {
        byte[] plain = [.. session.ToBytes(), .. new byte[paddingBytes]];
        byte[] ticket = new byte[KeyNameBytes + NonceBytes + plain.Length + TagBytes];
        Array.Copy(_keyName, ticket, KeyNameBytes);
        byte[] nonce = RandomBytes(NonceBytes);
        Array.Copy(nonce, 0, ticket, KeyNameBytes, NonceBytes);
        Array.Copy(plain, 0, ticket, KeyNameBytes + NonceBytes, plain.Length);
        _aead.SetKey(_key, 0);
        _aead.Seal(nonce, ticket, 0, KeyNameBytes, ticket, KeyNameBytes + NonceBytes, plain.Length);
        ConstantTime.Clear(plain);
        return ticket;
    }

    /// <summary>Opens a sealed ticket.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="oldKey">Whether it was sealed under the key before the present one.</param>
    /// <returns>The session, or null where the ticket is not from here.</returns>
    internal ServerSession? OpenTicket(byte[] ticket, out bool oldKey)
    {
        oldKey = false;
        int sealedBytes = ticket.Length - KeyNameBytes - NonceBytes;
        if (sealedBytes < TagBytes)
            return null;

        byte[] key = _key;
        if (!ticket.AsSpan(0, KeyNameBytes).SequenceEqual(_keyName))
        {
            if (!ticket.AsSpan(0, KeyNameBytes).SequenceEqual(_oldKeyName))
                return null;

            key = _oldKey;
            oldKey = true;
        }

        byte[] copy = (byte[])ticket.Clone();
        _aead.SetKey(key, 0);
        if (!_aead.Open(ticket[KeyNameBytes..(KeyNameBytes + NonceBytes)], copy, 0, KeyNameBytes, copy, KeyNameBytes + NonceBytes, sealedBytes))
            return null;

        ServerSession? session = ServerSession.FromBytes(copy, KeyNameBytes + NonceBytes, sealedBytes - TagBytes);
        ConstantTime.Clear(copy);
        return session;
    }

    /// <summary>Keeps a session under a random 32-byte id, which is returned. The oldest go when there are too many.</summary>
    internal byte[] Keep(ServerSession session)
    {
        byte[] id = RandomBytes(32);
        Keep(id, session);
        return id;
    }

    /// <summary>Keeps a session under an id.</summary>
    internal void Keep(byte[] id, ServerSession session)
    {
        string key = Convert.ToHexString(id);
        _sessions[key] = session;
        _sessionOrder.Enqueue(key);
        while (_sessionOrder.Count > MaxEntries)
            _sessions.Remove(_sessionOrder.Dequeue());
    }

    /// <summary>Finds a kept session; null where there is none.</summary>
    internal ServerSession? Find(byte[] id)
    {
        return _sessions.GetValueOrDefault(Convert.ToHexString(id));
    }

    /// <summary>Forgets a kept session.</summary>
    internal void Forget(byte[] id)
    {
        _sessions.Remove(Convert.ToHexString(id));
    }

    /// <summary>Marks a ticket as used for early data. Source: RFC 8446 section 8.1.</summary>
    /// <returns>False where it was used before.</returns>
    internal bool UseForEarlyData(byte[] ticket)
    {
        IHash hash = _crypto.CreateSha256();
        hash.Update(ticket, 0, ticket.Length);
        byte[] digest = new byte[32];
        hash.Snapshot(digest, 0);
        string key = Convert.ToHexString(digest);
        if (!_usedTickets.Add(key))
            return false;

        _usedOrder.Enqueue(key);
        while (_usedOrder.Count > MaxEntries)
            _usedTickets.Remove(_usedOrder.Dequeue());

        return true;
    }

    /// <summary>Finds an external pre-shared key by its identity; null where there is none.</summary>
    internal ServerPsk? FindPsk(ReadOnlySpan<byte> identity)
    {
        foreach (ServerPsk psk in Psks)
        {
            if (identity.SequenceEqual(psk.Identity))
                return psk;
        }

        return null;
    }

    private void NewTicketKey()
    {
        _keyName = RandomBytes(KeyNameBytes);
        _key = RandomBytes(KeyBytes);
    }

    private byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        _crypto.Random.Fill(bytes, 0, count);
        return bytes;
    }
}
