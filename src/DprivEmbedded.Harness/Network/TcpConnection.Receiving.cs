using System;
using System.Collections.Generic;

namespace DprivEmbedded.Harness.Network;

// Receiving: the handshake, acknowledgements, data in and out of order, the end.
public sealed partial class TcpConnection
{
    private const int Window = 65535;
    private const int DuplicateAckLimit = 3;

    private readonly List<TcpSegment> _early = [];
    private uint _rcvNxt;
    private byte[]? _cookieToGive;
    private Action<TcpConnection>? _accepted;
    private bool _ackPending;
    private int _unackedSegments;
    private int _quickAcks;
    private ScheduledEvent? _ackTimer;

    /// <summary>The server's side of a SYN.</summary>
    /// <param name="syn">The SYN.</param>
    /// <param name="cookie">A cookie to give, or null.</param>
    /// <param name="takesData">Whether its cookie is right, so that its data is taken before the handshake is complete.</param>
    /// <param name="accepted">Whom to tell.</param>
    internal void Accept(TcpSegment syn, byte[]? cookie, bool takesData, Action<TcpConnection> accepted)
    {
        _accepted = accepted;
        _cookieToGive = cookie;
        _rcvNxt = syn.Sequence + 1;
        NoteOptions(syn);
        FastOpenAccepted = takesData && syn.Data.Length > 0;
        if (FastOpenAccepted)
        {
            _rcvNxt += (uint)syn.Data.Length;
            _cwnd = Settings.InitialWindowSegments * _mss;
        }

        SendSynAck();
        if (!FastOpenAccepted)
            return;

        TellAccepted();
        if (State != TcpState.Closed)
            DataReceived?.Invoke((byte[])syn.Data.Clone());
    }

    internal void Receive(TcpSegment segment)
    {
        if (State == TcpState.SynSent)
        {
            ReceiveInSynSent(segment);
            return;
        }

        if (State == TcpState.Closed)
            return;

        if (segment.IsReset)
        {
            ReceiveReset(segment);
            return;
        }

        _lastHeardUs = _network.NowUs;
        bool answered = UnansweredKeepalives > 0;
        UnansweredKeepalives = 0;
        if (segment.IsSyn)
            ReceiveSyn(segment);
        else if (!IsAcceptable(segment))
            SendAck();
        else if (segment.IsAck)
            ReceiveAcceptable(segment);

        if (answered && State != TcpState.Closed)
            KeepaliveAnswered?.Invoke();
    }

    private void ReceiveInSynSent(TcpSegment segment)
    {
        bool acknowledges = segment.IsAck && Less(_iss, segment.Acknowledgement) && !Less(_sndMax, segment.Acknowledgement);
        if (segment.IsAck && !acknowledges)
        {
            if (!segment.IsReset)
                _host.SendReset(segment);

            return;
        }

        if (segment.IsReset)
        {
            if (acknowledges)
                Finish(TcpEnd.Refused);

            return;
        }

        if (!segment.IsSyn || !acknowledges)
            return;

        _lastHeardUs = _network.NowUs;
        _rcvNxt = segment.Sequence + 1;
        NoteOptions(segment);
        NoteFastOpen(segment);
        TakeAcknowledged(segment.Acknowledgement);

        // What the SYN carried and the server did not take goes again at once.
        _sndNxt = _sndUna;
        State = TcpState.Established;
        Start();
        _ackPending = true;
        if (Settings.AcksHandshakeAtOnce)
            SendAck();

        Established?.Invoke();
        Output();
        if (_ackPending && State != TcpState.Closed)
            SendAck();
    }

    private void NoteOptions(TcpSegment segment)
    {
        _timestamps &= segment.HasTimestamps;
        _peerTimestamp = segment.TimestampValue;
        int mss = Math.Min(segment.MaximumSegmentSize > 0 ? segment.MaximumSegmentSize : 536, Settings.MaximumSegmentSize);
        _mss = mss - (_timestamps ? 12 : 0);
    }

    private void NoteFastOpen(TcpSegment synAck)
    {
        if (synAck.FastOpenCookie is { Length: > 0 } cookie)
            _host.FastOpen.Keep(Remote.Address, cookie);

        if (!FastOpenTried)
            return;

        FastOpenAccepted = synAck.Acknowledgement != _iss + 1;
        if (_synsSent == 1)
            _host.FastOpen.NoteSuccess(Remote.Address);
    }

    private void ReceiveReset(TcpSegment segment)
    {
        if (segment.Sequence == _rcvNxt)
        {
            if (State is TcpState.TimeWait or TcpState.LastAck or TcpState.Closing)
                Vanish();
            else if (State == TcpState.SynReceived && !FastOpenAccepted)
                Vanish();
            else
                Finish(TcpEnd.Reset);
        }
        else if (InWindow(segment.Sequence))
            Challenge();
    }

    private void ReceiveSyn(TcpSegment segment)
    {
        if (State == TcpState.SynReceived && !segment.IsAck)
        {
            // The SYN again; with Fast Open without the data that was taken.
            SendSynAck();
            return;
        }

        Challenge();
    }

    private void Challenge()
    {
        if (!_host.MayChallenge())
            return;

        ChallengeAcks++;
        SendAck();
    }

    private bool InWindow(uint sequence)
    {
        return sequence - _rcvNxt < Window;
    }

    private bool IsAcceptable(TcpSegment segment)
    {
        int length = segment.SequenceLength;
        if (length == 0)
            return InWindow(segment.Sequence);

        return Less(segment.Sequence, _rcvNxt + Window) && Less(_rcvNxt, segment.Sequence + (uint)length);
    }

    private void ReceiveAcceptable(TcpSegment segment)
    {
        if (_timestamps && segment.HasTimestamps)
            _peerTimestamp = segment.TimestampValue;

        if (State == TcpState.SynReceived)
        {
            bool acknowledges = Less(_iss, segment.Acknowledgement) && !Less(_sndMax, segment.Acknowledgement);
            if (!acknowledges)
            {
                _host.SendReset(segment);
                return;
            }

            Complete(segment.Acknowledgement);
        }
        else if (!ReceiveAcknowledgement(segment))
            return;

        if (State is TcpState.Established or TcpState.FinWait1 or TcpState.FinWait2)
            ReceiveData(segment);
    }

    /// <summary>The third segment of the handshake came to the server.</summary>
    private void Complete(uint acknowledgement)
    {
        TakeAcknowledged(acknowledgement);
        State = _finQueued ? TcpState.FinWait1 : TcpState.Established;

        // Data that overtook a lost SYN-ACK was dropped.
        if (_synsSent > 1)
            _sndNxt = _sndUna;

        Start();
        TellAccepted();
        if (State == TcpState.Closed)
            return;

        Output();
        FollowFin();
    }

    private void TellAccepted()
    {
        Action<TcpConnection>? accepted = _accepted;
        _accepted = null;
        accepted?.Invoke(this);
    }

    /// <summary>Takes the acknowledgement of a segment.</summary>
    /// <returns>False where it is so wrong that the segment is dropped.</returns>
    private bool ReceiveAcknowledgement(TcpSegment segment)
    {
        uint acknowledgement = segment.Acknowledgement;
        if (Less(_sndMax, acknowledgement) || Less(acknowledgement, _sndUna - Window))
        {
            // Source: RFC 5961 section 5.2.
            Challenge();
            return false;
        }

        _peerWindow = segment.Window;
        if (acknowledgement == _sndUna)
        {
            if (segment.Data.Length == 0 && !segment.IsFin && InFlight > 0)
                ReceiveDuplicate();

            return true;
        }

        if (Less(acknowledgement, _sndUna))
            return true;

        int acknowledged = (int)(acknowledgement - _sndUna);
        TakeAcknowledged(acknowledgement);
        _retries = 0;
        if (InFlight == 0)
            _rtoTimer?.Cancel();
        else
            StartRto();

        GrowWindow(acknowledged);
        FollowFin();
        Output();
        if (_out.Count == 0 && State != TcpState.Closed)
            Acknowledged?.Invoke();

        return true;
    }

    private void TakeAcknowledged(uint acknowledgement)
    {
        if (_timing && !Less(acknowledgement, _timedEnd))
        {
            _timing = false;
            Measure(_network.NowUs - _timedAtUs);
        }

        _unackedSinceUs = _network.NowUs;
        int bytes = Less(_outStart, acknowledgement) ? (int)Math.Min(acknowledgement - _outStart, (uint)_out.Count) : 0;
        _out.Skip(bytes);
        _outStart += (uint)bytes;
        _sndUna = acknowledgement;
        if (Less(_sndNxt, acknowledgement))
            _sndNxt = acknowledgement;

        _duplicateAcks = 0;
    }

    private void GrowWindow(int acknowledged)
    {
        if (_recovering)
        {
            if (!Less(_sndUna, _recover))
            {
                _recovering = false;
                _cwnd = _ssthresh;
            }
            else
                Resend();
        }
        else if (_cwnd < _ssthresh)
            _cwnd += Math.Min(acknowledged, _mss);
        else
            _cwnd += Math.Max(1, _mss * _mss / _cwnd);
    }

    /// <summary>The third acknowledgement of the same number says that a segment was lost. Source: RFC 5681 section 3.2, RFC 6582.</summary>
    private void ReceiveDuplicate()
    {
        if (++_duplicateAcks != DuplicateAckLimit || _recovering)
            return;

        _recovering = true;
        _recover = _sndMax;
        _ssthresh = Math.Max(InFlight / 2, 2 * _mss);
        _cwnd = _ssthresh + (DuplicateAckLimit * _mss);
        Resend();
    }

    /// <summary>Goes on where this end's FIN was acknowledged.</summary>
    private void FollowFin()
    {
        if (!_finQueued || _sndUna != FinSequence + 1)
            return;

        switch (State)
        {
            case TcpState.FinWait1:
                State = TcpState.FinWait2;
                _keepaliveTimer?.Cancel();
                _finWaitTimer = _network.ScheduleUs(_network.NowUs + (Settings.FinWaitMs * 1000L), Vanish, true);
                break;
            case TcpState.Closing:
                BeginTimeWait();
                break;
            case TcpState.LastAck:
                Vanish();
                break;
        }
    }

    private void BeginTimeWait()
    {
        StopTimers();
        State = TcpState.TimeWait;
        TimeWaitEndsUs = _network.NowUs + (Settings.TimeWaitMs * 1000L);
    }

    private void ReceiveData(TcpSegment segment)
    {
        if (_finReceived || segment is { Data.Length: 0, IsFin: false })
            return;

        if (Less(_rcvNxt, segment.Sequence))
        {
            // There is a gap; the acknowledgement says so.
            Keep(segment);
            SendAck();
            return;
        }

        List<byte[]> pieces = [];
        Take(segment, pieces);
        bool filled = _early.Count > 0;
        for (int i = 0; i < _early.Count && !Less(_rcvNxt, _early[i].Sequence); i++)
            Take(_early[i], pieces);

        _early.RemoveAll(s => !Less(_rcvNxt, s.Sequence + (uint)s.SequenceLength));
        _ackPending = true;
        _unackedSegments += segment.Data.Length >= _mss ? 1 : 0;
        bool atOnce = filled || _finReceived || _unackedSegments >= 2;
        if (_quickAcks > 0)
        {
            _quickAcks--;
            SendAck();
        }

        foreach (byte[] piece in pieces)
        {
            if (State != TcpState.Closed)
                DataReceived?.Invoke(piece);
        }

        if (State != TcpState.Closed && _finReceived && !_finReported)
            TakeFin();

        if (State != TcpState.Closed && _ackPending)
            AcknowledgeSoon(atOnce);
    }

    private void AcknowledgeSoon(bool atOnce)
    {
        if (atOnce || Settings.DelayedAckMs <= 0)
            SendAck();
        else if (_ackTimer is not { IsPending: true })
            _ackTimer = _network.ScheduleUs(_network.NowUs + (Settings.DelayedAckMs * 1000L), SendAck);
    }

    private void Keep(TcpSegment segment)
    {
        int at = _early.FindIndex(s => !Less(s.Sequence, segment.Sequence));
        if (at < 0)
            _early.Add(segment);
        else if (_early[at].Sequence != segment.Sequence || _early[at].SequenceLength < segment.SequenceLength)
            _early.Insert(at, segment);
    }

    /// <summary>Takes what is new of a segment that begins at or before the next number.</summary>
    private void Take(TcpSegment segment, List<byte[]> pieces)
    {
        int skip = (int)(_rcvNxt - segment.Sequence);
        if (skip < segment.Data.Length)
        {
            pieces.Add(segment.Data[skip..]);
            _rcvNxt += (uint)(segment.Data.Length - skip);
        }

        if (segment.IsFin && !_finReceived && segment.Sequence + (uint)segment.Data.Length == _rcvNxt)
        {
            _finReceived = true;
            _rcvNxt++;
        }
    }

    private void TakeFin()
    {
        _finReported = true;
        _early.Clear();
        switch (State)
        {
            case TcpState.Established:
                State = TcpState.CloseWait;
                break;
            case TcpState.FinWait1:
                State = TcpState.Closing;
                break;
            case TcpState.FinWait2:
                BeginTimeWait();
                break;
        }

        if (!_closedHere)
        {
            End = TcpEnd.Fin;
            Ended?.Invoke(TcpEnd.Fin);
        }
    }
}
