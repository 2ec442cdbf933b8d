namespace DprivEmbedded.Association;

// Time that the association's own work takes. A key exchange and a certificate cost a small processor a second and more; silence, round trips and retransmissions are counted from when bytes leave, not from when the work began.
public sealed partial class ServerAssociation
{
    /// <summary>
    /// Tells that time went by while the last input was worked on: what waits for <see cref="Transmit"/> leaves now, and its timers begin now. Optional, between an input and the transmissions that it causes; a driver whose
    /// clock stands still meanwhile has no use for it.
    /// </summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public void Advance(long nowMs)
    {
        long before = _nowMs;
        if (nowMs <= before)
            return;

        _nowMs = nowMs;
        for (int i = 0; i < PathCount; i++)
        {
            AssociationPath path = _paths[i];
            if (!path.IsUp)
                continue;
            if (path.SilentSinceMs == before)
                path.SilentSinceMs = nowMs;
            if (path.OpeningMs == before)
                path.OpeningMs = nowMs;
            if (path.ProgressMs == before)
                path.ProgressMs = nowMs;

            path.Conversation.Advance(before, nowMs);
        }

        if (_probing == ProbeKind.Keepalive && _probeDueMs == before + SilenceMs())
            _probeDueMs = nowMs + SilenceMs();
    }
}
