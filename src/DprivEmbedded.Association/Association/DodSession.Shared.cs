using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

// What a ServerAssociation needs of the conversation: queries that it shares between two paths, timers that it sets, signs of life.
public sealed partial class DodSession
{
    internal override void Adopt(int query, int turnsBefore, bool wasSent, long nowMs)
    {
        _nowMs = nowMs;
        _table.Take(query);
        Begin(query, turnsBefore);
    }

    /// <summary>The first wait before a query is sent again, in milliseconds; 0 where the conversation finds it by itself. An association sets it, and then looks after silence and suspicion itself, too.</summary>
    internal int RetryMs;

    /// <summary>Queries that went out in a false start, before a round trip time was known, wait no longer than those after them.</summary>
    internal void ShortenWaits()
    {
        for (int i = 0; i < _table.Slots; i++)
        {
            if (_table.States[i] != QueryTable.Sent || _sends[i] != 1 || RetryMs <= 0 || RetryMs >= _resendMs[i])
                continue;

            _resendMs[i] = RetryMs;
            _resendDueMs[i] = _firstSentMs[i] + RetryMs;
        }
    }

    /// <summary>Whether nothing is sent again any more: the association is only listened to.</summary>
    internal bool OnlyListens;

    /// <summary>How often anything authentic came.</summary>
    internal int HeardCount;

    internal override void Advance(long beforeMs, long nowMs)
    {
        if (_nowMs != beforeMs)
            return;

        _nowMs = nowMs;
        if (_silentSinceMs == beforeMs)
            _silentSinceMs = nowMs;
        for (int i = 0; i < _table.Slots; i++)
        {
            if (_table.States[i] != QueryTable.Sent || _resendDueMs[i] != beforeMs + _resendMs[i])
                continue;

            _resendDueMs[i] = nowMs + _resendMs[i];
            if (_firstSentMs[i] == beforeMs)
                _firstSentMs[i] = nowMs;
        }

        _dtls.Advance(nowMs);
    }

    /// <summary>When the query was sent here first.</summary>
    internal long FirstSentMs(int query)
    {
        return _firstSentMs[query];
    }

    /// <summary>How often it was sent in this association.</summary>
    internal int Sends(int query)
    {
        return _sends[query];
    }

    /// <summary>The path below was replaced: what is unanswered goes out again at once, and its waits begin anew.</summary>
    internal void ResendAll(long nowMs)
    {
        _nowMs = nowMs;
        for (int i = 0; i < _table.Slots; i++)
        {
            if (_table.States[i] == QueryTable.Sent && SendNow(i))
                Resends++;
        }
    }

    internal override bool IsConnected { get { return _dtls.IsConnected; } }

    internal override bool IsResumed { get { return _dtls.IsResumed; } }

    internal override bool CanSend { get { return _dtls.CanSend; } }

    internal override int Take(byte[] data, int offset, int count, long nowMs)
    {
        Receive(data, offset, count, nowMs);
        return count;
    }

    /// <summary>Forgets a suspicion, so that the next alert is reported again.</summary>
    internal void ClearSuspicion()
    {
        _suspect = false;
    }

    internal override void Abandon()
    {
        _dtls.Abandon();
        End(DotCloseReason.Caller, TlsError.None);
    }
}
