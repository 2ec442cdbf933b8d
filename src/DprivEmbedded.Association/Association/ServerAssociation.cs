using System;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;

namespace DprivEmbedded.Association;

/// <summary>The life of the association with one server, over TLS or DTLS, without input or output of its own: connect, use, quiet, probe, suspect, recover, sleep.</summary>
/// <remarks>
/// <para>After every call that takes input drain in this order: <see cref="NextCommand"/> until <see cref="AssociationCommand.None"/>; <see cref="Transmit"/> of each open path until 0; <see cref="NextEvent"/> until
/// <see cref="AssociationEvent.None"/>; again from the start where anything came; then read the wake times.</para>
/// <para>Paths are numbered 0 and 1. A query and its answer allocate nothing. One thread at a time.</para>
/// </remarks>
public sealed partial class ServerAssociation
{
    /// <summary>Makes an association. Nothing is sent until a query comes.</summary>
    /// <param name="options">How it behaves.</param>
    /// <param name="factory">Makes its conversations.</param>
    /// <param name="sessions">Keeps sessions; those of other servers may be in it, too.</param>
    /// <param name="policy">Decides; used by this association alone.</param>
    /// <param name="crypto">Where message IDs come from.</param>
    /// <param name="paths">What the system knows of TCP paths; null for nothing.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message says what would be right.</exception>
    public ServerAssociation(AssociationOptions options, IConversationFactory factory, ISessionCache sessions, IAssociationPolicy policy, ICryptoProvider crypto, IPathFacts paths)
    {
        throw new NotImplementedException();
    }

    /// <summary>Tells the time of day, which tickets need: milliseconds since 1970-01-01 UTC at the monotonic time <paramref name="nowMs"/>. To be repeated after a sleep or a change of the clock.</summary>
    /// <param name="utcMs">The time of day; 0 where unknown.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void SetTimeOfDay(long utcMs, long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>One of <see cref="AssociationState"/>.</summary>
    public int State { get { throw new NotImplementedException(); } }

    /// <summary>The conversation of a path, to read what was negotiated: a <see cref="DotSession"/> or a <see cref="DodSession"/>; null where the path was never opened.</summary>
    /// <param name="path">0 or 1.</param>
    public DnsConversation Conversation(int path)
    {
        throw new NotImplementedException();
    }

    /// <summary>The path that queries go over, or would; -1 for none.</summary>
    public int MainPath { get { throw new NotImplementedException(); } }

    /// <summary>Takes a query; the policy decides what it does.</summary>
    /// <param name="message">Holds the DNS message without length prefix; copied. Its ID is replaced by a random one.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes, 17 or more.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <returns>The query's number, 0..<see cref="AssociationOptions.MaxQueries"/>-1; -1 where all are taken.</returns>
    /// <exception cref="ArgumentException">The message is larger than <see cref="AssociationOptions.MaxQueryBytes"/>, or no DNS query.</exception>
    public int Query(byte[] message, int offset, int count, long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>Withdraws a query. Its answer, should it come, is ignored.</summary>
    /// <param name="query">The number that <see cref="Query"/> returned.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void Cancel(int query, long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>The path's socket is ready.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void PathOpened(int path, long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>The path's socket ended, or could not be made.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="reset">True for a reset or a failure, false for an orderly end (FIN).</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void PathClosed(int path, bool reset, long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>ICMP said that the path's server cannot be reached. Nobody authenticated that: a hint, no end.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void PathUnreachable(int path, long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>The system saw the server's host answer at the TCP level: a keepalive segment was acknowledged.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void PathAlive(int path, long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>Tells whether the server took the data in the SYN of a path that was opened with Fast Open (RFC 7413): else its handshake took one round trip more. Before the first bytes of the path are given to <see cref="Receive"/>.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="used">Whether it did.</param>
    public void PathFastOpenUsed(int path, bool used)
    {
        throw new NotImplementedException();
    }

    /// <summary>Takes bytes of a TCP stream, or one datagram.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="data">Holds the bytes; a datagram is decrypted in place.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <returns>Number of bytes taken: drain before giving the rest.</returns>
    public int Receive(int path, byte[] data, int offset, int count, long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>Acts on time gone by. A call that comes too early does nothing.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public void HandleTimeout(long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>The radio is awake for another reason: what is planned for later and may be done now is done now.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public void RadioActive(long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>Tells what the power-save state permits and what the battery has.</summary>
    /// <param name="probePermission">One of <see cref="ProbePermission"/>.</param>
    /// <param name="batteryPermille">0..1000; -1 where unknown.</param>
    /// <param name="charging">Whether the device is charging or on mains.</param>
    /// <param name="nextWakeMs">When the application will use the radio next, on the monotonic clock; <see cref="long.MaxValue"/> where unknown.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void SetPower(int probePermission, int batteryPermille, bool charging, long nextWakeMs, long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>The device has another address. An association with a connection id moves; any other is given up and resumed when it is needed.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public void NetworkChanged(long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>The device is about to sleep: the policy may close, and the sessions are to be saved (<see cref="AssociationEvent.SessionsChanged"/>). Drain afterwards, then sleep.</summary>
    /// <param name="sleepMs">For how long, in milliseconds.</param>
    /// <param name="keepsMemory">Whether memory survives (light sleep, PSM) or the program starts again (deep sleep).</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void PrepareSleep(long sleepMs, bool keepsMemory, long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>The device is awake again.</summary>
    /// <param name="nowMs">The monotonic clock, which went on through the sleep.</param>
    public void Wake(long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>Probes now, whatever the policy thinks.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <returns>False where there is no association, it cannot be probed, or a probe is under way.</returns>
    public bool Probe(long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>Closes in an orderly way. Queries that wait for answers go to a new association.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public void Close(long nowMs)
    {
        throw new NotImplementedException();
    }

    /// <summary>Zeroes keys, secrets, queries and answers.</summary>
    public void Clear()
    {
        throw new NotImplementedException();
    }

    /// <summary>The next thing that the driver is to do.</summary>
    /// <returns>One of <see cref="AssociationCommand"/>.</returns>
    public int NextCommand()
    {
        throw new NotImplementedException();
    }

    /// <summary>The path of the last command.</summary>
    public int CommandPath { get { throw new NotImplementedException(); } }

    /// <summary>Whether the path is to be opened with TCP Fast Open.</summary>
    public bool CommandFastOpen { get { throw new NotImplementedException(); } }

    /// <summary>Takes bytes for a TCP path, or the next datagram.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="output">Receives them.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written; a datagram must fit.</param>
    /// <returns>Number of bytes; 0 where nothing waits.</returns>
    public int Transmit(int path, byte[] output, int offset, int capacity)
    {
        throw new NotImplementedException();
    }

    /// <summary>The next event.</summary>
    /// <returns>One of <see cref="AssociationEvent"/>.</returns>
    public int NextEvent()
    {
        throw new NotImplementedException();
    }

    /// <summary>From when on a wake-up is useful, in milliseconds of the monotonic clock: what is planned may then ride along. <see cref="long.MaxValue"/> for never.</summary>
    public long WakeEarliestMs { get { throw new NotImplementedException(); } }

    /// <summary>When <see cref="HandleTimeout"/> is due; <see cref="long.MaxValue"/> for never.</summary>
    public long WakeDueMs { get { throw new NotImplementedException(); } }

    /// <summary>Until when a wake-up may be put off without harm; at least <see cref="WakeDueMs"/>.</summary>
    public long WakeLatestMs { get { throw new NotImplementedException(); } }

    /// <summary>The smoothed round trip time of answers, handshakes and probes (RFC 6298 section 2), in milliseconds; -1 where unknown.</summary>
    public int SmoothedRttMs { get { throw new NotImplementedException(); } }

    /// <summary>The query of the last event about one. Free for a new query from now on.</summary>
    public int EventQuery;

    /// <summary>The error of the last event: <see cref="DotError"/> or <see cref="Tls.TlsError"/>.</summary>
    public int EventError;

    /// <summary>The path of the last event; -1 for none.</summary>
    public int EventPath;

    /// <summary>Round trips from the last answer's query to the answer, those lost with broken paths and the making of TCP connections included: the seed's count.</summary>
    public int EventRoundTrips;

    /// <summary>What the query of the last event did when it came, one of <see cref="QueryAction"/>.</summary>
    public int EventAction;

    /// <summary>How often the query of the last event was sent, on all paths.</summary>
    public int EventAttempts;

    /// <summary>Whether the last answer's query waited for a handshake.</summary>
    public bool EventWaitedForHandshake;

    /// <summary>Whether the last answer's query travelled as early data that the server took.</summary>
    public bool EventWasEarly;

    /// <summary>Whether the last answer is truncated.</summary>
    public bool EventTruncated;

    /// <summary>The buffer of the last answer. Valid until the next call that takes input or asks for an event.</summary>
    public byte[] AnswerBuffer { get { throw new NotImplementedException(); } }

    /// <summary>First byte of the last answer, a DNS message without length prefix.</summary>
    public int AnswerOffset { get { throw new NotImplementedException(); } }

    /// <summary>Number of bytes of the last answer.</summary>
    public int AnswerCount { get { throw new NotImplementedException(); } }

    /// <summary>Recoveries that unauthenticated signals started.</summary>
    public int SignalRecoveries;

    /// <summary>Recoveries that the end of a TCP connection under queries started: a reset or a FIN.</summary>
    public int ResetRecoveries;

    /// <summary>Recoveries that silence started.</summary>
    public int SilenceRecoveries;

    /// <summary>Probes sent, of the policy and of <see cref="Probe"/>.</summary>
    public int ProbesSent;

    /// <summary>How the last probe was made, one of <see cref="Association.ProbeKind"/>.</summary>
    public int LastProbeKind;

    /// <summary>Unauthenticated signals that started nothing: the budget was spent, or nothing was in flight.</summary>
    public int SignalsIgnored;
}
