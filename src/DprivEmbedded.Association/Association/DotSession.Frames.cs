using System;
using DprivEmbedded.Dns;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

// Frames of a conversation: a 2-byte length and a DNS message (RFC 7858 section 3.3, RFC 7766 section 8). In: cut out of the stream and matched to queries. Out: queries into records.
public sealed partial class DotSession
{
    /// <summary>Reads from the received data until a frame is whole.</summary>
    /// <returns>Whether one is.</returns>
    private bool ReadFrame()
    {
        byte[] data = _tls.DataBuffer;
        int end = _tls.DataOffset + _tls.DataCount;
        if (_dataPosition < _tls.DataOffset || _dataPosition > end)
            _dataPosition = _tls.DataOffset;

        while (_dataPosition < end)
        {
            if (_prefixFilled < PrefixBytes)
            {
                _prefix[_prefixFilled++] = data[_dataPosition++];
                if (_prefixFilled < PrefixBytes)
                    continue;

                _frameBytes = (_prefix[0] << 8) | _prefix[1];
                _frameFilled = 0;
                _frameSkipped = _frameBytes > _answer.Length;
                if (_frameBytes < DnsMessageReader.HeaderBytes)
                    return true;

                continue;
            }

            int left = end - _dataPosition;
            if (_frameFilled == 0 && left >= _frameBytes)
            {
                // The whole message lies in one record: hand it out where it is.
                _answerBuffer = data;
                _answerOffset = _dataPosition;
                _answerCount = _frameBytes;
                _frameSkipped = false;
                _dataPosition += _frameBytes;
                _prefixFilled = 0;
                return true;
            }

            int part = left < _frameBytes - _frameFilled ? left : _frameBytes - _frameFilled;
            int room = _answer.Length - _frameFilled;
            if (room > 0)
                Array.Copy(data, _dataPosition, _answer, _frameFilled, part < room ? part : room);

            _frameFilled += part;
            _dataPosition += part;
            if (_frameFilled == _frameBytes)
            {
                _answerBuffer = _answer;
                _answerOffset = 0;
                _answerCount = _frameBytes;
                _prefixFilled = 0;
                _frameFilled = 0;
                return true;
            }
        }

        _dataPosition = 0;
        _tls.DataTaken();
        return false;
    }

    /// <summary>Handles a whole frame.</summary>
    /// <returns>Whether it is the answer to a query; otherwise the query may have failed.</returns>
    private bool OnFrame()
    {
        if (_frameBytes < DnsMessageReader.HeaderBytes)
        {
            for (int i = 0; i < _table.Slots; i++)
            {
                if (_table.States[i] == QueryTable.Sent || _table.States[i] == QueryTable.SentEarly)
                    FailQuery(i, DotError.MalformedFrame);
            }

            _tls.Abort(TlsError.DecodeError);
            End(DotCloseReason.Failed, DotError.MalformedFrame);
            return false;
        }

        int query = _table.FindById((_answerBuffer[_answerOffset] << 8) | _answerBuffer[_answerOffset + 1]);
        if (query < 0)
        {
            UnmatchedAnswers++;
            return false;
        }

        if (_frameSkipped)
        {
            FailQuery(query, DotError.AnswerTooLarge);
            return false;
        }

        bool well = _reader.Reset(_answerBuffer, _answerOffset, _answerCount);
        if (well && !_reader.Answers(_table.Messages[query], 0, _table.Bytes[query]))
        {
            // Right ID, other question: not the answer (RFC 7766 section 7); the right one may still come.
            UnmatchedAnswers++;
            return false;
        }

        if (!well)
        {
            FailQuery(query, DotError.MalformedAnswer);
            return false;
        }

        if (_reader.HasKeepalive && _reader.KeepaliveTimeoutMs >= 0)
        {
            _serverIdleMs = _reader.KeepaliveTimeoutMs;
            if (_serverIdleMs == 0)
                _draining = true;
        }

        _table.Release(query);
        _answers++;
        EventQuery = query;
        EventError = TlsError.None;
        EventAttempts = _table.Attempts[query];
        EventWasEarly = _takenEarly[query];
        EventWaitedForHandshake = _waited[query];
        EventTransports = _connections - _connectionsAtQuery[query];
        // What was waited for before it could be sent, and the one that brought the answer: independent of other queries and of pieces.
        EventRoundTrips = _turnsBefore[query] + _turnsAtSend[query] - _turnsAtQuery[query] + 1;
        // A server that answers early data only behind our Finished has cost that round trip too; its tickets, which wait for the Finished, come first then.
        if (_takenEarly[query] && _tls.TicketsReceived > 0)
            EventRoundTrips++;

        MarkIdle();
        return true;
    }

    private void Flush()
    {
        if (!_open || _draining)
            return;

        for (int i = 0; i < _table.Slots; i++)
        {
            if (_table.States[i] != QueryTable.Waiting)
                continue;

            bool early = _tls.CanSendEarlyData && !_tls.CanSend;
            if (!early && !_tls.CanSend)
                return;
            if (early && !MaySendEarly(i))
                continue;

            int count = _table.Bytes[i];
            int place = _tls.PrepareSend(count + PrefixBytes);
            if (place < 0)
            {
                SendInPieces(i, early);
                if (_table.States[i] == QueryTable.Waiting)
                    return;

                continue;
            }

            byte[] buffer = _tls.SendBuffer;
            buffer[place] = (byte)(count >> 8);
            buffer[place + 1] = (byte)count;
            Array.Copy(_table.Messages[i], 0, buffer, place + PrefixBytes, count);
            _tls.CommitSend(count + PrefixBytes);
            MarkSent(i, early);
        }
    }

    /// <summary>What was once sent is not sent early (RFC 8446 appendix E.5), nor is anything but a QUERY.</summary>
    private bool MaySendEarly(int query)
    {
        return !_wasEarly[query] && _table.Attempts[query] == 0 && (_table.Messages[query][2] & 0x78) == 0;
    }

    /// <summary>Sends a query that is larger than one record may be (a server with a small record_size_limit), where the send buffer has room for all of it.</summary>
    private void SendInPieces(int query, bool early)
    {
        int count = _table.Bytes[query];
        if (early || !_tls.HasRoomFor(count + PrefixBytes))
            return;

        _outPrefix[0] = (byte)(count >> 8);
        _outPrefix[1] = (byte)count;
        if (_tls.Send(_outPrefix, 0, PrefixBytes) == PrefixBytes && _tls.Send(_table.Messages[query], 0, count) == count)
            MarkSent(query, false);
    }

    private void MarkSent(int query, bool early)
    {
        // Silence counts from the first query that nothing came after, be it withdrawn or timed out since: else callers who give up early keep a dead connection alive.
        if (InFlight == 0 && !_unheard)
            _silentSinceMs = _lastNowMs;

        _unheard = true;
        _table.States[query] = early ? QueryTable.SentEarly : QueryTable.Sent;
        _wasEarly[query] |= early;
        _turnsAtSend[query] = _turns;
        _answersAtSend[query] = _answers;
        _sentMs[query] = _lastNowMs;
        _table.Attempts[query]++;
    }

    /// <summary>The server took the early data: those queries are in flight like any other.</summary>
    private void AcceptEarlyQueries()
    {
        if (!_tls.IsEarlyDataAccepted)
            ReturnEarlyQueries();

        for (int i = 0; i < _table.Slots; i++)
        {
            if (_table.States[i] != QueryTable.SentEarly)
                continue;

            _table.States[i] = QueryTable.Sent;
            _takenEarly[i] = true;
            EarlyQueries++;
        }
    }

    /// <summary>The server refused the early data: those queries are sent again, as ordinary data.</summary>
    private void ReturnEarlyQueries()
    {
        for (int i = 0; i < _table.Slots; i++)
        {
            if (_table.States[i] != QueryTable.SentEarly)
                continue;

            _table.States[i] = QueryTable.Waiting;
            _table.Attempts[i]--;
        }

        Flush();
    }
}
