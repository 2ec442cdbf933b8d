using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>One UDP socket of a DTLS 1.2 server without the socket: tells the associations apart by address and connection id, and does the cookie exchange without remembering anybody.</summary>
/// <remarks>
/// Addresses are opaque: any object with Equals, GetHashCode and a ToString that tells addresses apart, such as an IPEndPoint or a string.
/// Drain order, after every <see cref="Receive"/>, <see cref="HandleTimeout"/> and change: <see cref="TryRead"/> until false, <see cref="Transmit"/> until 0, then wait until <see cref="NextWakeMs"/>
/// and call <see cref="HandleTimeout"/>. Datagrams never throw. Not thread-safe.
/// </remarks>
public sealed class DtlsServerSocket
{
    private const int MaxUnread = 256;
    private const int MaxHelloFragments = 64;
    private const int HelloFragmentLifetimeMs = 15000;
    private const int MaxDatagramsWaiting = 4096;

    private readonly DtlsCookies _cookies;
    private readonly Dictionary<object, Place> _places = [];
    private readonly Dictionary<string, DtlsServer> _byConnectionId = [];
    private readonly List<DtlsServer> _associations = [];
    private readonly List<HelloInWork> _hellos = [];
    private readonly Queue<(object Address, byte[] Bytes)> _output = new();
    private readonly Queue<(DtlsServer Association, byte[] Data)> _unread = new();
    private long _alertSecond = long.MinValue;
    private int _alertsInSecond;
    private long _nowMs;

    /// <summary>Makes one.</summary>
    /// <param name="crypto">Where the primitives come from.</param>
    /// <param name="options">What is offered; not copied.</param>
    /// <param name="state">Ticket keys, kept sessions and PSKs; null for a new one.</param>
    public DtlsServerSocket(ICryptoProvider crypto, DtlsServerOptions options, ServerState? state = null)
    {
        Crypto = crypto;
        Options = options;
        State = state ?? new ServerState(crypto);
        _cookies = new DtlsCookies(crypto);
    }

    /// <summary>What is offered; may be changed at any time, for later handshakes.</summary>
    public DtlsServerOptions Options { get; }

    /// <summary>Ticket keys, kept sessions, PSKs.</summary>
    public ServerState State { get; }

    /// <summary>What was seen.</summary>
    public DtlsServerCounters Counters { get; } = new();

    /// <summary>The associations, oldest first, unfinished handshakes and those that repeat their close_notify included.</summary>
    public IReadOnlyList<DtlsServer> Associations => _associations;

    /// <summary>Datagrams ready for <see cref="Transmit"/>.</summary>
    public int PendingDatagrams => _output.Count;

    /// <summary>When <see cref="HandleTimeout"/> is to be called next, in milliseconds; <see cref="long.MaxValue"/> for never.</summary>
    public long NextWakeMs
    {
        get
        {
            long wake = long.MaxValue;
            foreach (DtlsServer association in _associations)
                wake = Math.Min(wake, association.NextWakeMs);

            return wake;
        }
    }

    internal ICryptoProvider Crypto { get; }

    /// <summary>Counts the datagrams received.</summary>
    internal long DatagramNumber => Counters.DatagramsReceived;

    /// <summary>Takes a datagram.</summary>
    /// <param name="address">Where it came from.</param>
    /// <param name="data">Holds the datagram; not kept and not changed.</param>
    /// <param name="offset">Its first byte.</param>
    /// <param name="count">Its number of bytes.</param>
    /// <param name="nowMs">Now, in milliseconds.</param>
    public void Receive(object address, byte[] data, int offset, int count, long nowMs)
    {
        _nowMs = nowMs;
        Counters.DatagramsReceived++;
        Counters.BytesReceived += count;
        ReadOnlySpan<byte> rest = data.AsSpan(offset, count);
        while (rest.Length > 0)
        {
            int bytes = RecordBytes(rest, out DtlsServer? named);
            if (bytes == 0)
            {
                Counters.DiscardedRecords++;
                return;
            }

            if (bytes < 0)
            {
                // A connection id that is not known: nothing tells where the record ends.
                Unknown(address, rest);
                return;
            }

            Record(address, rest[..bytes], named);
            rest = rest[bytes..];
        }
    }

    /// <summary>Gives one datagram to send.</summary>
    /// <param name="output">Receives it.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written.</param>
    /// <param name="address">Where it goes; null where there is none.</param>
    /// <returns>Number of bytes written; 0 when there is nothing to send.</returns>
    /// <exception cref="ArgumentException">The datagram is larger than <paramref name="capacity"/>; it stays.</exception>
    public int Transmit(byte[] output, int offset, int capacity, out object? address)
    {
        address = null;
        if (_output.Count == 0)
            return 0;

        (object to, byte[] bytes) = _output.Peek();
        if (bytes.Length > capacity)
            throw new ArgumentException("A datagram of " + bytes.Length + " bytes does not fit.", nameof(capacity));

        _output.Dequeue();
        Counters.DatagramsSent++;
        Counters.BytesSent += bytes.Length;
        bytes.CopyTo(output, offset);
        address = to;
        return bytes.Length;
    }

    /// <summary>Takes one record of application data out.</summary>
    /// <param name="association">Whose it is; it may have ended meanwhile.</param>
    /// <param name="data">The content.</param>
    /// <returns>False when there is none.</returns>
    public bool TryRead([NotNullWhen(true)] out DtlsServer? association, [NotNullWhen(true)] out byte[]? data)
    {
        bool any = _unread.TryDequeue(out (DtlsServer Association, byte[] Data) entry);
        association = any ? entry.Association : null;
        data = any ? entry.Data : null;
        return any;
    }

    /// <summary>Does what time has brought: retransmissions, timeouts. Calls that come too early do nothing.</summary>
    /// <param name="nowMs">Now, in milliseconds.</param>
    public void HandleTimeout(long nowMs)
    {
        _nowMs = nowMs;
        foreach (DtlsServer association in _associations.ToArray())
        {
            if (association.NextWakeMs <= nowMs)
                association.HandleTimeout(nowMs);
        }

        _hellos.RemoveAll(h => nowMs - h.StartMs >= HelloFragmentLifetimeMs);
    }

    /// <summary>Finds the association of an address; null where there is none. An unfinished handshake counts where there is nothing else.</summary>
    /// <param name="address">The address.</param>
    public DtlsServer? Find(object address)
    {
        return _places.TryGetValue(address, out Place? place) ? place.Current ?? place.Next : null;
    }

    /// <summary>The server crashes and starts again: associations, ticket keys, session ids and cookie secrets are gone; nobody is told. Records of the old associations are then unknown
    /// (<see cref="DtlsServerOptions.UnknownRecord"/>).</summary>
    public void LoseState()
    {
        LoseAssociations();
        _cookies.Forget();
        State.LoseState();
    }

    /// <summary>The server loses its associations, half-made ones too, and keeps ticket keys, session ids and cookie secrets, as where a farm shares them: a client that comes back resumes.</summary>
    public void LoseAssociations()
    {
        foreach (DtlsServer association in _associations.ToArray())
            association.Forget();

        _hellos.Clear();
        _output.Clear();
        _unread.Clear();
        Counters.StateLosses++;
    }

    internal void Enqueue(object address, ReadOnlySpan<byte> datagram)
    {
        if (_output.Count < MaxDatagramsWaiting)
            _output.Enqueue((address, datagram.ToArray()));
    }

    internal void Deliver(DtlsServer association, byte[] data)
    {
        Counters.RecordsReceived++;
        if (_unread.Count < MaxUnread)
            _unread.Enqueue((association, data));
        else
            Counters.DiscardedRecords++;
    }

    /// <summary>The handshake of an association is complete: it takes the place of the one before at its address. Source: RFC 6347 section 4.2.8.</summary>
    internal void Completed(DtlsServer association)
    {
        Place place = PlaceOf(association.Address);
        if (place.Next != association)
            return;

        DtlsServer? old = place.Current;
        place.Next = null;
        place.Current = association;
        if (old == null)
            return;

        Counters.Replaced += old.IsLingering ? 0 : 1;
        Drop(old);
    }

    /// <summary>An association moves to another address, and whatever was there gives way.</summary>
    internal void Move(DtlsServer association, object address)
    {
        Leave(association);
        Place place = PlaceOf(address);
        DtlsServer? old = place.Current;
        place.Current = association;
        Counters.AddressChanges++;
        if (old is { ConnectionId.Length: > 0 })
        {
            // It is still found by its connection id.
            return;
        }

        if (old != null)
            Drop(old);
    }

    internal void Remove(DtlsServer association)
    {
        Leave(association);
        _associations.Remove(association);
        if (association.ConnectionId is { Length: > 0 })
            _byConnectionId.Remove(Convert.ToHexString(association.ConnectionId));
    }

    /// <summary>Makes a connection id that no other association has.</summary>
    /// <returns>The id, or null where all are taken.</returns>
    internal byte[]? NewConnectionId(DtlsServer association, int bytes)
    {
        if (bytes == 0)
            return [];

        byte[] id = new byte[Math.Min(bytes, 32)];
        for (int i = 0; i < 1000; i++)
        {
            Crypto.Random.Fill(id, 0, id.Length);
            if (_byConnectionId.TryAdd(Convert.ToHexString(id), association))
                return id;
        }

        return null;
    }

    /// <summary>The size of the record in front.</summary>
    /// <param name="data">The rest of a datagram.</param>
    /// <param name="named">The association that its connection id names.</param>
    /// <returns>The size; 0 where it is none or not all there; -1 where it has a connection id that is not known.</returns>
    private int RecordBytes(ReadOnlySpan<byte> data, out DtlsServer? named)
    {
        named = null;
        if (data.Length < DtlsRecordProtection.HeaderBytes || data[0] is < ContentType.ChangeCipherSpec or > ContentType.Tls12Cid || data[1] != 0xFE)
            return 0;

        int idBytes = 0;
        if (data[0] == ContentType.Tls12Cid)
        {
            named = FindByConnectionId(data[11..]);
            if (named == null)
                return -1;

            idBytes = named.ConnectionId!.Length;
            if (data.Length < DtlsRecordProtection.HeaderBytes + idBytes)
                return 0;
        }

        int bytes = DtlsRecordProtection.HeaderBytes + idBytes + ((data[11 + idBytes] << 8) | data[12 + idBytes]);
        return bytes <= data.Length ? bytes : 0;
    }

    private DtlsServer? FindByConnectionId(ReadOnlySpan<byte> data)
    {
        // The size of the ids is an option that may have been changed meanwhile.
        for (int bytes = 1; bytes <= Math.Min(32, data.Length) && _byConnectionId.Count > 0; bytes++)
        {
            if (_byConnectionId.TryGetValue(Convert.ToHexString(data[..bytes]), out DtlsServer? association))
                return association;
        }

        return null;
    }

    private void Record(object address, ReadOnlySpan<byte> record, DtlsServer? named)
    {
        int epoch = (record[3] << 8) | record[4];
        if (named != null)
        {
            if (epoch != 1 || !named.ReceiveProtected(record, address, _nowMs))
                Counters.DiscardedRecords++;

            return;
        }

        _places.TryGetValue(address, out Place? place);
        if (epoch == 0)
        {
            Plain(address, record, place);
            return;
        }

        if (place == null)
        {
            if (Options.SensitiveToAddress || epoch != 1 || !TryAll(address, record))
                Unknown(address, record);

            return;
        }

        bool taken = epoch == 1 && place.Current != null && place.Current.ReceiveProtected(record, address, _nowMs);
        if (!taken && (epoch != 1 || place.Next == null || !place.Next.ReceiveProtected(record, address, _nowMs)))
            Counters.DiscardedRecords++;
    }

    private bool TryAll(object address, ReadOnlySpan<byte> record)
    {
        foreach (DtlsServer association in _associations.ToArray())
        {
            if (association.HandshakeComplete && association.ReceiveProtected(record, address, _nowMs))
                return true;
        }

        return false;
    }

    private void Plain(object address, ReadOnlySpan<byte> record, Place? place)
    {
        ulong sequence = Sequence(record);
        if (record[0] == ContentType.Handshake && record.Length > DtlsRecordProtection.HeaderBytes && record[DtlsRecordProtection.HeaderBytes] == HandshakeType.ClientHello)
        {
            HelloFragment(address, record, sequence, place);
            return;
        }

        DtlsServer? association = place?.Next ?? place?.Current;
        if (association != null)
            association.ReceivePlain(record, sequence, _nowMs);
        else
            Unknown(address, record);
    }

    private static ulong Sequence(ReadOnlySpan<byte> record)
    {
        ulong sequence = 0;
        foreach (byte octet in record[5..11])
            sequence = (sequence << 8) | octet;

        return sequence;
    }

    /// <summary>Takes a ClientHello, or a fragment of one. Fragments of a few clients are kept for a while; a whole one needs no memory.</summary>
    private void HelloFragment(object address, ReadOnlySpan<byte> record, ulong sequence, Place? place)
    {
        ReadOnlySpan<byte> content = record[DtlsRecordProtection.HeaderBytes..];
        if (!DtlsFragment.TryRead(content, out DtlsFragment fragment) || fragment.Length > Options.MaxMessageBytes)
        {
            Counters.DiscardedRecords++;
            return;
        }

        HelloInWork? work = fragment.IsWhole ? new HelloInWork(address, fragment, _nowMs) : _hellos.Find(h => h.Address.Equals(address) && h.Sequence == fragment.Sequence);
        if (work == null)
        {
            _hellos.RemoveAll(h => h.Address.Equals(address) || _nowMs - h.StartMs >= HelloFragmentLifetimeMs);
            if (_hellos.Count >= MaxHelloFragments)
                _hellos.RemoveAt(0);

            work = new HelloInWork(address, fragment, _nowMs);
            _hellos.Add(work);
        }

        if (!work.Message.Add(fragment, content.Slice(DtlsHandshakeHeader.Bytes, fragment.Count)))
        {
            // Another ClientHello under the same number: begin again with it.
            _hellos.Remove(work);
            Counters.DiscardedRecords++;
            return;
        }

        if (!work.Message.IsComplete)
            return;

        _hellos.Remove(work);
        Hello(address, work.Message.Message, fragment.Sequence, sequence, place);
    }

    private void Hello(object address, byte[] message, int messageSequence, ulong recordSequence, Place? place)
    {
        ClientHello hello = new();
        int error = hello.Parse(message, 0, message.Length, true);
        foreach (DtlsServer? known in (ReadOnlySpan<DtlsServer?>)[place?.Current, place?.Next])
        {
            if (known == null || !known.ClientRandom.AsSpan().SequenceEqual(hello.Random))
                continue;

            // The ClientHello of a handshake that has begun, or the one before it without a cookie.
            if (known.HelloSequence == messageSequence)
                known.HelloAgain(recordSequence, _nowMs);
            else
                Counters.DiscardedRecords++;

            return;
        }

        if (Options.RefuseHandshakes || hello.CompressionMethods.Length == 0)
        {
            Counters.Refused += Options.RefuseHandshakes ? 1 : 0;
            Counters.DiscardedRecords++;
            return;
        }

        if (Options.Cookie && !(Options.TicketSparesCookie && hello.SessionTicket is { Length: > 0 }) && !_cookies.Check(address, hello, Options, _nowMs))
        {
            SendHelloVerifyRequest(address, _cookies.Make(address, hello, Options, _nowMs), messageSequence, recordSequence);
            return;
        }

        bool speaks = hello.SupportedVersions != null
            ? hello.SupportedVersions.Contains(ProtocolVersion.Dtls12)
            : hello.LegacyVersion >> 8 == 0xFE && hello.LegacyVersion <= ProtocolVersion.Dtls12;
        if (error == TlsError.None && !speaks)
            error = TlsError.UnsupportedVersion;

        if (error != TlsError.None)
        {
            Counters.FailedHandshakes++;
            SendPlainAlert(address, TlsError.AlertFor(error), recordSequence);
            return;
        }

        if (!MakeRoom())
        {
            Counters.Refused++;
            return;
        }

        Begin(address, hello, message, messageSequence, recordSequence);
    }

    private void Begin(object address, ClientHello hello, byte[] message, int messageSequence, ulong recordSequence)
    {
        Place place = PlaceOf(address);
        if (place.Next != null)
            Drop(place.Next);

        if (place.Current is { HandshakeComplete: false })
            Drop(place.Current);

        // The first two calls may have emptied and so removed the place.
        place = PlaceOf(address);
        Counters.Handshakes++;
        DtlsServer association = new(this, address, _nowMs);
        _associations.Add(association);
        if (place.Current == null)
            place.Current = association;
        else
            place.Next = association;

        association.Start(hello, message, messageSequence, recordSequence);
    }

    /// <summary>Sees to it that one more association may begin.</summary>
    private bool MakeRoom()
    {
        if (_associations.Count < Options.MaxAssociations)
            return true;

        DtlsServer? oldest = _associations.Find(a => !a.HandshakeComplete || a.IsLingering);
        if (oldest == null)
            return false;

        Drop(oldest);
        return true;
    }

    private void SendHelloVerifyRequest(object address, byte[] cookie, int messageSequence, ulong recordSequence)
    {
        int length = 3 + cookie.Length;
        byte[] datagram = new byte[DtlsRecordProtection.HeaderBytes + DtlsHandshakeHeader.Bytes + length];
        DtlsRecordProtection.WriteHeader(datagram, 0, ContentType.Handshake, 0, recordSequence, [], DtlsHandshakeHeader.Bytes + length);
        DtlsHandshakeHeader.Write(datagram, DtlsRecordProtection.HeaderBytes, HandshakeType.HelloVerifyRequest, length, messageSequence, 0, length);
        int at = DtlsRecordProtection.HeaderBytes + DtlsHandshakeHeader.Bytes;

        // DTLS 1.0, whatever the version will be (RFC 6347 section 4.2.1).
        datagram[at] = 0xFE;
        datagram[at + 1] = 0xFF;
        datagram[at + 2] = (byte)cookie.Length;
        cookie.CopyTo(datagram, at + 3);
        Counters.HelloVerifyRequests++;
        Enqueue(address, datagram);
    }

    /// <summary>Answers a record of an association that is not known, or keeps silent.</summary>
    private void Unknown(object address, ReadOnlySpan<byte> record)
    {
        Counters.UnknownRecords++;
        Counters.DiscardedRecords++;
        if (Options.UnknownRecord == UnknownRecordPolicy.Silence || record[0] == ContentType.Alert)
            return;

        long second = _nowMs / 1000;
        if (second != _alertSecond)
        {
            _alertSecond = second;
            _alertsInSecond = 0;
        }

        if (_alertsInSecond++ >= Options.MaxUnknownRecordAlertsPerSecond)
            return;

        Counters.UnknownRecordAlerts++;
        SendPlainAlert(address, Options.UnknownRecordAlert, Sequence(record));
    }

    private void SendPlainAlert(object address, int description, ulong sequence)
    {
        byte[] datagram = new byte[DtlsRecordProtection.HeaderBytes + 2];
        DtlsRecordProtection.WriteHeader(datagram, 0, ContentType.Alert, 0, sequence, [], 2);
        datagram[^2] = 2;
        datagram[^1] = (byte)description;
        Counters.AlertsSent++;
        Enqueue(address, datagram);
    }

    private void Drop(DtlsServer association)
    {
        association.Forget();
        Remove(association);
    }

    private Place PlaceOf(object address)
    {
        if (!_places.TryGetValue(address, out Place? place))
        {
            place = new Place();
            _places.Add(address, place);
        }

        return place;
    }

    private void Leave(DtlsServer association)
    {
        if (!_places.TryGetValue(association.Address, out Place? place))
            return;

        if (place.Current == association)
            place.Current = null;

        if (place.Next == association)
            place.Next = null;

        if (place.Current == null && place.Next == null)
            _places.Remove(association.Address);
    }

    /// <summary>The associations of one address: the one that is complete, or the first in its handshake; and a handshake that may replace it.</summary>
    private sealed class Place
    {
        public DtlsServer? Current;
        public DtlsServer? Next;
    }

    private sealed class HelloInWork
    {
        public HelloInWork(object address, DtlsFragment fragment, long startMs)
        {
            Address = address;
            Sequence = fragment.Sequence;
            StartMs = startMs;
            Message = DtlsReassembly.Begin(fragment, 0);
        }

        public object Address { get; }

        public int Sequence { get; }

        public long StartMs { get; }

        public DtlsReassembly Message { get; }
    }
}
