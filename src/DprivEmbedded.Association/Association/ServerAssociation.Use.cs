using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

// Queries over what is there.
//
// Figure 6: the NAT lost its binding, and makes the same again; the server sees no difference.                    1 round trip
//   1. -> query (the NAT makes a new binding)    StartQuery: reuse
//   2. <- response                               OnAnswer
//   With a connection id (RFC 9146) the same holds for another mapping: the server follows.
//
// Hedge, beyond the seed: the association may be gone, and nobody knows.                                          1 or 2 round trips
//   1. -> query on the old association, and in the same burst ClientHello with resumption on another path          StartQuery, StartBeside
//   2. <- response to the old one: the other path is dropped, its session put back                                 OnSign
//      or <- ServerHello, ChangeCipherSpec, Finished: the other path is the main one from now on                   Promote
//   3. -> ChangeCipherSpec, Finished, query
//   4. <- response. The old path is heard until then: whichever answers first has answered.                        EndLeavingIfDone
public sealed partial class ServerAssociation
{
    private int _failures;

    /// <summary>Decides what a query does, and starts it.</summary>
    /// <returns>One of <see cref="QueryAction"/>.</returns>
    private int StartQuery(int query)
    {
        if (_main < 0)
            return StartOnNothing();

        AssociationPath main = _paths[_main];
        if (main.State != AssociationPath.Live)
        {
            if (main.State == AssociationPath.Handshaking)
                Adopt(_main, query);

            bool session = main.State == AssociationPath.Opening ? main.WithSession && _facts.HasSession : main.OfferedSession;
            return session ? QueryAction.Resume : QueryAction.Reconnect;
        }

        if (IsCandidate(_wanted) || (_beside >= 0 && IsCandidate(_besideRole)))
        {
            // A renewal that a query meets is a hedge.
            if (_wanted == Renewal)
                _wanted = Hedge;
            if (_besideRole == Renewal)
                _besideRole = Hedge;

            Adopt(_main, query);
            if (_beside >= 0 && _paths[_beside].State == AssociationPath.Handshaking)
                Adopt(_beside, query);

            return QueryAction.Hedge;
        }

        int action = _policy.DecideQuery(_facts);
        bool draining = main.Dot != null && main.Dot.IsDraining;
        if (draining && action <= QueryAction.Hedge)
        {
            if (_options.MaxPaths == 1)
            {
                Adopt(_main, query);
                return QueryAction.Resume;
            }

            return LeaveDraining();
        }

        if (action <= QueryAction.Reuse)
            action = main.Suspect ? ReuseSuspect(main) : QueryAction.Reuse;
        if (action == QueryAction.Hedge && _options.MaxPaths == 1)
            action = QueryAction.Resume;

        switch (action)
        {
            case QueryAction.Reuse:
                Adopt(_main, query);
                return action;
            case QueryAction.Hedge:
                Adopt(_main, query);
                StartBeside(Hedge);
                return action;
            default:
                // Believed dead: no word to the server.
                DropBeside();
                EndMain(Silently);
                return StartNew(action);
        }
    }

    /// <summary>A signal that nobody authenticated came in quiet time: the query hedges, where the budget allows.</summary>
    private int ReuseSuspect(AssociationPath main)
    {
        if (_options.MaxPaths > 1 && _budget.TryTake(_nowMs))
        {
            SignalRecoveries++;
            return QueryAction.Hedge;
        }

        // What comes in answer to the query is news again.
        main.Suspect = false;
        if (main.Dod != null)
            main.Dod.ClearSuspicion();

        return QueryAction.Reuse;
    }

    private int StartOnNothing()
    {
        if (_wanted != NoRole)
            return _wantedSession && _facts.HasSession ? QueryAction.Resume : QueryAction.Reconnect;

        return StartNew(_policy.DecideQuery(_facts));
    }

    private int StartNew(int action)
    {
        bool resume = action != QueryAction.Reconnect && !_withoutSession;
        Want(Main, resume, false);
        return resume && _facts.HasSession ? QueryAction.Resume : QueryAction.Reconnect;
    }

    /// <summary>The server drains the connection (RFC 7828): what it owes is awaited, and new queries go to another at once.</summary>
    private int LeaveDraining()
    {
        DropBeside();
        _beside = _main;
        _besideRole = Leaving;
        _leavingDrains = true;
        _main = -1;
        return StartNew(QueryAction.Resume);
    }

    /// <summary>Gives a query to a path.</summary>
    private void Adopt(int index, int query)
    {
        AssociationPath path = _paths[index];
        AssociationPath other = _paths[1 - index];
        int turns = _turns[query];
        int attempts = _attempts[query];
        if (other.IsUp && other.Conversation.Has(query))
        {
            turns = other.Conversation.TurnsOf(query) + other.OpeningTurns(query);
            attempts += other.Conversation.Attempts(query);
        }

        path.AtOpen[query] = false;
        SetTimers(path);
        path.Conversation.Adopt(query, turns, attempts > 0, _nowMs);
    }

    /// <summary>Whether a path has the query. One that is only listened to does not count, unless it drains.</summary>
    private bool IsPlaced(int query)
    {
        for (int i = 0; i < PathCount; i++)
        {
            if (i == _beside && _besideRole == Leaving && !_leavingDrains)
                continue;
            if (_paths[i].IsUp && _paths[i].Conversation.Has(query))
                return true;
        }

        return false;
    }

    /// <summary>Whether a query waits that no path has.</summary>
    private bool HasUnplaced()
    {
        for (int i = 0; i < _options.MaxQueries; i++)
        {
            if (_phases[i] == Pending && !IsPlaced(i))
                return true;
        }

        return false;
    }

    /// <summary>Whether a query waits for its answer; probes are none.</summary>
    private bool HasQueries()
    {
        for (int i = 0; i < _options.MaxQueries; i++)
        {
            if (_phases[i] == Pending)
                return true;
        }

        return false;
    }

    /// <summary>Gives queries that are nowhere to the main path, or asks for one.</summary>
    private void PlaceQueries()
    {
        if (_main >= 0 && _paths[_main].State == AssociationPath.Opening)
            return;

        for (int i = 0; i < _options.MaxQueries; i++)
        {
            if (_phases[i] != Pending || IsPlaced(i))
                continue;
            if (_main >= 0)
                Adopt(_main, i);
            else
            {
                if (_wanted == NoRole && _nowMs >= _openNotBeforeMs)
                    Want(Main, !_withoutSession, _attempts[i] > 0);

                return;
            }
        }
    }

    private void OnAnswer(int index)
    {
        AssociationPath path = _paths[index];
        DnsConversation conversation = path.Conversation;
        int query = conversation.EventQuery;
        SampleAnswer(path, query);
        _openBackOffMs = FirstBackOffMs;
        _besideBackOffMs = FirstBackOffMs;
        AssociationPath other = _paths[1 - index];
        int attempts = _attempts[query] + conversation.EventAttempts;
        bool elsewhere = other.IsUp && other.Conversation.Has(query);
        if (elsewhere)
        {
            attempts += other.Conversation.Attempts(query);
            other.Conversation.Drop(query);
        }

        for (int i = 0; i < _losses.Length; i++)
            _losses[i] = 0;

        path.SilentSinceMs = conversation.InFlight > 0 ? _nowMs : -1;
        path.Patience = 0;
        _silences = 0;
        if (query == _probeSlot)
        {
            Forget(query);
            EndProbe(true);
            return;
        }

        _answeredMs = _nowMs;
        _phases[query] = Answered;
        _heldQuery = query;
        _heldPath = index;
        _heldTurns = conversation.EventRoundTrips + path.OpeningTurns(query);
        _heldAttempts = attempts;
        _heldWaited = conversation.EventWaitedForHandshake;
        _heldEarly = path.Dot != null && path.Dot.EventWasEarly;

        // The new path answers what the old one was asked, too: that one is no longer waited for.
        if (index == _main && elsewhere && _besideRole == Leaving && !_leavingDrains)
            EndLeaving();
    }

    /// <summary>How long an answer took, where it was asked for once (Karn).</summary>
    private void SampleAnswer(AssociationPath path, int query)
    {
        if (path.Dot != null)
            _rtt.Add(_nowMs - path.Dot.SentMs(query));
        else if (path.Dod.Sends(query) == 1)
            _rtt.Add(_nowMs - path.Dod.FirstSentMs(query));

        SetTimers(path);
    }

    private void ReportAnswer()
    {
        EventPath = _heldPath;
        EventQuery = _heldQuery;
        EventError = TlsError.None;
        EventRoundTrips = _heldTurns;
        EventAttempts = _heldAttempts;
        EventAction = _actions[_heldQuery];
        EventWaitedForHandshake = _heldWaited;
        EventWasEarly = _heldEarly;
        EventTruncated = (AnswerBuffer[AnswerOffset + 2] & 2) != 0;
        Forget(_heldQuery);
        _heldQuery = -1;
    }

    private void OnQueryFailed(int query, int error)
    {
        if (IsPlaced(query))
            return;
        if (query == _probeSlot)
        {
            // It was answered by something, so the server has the association.
            EndProbe(true);
            return;
        }

        FailQuery(query, error);
    }

    /// <summary>Takes a query from every path.</summary>
    private void Withdraw(int query)
    {
        for (int i = 0; i < PathCount; i++)
        {
            AssociationPath path = _paths[i];
            if (!path.IsUp || !path.Conversation.Has(query))
                continue;

            _attempts[query] += path.Conversation.Attempts(query);
            path.Conversation.Drop(query);
        }
    }

    private void FailQuery(int query, int error)
    {
        if (_phases[query] != Pending)
            return;

        Withdraw(query);
        _phases[query] = Failing;
        _errors[query] = error;
        _failures++;
    }

    /// <summary>Fails the queries that no path has.</summary>
    private void FailUnplaced(int error)
    {
        for (int i = 0; i < _options.MaxQueries; i++)
        {
            if (_phases[i] == Pending && !IsPlaced(i))
                FailQuery(i, error);
        }
    }

    /// <summary>Frees a query's number.</summary>
    private void Forget(int query)
    {
        if (_phases[query] == Failing)
            _failures--;

        _phases[query] = NoQuery;
        _store.Taken[query] = false;
    }

    private void ExpireQueries()
    {
        for (int i = 0; i < _phases.Length; i++)
        {
            if (_phases[i] != Pending || _nowMs < _store.DueMs[i])
                continue;

            // Over a path that gave no sign all the while, the next query would meet the same silence.
            bool silent = _main >= 0 && _paths[_main].State == AssociationPath.Live && _paths[_main].SilentSinceMs >= 0
                && _paths[_main].Conversation.HasSent(i) && _nowMs - _paths[_main].SilentSinceMs >= SilenceMs();
            if (i != _probeSlot)
                FailQuery(i, DotError.QueryTimeout);
            if (silent)
                OnLostSilently();
            else if (i == _probeSlot)
                EndProbe(false);
        }
    }
}
