using System;
using System.Collections.Generic;

namespace DprivEmbedded.Harness.Network;

/// <summary>One end of a TCP connection on a <see cref="SimulatedHost"/>, modelled to the segment. Source: RFC 9293, RFC 6298, RFC 5681, RFC 5961, RFC 7413.</summary>
/// <remarks>
/// <para>Not modelled: selective acknowledgements, window scaling, a receiver that does not read, urgent data, both ends opening at once, Linux's tail loss probe.</para>
/// <para>Callbacks are called when the segment that causes them was taken; they may write and close. Each write goes out in segments of its own (Nagle is off).</para>
/// </remarks>
public sealed partial class TcpConnection
{
    private readonly SimulatedHost _host;
    private readonly SimulatedNetwork _network;
    private readonly ByteQueue _out = new();
    private readonly bool _passive;
    private readonly uint _iss;
    private bool _closedHere;
    private bool _finReceived;
    private bool _finReported;
    private bool _finQueued;
    private bool _timestamps;
    private uint _peerTimestamp;
    private int _mss;

    internal TcpConnection(SimulatedHost host, Ipv4EndPoint local, Ipv4EndPoint remote, TcpSettings settings, bool passive)
    {
        _host = host;
        _network = host.Network;
        _passive = passive;
        Local = local;
        Remote = remote;
        Settings = settings;
        _iss = host.NextInitialSequence();
        _sndUna = _sndNxt = _sndMax = _iss;
        _outStart = _iss + 1;
        _rtoUs = settings.InitialRtoMs * 1000L;
        _mss = Math.Min(settings.MaximumSegmentSize, 536);
        _timestamps = settings.Timestamps;
        _quickAcks = settings.QuickAcks;
        _lastHeardUs = _network.NowUs;
        State = passive ? TcpState.SynReceived : TcpState.SynSent;
    }

    /// <summary>This end.</summary>
    public Ipv4EndPoint Local { get; }

    /// <summary>The other end.</summary>
    public Ipv4EndPoint Remote { get; }

    /// <summary>How it behaves.</summary>
    public TcpSettings Settings { get; }

    /// <summary>The state.</summary>
    public TcpState State { get; private set; }

    /// <summary>Called once the connection is open; on the client only.</summary>
    public Action? Established { get; set; }

    /// <summary>Called with bytes in order; the array is the callee's.</summary>
    public Action<byte[]>? DataReceived { get; set; }

    /// <summary>Called when the other end closes, and when the connection is lost. Not called for what this end did.</summary>
    public Action<TcpEnd>? Ended { get; set; }

    /// <summary>Called when all bytes written have been acknowledged.</summary>
    public Action? Acknowledged { get; set; }

    /// <summary>Called when a segment came after a probe: the other end's host is there and knows the connection.</summary>
    public Action? KeepaliveAnswered { get; set; }

    /// <summary>How it ended; null while it lives, or where this end ended it.</summary>
    public TcpEnd? End { get; private set; }

    /// <summary>Whether the handshake is complete and the connection not gone.</summary>
    public bool IsEstablished => State is not (TcpState.SynSent or TcpState.SynReceived or TcpState.Closed or TcpState.TimeWait);

    /// <summary>Whether all bytes written have been acknowledged.</summary>
    public bool IsAllAcknowledged => _out.Count == 0;

    /// <summary>Bytes written and not acknowledged.</summary>
    public int UnacknowledgedBytes => _out.Count;

    /// <summary>The smoothed round-trip time in microseconds; -1 before the first measurement. Source: RFC 6298 section 2.</summary>
    public long SmoothedRttUs { get; private set; } = -1;

    /// <summary>The smoothed round-trip time in milliseconds, rounded; -1 before the first measurement.</summary>
    public int SmoothedRttMs => SmoothedRttUs < 0 ? -1 : (int)((SmoothedRttUs + 500) / 1000);

    /// <summary>When a segment came last, in milliseconds of the network's time.</summary>
    public long LastHeardMs => _lastHeardUs / 1000;

    /// <summary>Probes since a segment came last.</summary>
    public int UnansweredKeepalives { get; private set; }

    /// <summary>Whether the SYN waits for the first write, to carry it.</summary>
    public bool IsSynWaiting => _synWaits;

    /// <summary>Whether the SYN carried data.</summary>
    public bool FastOpenTried { get; private set; }

    /// <summary>Whether data in the SYN was taken by the other end (client), or by this one (server).</summary>
    public bool FastOpenAccepted { get; private set; }

    /// <summary>Segments that were sent again.</summary>
    public int Retransmissions { get; private set; }

    /// <summary>Acknowledgements that answered a suspicious RST, SYN or acknowledgement. Source: RFC 5961.</summary>
    public int ChallengeAcks { get; private set; }

    /// <summary>The next sequence number that this end waits for: a RST is obeyed only with exactly this one.</summary>
    public uint ReceiveNext => _rcvNxt;

    /// <summary>The highest sequence number sent, and one.</summary>
    public uint SendNext => _sndMax;

    internal bool IsPassive => _passive;

    internal long TimeWaitEndsUs { get; private set; }

    /// <summary>Writes bytes. With Fast Open and a known cookie the first write opens the connection and rides in its SYN.</summary>
    /// <param name="data">The bytes; copied.</param>
    /// <returns>False where the connection is gone.</returns>
    /// <exception cref="InvalidOperationException">This end was closed.</exception>
    public bool Write(ReadOnlySpan<byte> data)
    {
        if (State == TcpState.Closed)
            return false;

        if (_closedHere)
            throw new InvalidOperationException("The connection was closed.");

        if (data.Length == 0)
            return true;

        _out.Write(data);
        if (_synWaits)
        {
            _synWaits = false;
            SendSyn();
        }
        else
            Output();

        return true;
    }

    /// <summary>Closes this direction: a FIN follows the bytes written. The other end may still send.</summary>
    public void Close()
    {
        if (_closedHere || State == TcpState.Closed)
            return;

        _closedHere = true;
        if (State == TcpState.SynSent)
        {
            Vanish();
            return;
        }

        _finQueued = true;
        if (State != TcpState.SynReceived)
            State = State == TcpState.CloseWait ? TcpState.LastAck : TcpState.FinWait1;

        Output();
    }

    /// <summary>Tears the connection down with a RST; bytes on their way are lost.</summary>
    public void Abort()
    {
        if (State == TcpState.Closed)
            return;

        if (State is not (TcpState.SynSent or TcpState.TimeWait))
            Transmit(_sndMax, [], TcpFlags.Rst | TcpFlags.Ack);

        _closedHere = true;
        Vanish();
    }

    /// <summary>Sends a probe now: a zero-length segment one below the next number, which the other end has to answer. Source: RFC 9293 section 3.8.4.</summary>
    /// <returns>False where the connection is not open.</returns>
    public bool SendKeepalive()
    {
        if (!IsEstablished)
            return false;

        UnansweredKeepalives++;
        Transmit(_sndUna - 1, [], TcpFlags.Ack, keepalive: true);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        return Local + " > " + Remote + " " + State;
    }

    /// <summary>It is gone without a word, as with its host.</summary>
    internal void Vanish()
    {
        State = TcpState.Closed;
        StopTimers();
        _host.Remove(this);
    }

    internal void Unreachable(int code)
    {
        if (State == TcpState.SynSent && code != IcmpMessage.HostUnreachable)
            Finish(TcpEnd.Unreachable);
    }

    private static bool Less(uint a, uint b)
    {
        return (int)(a - b) < 0;
    }

    private void Finish(TcpEnd end)
    {
        if (State == TcpState.Closed)
            return;

        Vanish();
        End = end;
        if (!_closedHere)
            Ended?.Invoke(end);
    }
}
