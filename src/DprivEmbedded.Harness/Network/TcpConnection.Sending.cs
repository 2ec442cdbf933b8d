using System;

namespace DprivEmbedded.Harness.Network;

// Sending: the SYN, data within the window, retransmission, probes, and the timers of these.
public sealed partial class TcpConnection
{
    private uint _sndUna;
    private uint _sndNxt;
    private uint _sndMax;
    private uint _outStart;
    private int _peerWindow = 65535;
    private int _cwnd;
    private int _ssthresh = int.MaxValue;
    private uint _recover;
    private bool _recovering;
    private int _duplicateAcks;
    private bool _synWaits;
    private int _synsSent;
    private int _retries;
    private long _rtoUs;
    private long _rttVarUs;
    private bool _timing;
    private uint _timedEnd;
    private long _timedAtUs;
    private long _unackedSinceUs;
    private long _lastHeardUs;
    private ScheduledEvent? _rtoTimer;
    private ScheduledEvent? _keepaliveTimer;
    private ScheduledEvent? _finWaitTimer;

    private int InFlight => (int)(_sndMax - _sndUna);

    private uint FinSequence => _outStart + (uint)_out.Count;

    internal void Open()
    {
        _synWaits = Settings.FastOpen && _host.FastOpen.Cookie(Remote.Address) != null && _host.FastOpen.MayTry(Remote.Address, _network.NowUs);
        if (!_synWaits)
            SendSyn();
    }

    private void SendSyn()
    {
        byte[]? cookie = null;
        byte[] data = [];
        if (Settings.FastOpen && _synsSent == 0 && _host.FastOpen.MayTry(Remote.Address, _network.NowUs))
        {
            cookie = _host.FastOpen.Cookie(Remote.Address) ?? [];
            if (cookie.Length > 0)
            {
                // Options take room in a segment of the size that the server said last; it is the usual one here.
                data = _out.Bytes[..Math.Min(_out.Count, Settings.MaximumSegmentSize - 32)].ToArray();
                FastOpenTried = data.Length > 0;
            }
        }
        else if (FastOpenTried && _synsSent == 1)
            _host.FastOpen.NoteLoss(Remote.Address, _network.NowUs);

        if (_synsSent > 0)
            Retransmissions++;
        else
            _unackedSinceUs = _network.NowUs;

        _synsSent++;
        StartTiming(_iss + 1, _synsSent > 1);
        _sndNxt = _iss + 1 + (uint)data.Length;
        _sndMax = Less(_sndMax, _sndNxt) ? _sndNxt : _sndMax;
        Put(new TcpSegment
        {
            Source = Local,
            Destination = Remote,
            Sequence = _iss,
            Flags = TcpFlags.Syn,
            Data = data,
            MaximumSegmentSize = Settings.MaximumSegmentSize,
            FastOpenCookie = cookie,
            HasTimestamps = Settings.Timestamps,
            IsRetransmission = _synsSent > 1,
        });
        StartRto();
    }

    private void SendSynAck()
    {
        if (_synsSent > 0)
            Retransmissions++;
        else
            _unackedSinceUs = _network.NowUs;

        _synsSent++;
        StartTiming(_iss + 1, _synsSent > 1);
        _sndNxt = Less(_sndNxt, _iss + 1) ? _iss + 1 : _sndNxt;
        _sndMax = Less(_sndMax, _sndNxt) ? _sndNxt : _sndMax;
        Put(new TcpSegment
        {
            Source = Local,
            Destination = Remote,
            Sequence = _iss,
            Acknowledgement = _rcvNxt,
            Flags = TcpFlags.Syn | TcpFlags.Ack,
            MaximumSegmentSize = Settings.MaximumSegmentSize,
            FastOpenCookie = _cookieToGive,
            HasTimestamps = _timestamps,
            IsRetransmission = _synsSent > 1,
        });
        StartRto();
    }

    /// <summary>Sends what the windows allow.</summary>
    private void Output()
    {
        bool mayWrite = State is TcpState.Established or TcpState.CloseWait or TcpState.FinWait1 or TcpState.Closing or TcpState.LastAck;
        if (!mayWrite && !(State == TcpState.SynReceived && FastOpenAccepted))
            return;

        while (true)
        {
            int offset = (int)(_sndNxt - _outStart);
            int window = Math.Min(_cwnd, _peerWindow) - (int)(_sndNxt - _sndUna);
            int count = Math.Min(Math.Min(_out.Count - offset, _mss), window);
            count = Math.Max(count, 0);
            bool fin = _finQueued && _sndNxt + (uint)count == FinSequence;
            if (count == 0 && !fin)
                return;

            byte[] data = _out.Bytes.Slice(offset, count).ToArray();
            bool again = Less(_sndNxt, _sndMax);
            Retransmissions += again ? 1 : 0;
            if (InFlight == 0)
                _unackedSinceUs = _network.NowUs;

            TcpFlags flags = TcpFlags.Ack | (count > 0 ? TcpFlags.Psh : 0) | (fin ? TcpFlags.Fin : 0);
            uint sequence = _sndNxt;
            _sndNxt += (uint)(count + (fin ? 1 : 0));
            if (!again)
                StartTiming(_sndNxt, false);

            _sndMax = Less(_sndMax, _sndNxt) ? _sndNxt : _sndMax;
            Transmit(sequence, data, flags, again);
            if (_rtoTimer is not { IsPending: true })
                StartRto();
        }
    }

    private void Transmit(uint sequence, byte[] data, TcpFlags flags, bool again = false, bool keepalive = false)
    {
        _ackPending = false;
        _unackedSegments = 0;
        _ackTimer?.Cancel();
        Put(new TcpSegment
        {
            Source = Local,
            Destination = Remote,
            Sequence = sequence,
            Acknowledgement = _rcvNxt,
            Flags = flags,
            Data = data,
            HasTimestamps = _timestamps,
            IsRetransmission = again,
            IsKeepalive = keepalive,
        });
    }

    private void SendAck()
    {
        Transmit(_sndMax, [], TcpFlags.Ack);
    }

    private void Put(TcpSegment segment)
    {
        if (segment.HasTimestamps)
            segment = segment with { TimestampValue = (uint)_network.NowMs, TimestampEcho = segment.IsAck ? _peerTimestamp : 0 };

        _host.Send(segment);
    }

    private void StartTiming(uint end, bool again)
    {
        if (again)
        {
            _timing = false;
            return;
        }

        if (_timing)
            return;

        _timing = true;
        _timedEnd = end;
        _timedAtUs = _network.NowUs;
    }

    /// <summary>A round trip was measured. Source: RFC 6298 section 2.</summary>
    private void Measure(long rttUs)
    {
        if (SmoothedRttUs < 0)
        {
            SmoothedRttUs = rttUs;
            _rttVarUs = rttUs / 2;
        }
        else
        {
            _rttVarUs = ((3 * _rttVarUs) + Math.Abs(SmoothedRttUs - rttUs)) / 4;
            SmoothedRttUs = ((7 * SmoothedRttUs) + rttUs) / 8;
        }

        _rtoUs = ComputedRto();
    }

    private long ComputedRto()
    {
        // As Linux has it, the least holds for the variation, not for the sum.
        return Math.Min(SmoothedRttUs + Math.Max(4 * _rttVarUs, Settings.MinRtoMs * 1000L), Settings.MaxRtoMs * 1000L);
    }

    private void StartRto()
    {
        _rtoTimer?.Cancel();
        long due = _network.NowUs + _rtoUs;
        if (Settings.UserTimeoutMs > 0)
            due = Math.Min(due, Math.Max(_unackedSinceUs + (Settings.UserTimeoutMs * 1000L), _network.NowUs));

        _rtoTimer = _network.ScheduleUs(due, RtoExpired);
    }

    private void RtoExpired()
    {
        int limit = State == TcpState.SynSent ? Settings.SynRetries : State == TcpState.SynReceived && !FastOpenAccepted ? Settings.SynAckRetries : Settings.DataRetries;
        bool timeout = Settings.UserTimeoutMs > 0 && _network.NowUs - _unackedSinceUs >= Settings.UserTimeoutMs * 1000L;
        if (timeout || _retries >= limit)
        {
            Finish(TcpEnd.Timeout);
            return;
        }

        _retries++;
        _rtoUs = Math.Min(2 * _rtoUs, Settings.MaxRtoMs * 1000L);
        _timing = false;
        switch (State)
        {
            case TcpState.SynSent:
                SendSyn();
                break;
            case TcpState.SynReceived:
                SendSynAck();
                break;
            default:
                _ssthresh = Math.Max(InFlight / 2, 2 * _mss);
                _cwnd = _mss;
                _recovering = false;
                _duplicateAcks = 0;
                _sndNxt = _sndUna;
                StartRto();
                Output();
                break;
        }
    }

    /// <summary>Begins to count what may be on its way.</summary>
    private void Start()
    {
        _rtoTimer?.Cancel();
        _retries = 0;
        _cwnd = Settings.InitialWindowSegments * _mss;

        // Source: RFC 6298 section 5, rule 5.7.
        if (SmoothedRttUs < 0)
            _rtoUs = Math.Max(_synsSent > 1 ? 3_000_000 : 0, Settings.InitialRtoMs * 1000L);

        if (InFlight > 0)
            StartRto();

        ArmKeepalive(Settings.KeepaliveIdleMs);
    }

    private void Resend()
    {
        int count = Math.Min(_out.Count, _mss);
        bool fin = _finQueued && _sndUna + (uint)count == FinSequence && Less(FinSequence, _sndMax);
        if (count == 0 && !fin)
            return;

        _timing = false;
        Retransmissions++;
        Transmit(_sndUna, _out.Bytes[..count].ToArray(), TcpFlags.Ack | (count > 0 ? TcpFlags.Psh : 0) | (fin ? TcpFlags.Fin : 0), true);
        StartRto();
    }

    private void ArmKeepalive(int afterMs)
    {
        if (Settings.KeepaliveIdleMs > 0)
            _keepaliveTimer = _network.ScheduleUs(_network.NowUs + (afterMs * 1000L), KeepaliveDue, true);
    }

    private void KeepaliveDue()
    {
        long quietUs = _network.NowUs - _lastHeardUs;
        bool waits = UnansweredKeepalives > 0;
        long dueUs = Settings.KeepaliveIdleMs * 1000L;
        if (InFlight > 0 || (!waits && quietUs < dueUs))
        {
            // Data on its way is probe enough.
            ArmKeepalive((int)((InFlight > 0 ? dueUs : dueUs - quietUs) + 999) / 1000);
            return;
        }

        bool over = Settings.UserTimeoutMs > 0 ? waits && quietUs >= Settings.UserTimeoutMs * 1000L : UnansweredKeepalives >= Settings.KeepaliveCount;
        if (over)
        {
            Transmit(_sndMax, [], TcpFlags.Rst | TcpFlags.Ack);
            Finish(TcpEnd.Timeout);
            return;
        }

        SendKeepalive();
        ArmKeepalive(Settings.KeepaliveIntervalMs);
    }

    private void StopTimers()
    {
        _rtoTimer?.Cancel();
        _ackTimer?.Cancel();
        _keepaliveTimer?.Cancel();
        _finWaitTimer?.Cancel();
    }
}
