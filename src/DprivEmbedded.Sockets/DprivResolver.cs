using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Dns;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sockets;

/// <summary>Private DNS lookups: DNS over TLS (RFC 7858) or DTLS (RFC 8094) with one kept association a server, pipelined queries, resumption, and several servers in order.</summary>
/// <remarks>
/// Thread-safe: any number of lookups at a time. A connection is made when the first lookup needs it, kept as long as the server says (RFC 7828),
/// and resumed when it is needed again; where its other side may have lost it, a resumption runs beside it. Dispose closes connections in an orderly way and keeps the sessions in the store.
/// </remarks>
public sealed class DprivResolver : IAsyncDisposable, IDisposable
{
    private readonly DprivResolverOptions _options;
    private readonly ICryptoProvider _crypto;
    private readonly ServerState[] _servers;
    private readonly ResolverSessions _sessions;
    private readonly ResolverStatistics _statistics = new ResolverStatistics();
    private readonly MonotonicClock _clock = new MonotonicClock();
    private bool _disposed;

    /// <summary>Makes a resolver. Nothing is sent yet; a session store is read.</summary>
    /// <param name="options">How it works; not to be changed afterwards.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message says which, and what would be right.</exception>
    /// <exception cref="TrustAnchorException">The system's authorities are needed and cannot be read.</exception>
    public DprivResolver(DprivResolverOptions options)
    {
        _options = options ?? throw new ArgumentNullException(nameof(options));
        string? wrong = options.Validate();
        if (wrong != null)
            throw new ArgumentException(wrong, nameof(options));

        _crypto = options.Crypto ?? new BouncyCastleProvider();
        _sessions = new ResolverSessions(Math.Max(4, options.Servers.Count), options.SessionStore, options.SessionStoreKey, _crypto, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        TrustAnchors? anchors = options.TrustAnchors;
        _servers = new ServerState[options.Servers.Count];
        for (int i = 0; i < _servers.Length; i++)
        {
            DprivServer server = options.Servers[i];
            bool validates = server.AuthenticationName != null && server.ValidateCertificate;
            if (validates)
                anchors ??= TrustAnchors.FromSystem();

            try
            {
                TrustAnchors? trusted = validates ? anchors : null;
                string key = SessionKey(server, trusted);
                Func<IPeerVerifier?> makeVerifier = () => MakeVerifier(server, trusted);
                var stream = new AssociationDriver(server, options, _crypto, _sessions, _statistics, _clock, makeVerifier, key, datagrams: false);
                AssociationDriver? datagrams = server.Transport == DprivTransport.Dodtls
                    ? new AssociationDriver(server, options, _crypto, _sessions, _statistics, _clock, makeVerifier, key + "|dtls", datagrams: true)
                    : null;
                _servers[i] = new ServerState(server, stream, datagrams);
            }
            catch (ArgumentException e)
            {
                // The message without the framework's "(Parameter ...)".
                string message = e.ParamName == null ? e.Message : e.Message.Replace($" (Parameter '{e.ParamName}')", "");
                throw new ArgumentException($"{server}: {message}", nameof(options), e);
            }
        }
    }

    /// <summary>What the resolver has done so far; live.</summary>
    public ResolverStatistics Statistics => _statistics;

    /// <summary>Sessions that wait to be resumed.</summary>
    public int SessionCount => _sessions.Count;

    /// <summary>What reading the session store gave, one of <see cref="SessionStoreError"/>: a damaged or foreign store is reported here and otherwise ignored.</summary>
    public int SessionStoreError => _sessions.LoadError;

    /// <summary>The same in words; null where nothing was wrong.</summary>
    public string? SessionStoreErrorText => _sessions.LoadError == Sessions.SessionStoreError.None ? null : _sessions.LoadErrorText ?? Sessions.SessionStoreError.Describe(_sessions.LoadError);

    /// <summary>What the last write of the session store gave, one of <see cref="Sessions.SessionStoreError"/>.</summary>
    public int SessionStoreSaveError => _sessions.SaveError;

    /// <summary>The same in words; null where nothing was wrong.</summary>
    public string? SessionStoreSaveErrorText => _sessions.SaveError == Sessions.SessionStoreError.None ? null : _sessions.SaveErrorText ?? Sessions.SessionStoreError.Describe(_sessions.SaveError);

    /// <summary>Looks a name up.</summary>
    /// <param name="name">The name, in presentation form with escapes (RFC 1035 section 5.1); with or without the trailing dot, always absolute.</param>
    /// <param name="type">The record type's name, "AAAA" or "TYPE65280" for example.</param>
    /// <param name="cancellationToken">Ends the lookup.</param>
    /// <returns>The answer and what it cost.</returns>
    /// <exception cref="ArgumentException">The name or type is none; the message says what would be right.</exception>
    /// <exception cref="DprivException">No server gave an answer.</exception>
    /// <exception cref="OperationCanceledException">The token ended the lookup.</exception>
    /// <exception cref="ObjectDisposedException">The resolver is, or was before the answer came, disposed of.</exception>
    public Task<DprivLookup> QueryAsync(string name, string type = "A", CancellationToken cancellationToken = default)
    {
        int number = DnsType.FromText(type ?? throw new ArgumentNullException(nameof(type)));
        if (number < 0)
            throw new ArgumentException($"'{type}' is no record type: give a name such as A, AAAA or HTTPS, or TYPE and a number.", nameof(type));

        return QueryAsync(DnsName.Parse(name), number, cancellationToken);
    }

    /// <summary>Looks a name up.</summary>
    /// <param name="name">The name.</param>
    /// <param name="type">One of <see cref="DnsType"/>, or any number up to 65535.</param>
    /// <param name="cancellationToken">Ends the lookup.</param>
    /// <returns>The answer and what it cost.</returns>
    /// <exception cref="DprivException">No server gave an answer.</exception>
    /// <exception cref="OperationCanceledException">The token ended the lookup.</exception>
    /// <exception cref="ObjectDisposedException">The resolver is, or was before the answer came, disposed of.</exception>
    public async Task<DprivLookup> QueryAsync(DnsName name, int type, CancellationToken cancellationToken = default)
    {
        if (name == null)
            throw new ArgumentNullException(nameof(name));
        if (_disposed)
            throw new ObjectDisposedException(nameof(DprivResolver));

        cancellationToken.ThrowIfCancellationRequested();
        using Activity? activity = DprivDiagnostics.Activities.StartActivity("dpriv.lookup", ActivityKind.Client);
        activity?.SetTag("dns.question.type", DnsType.ToText(type));
        _statistics.Add(ref _statistics.LookupsCount, 1);
        long start = Stopwatch.GetTimestamp();
        byte[] buffer = new byte[2 * 512];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0, name, type, DnsClass.Internet, _options.Edns);
        byte[] query = buffer.AsSpan(0, count).ToArray();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.QueryTimeoutMs);

        var tries = new StringBuilder();
        int lastError = DotError.QueryTimeout;
        foreach (ServerState state in InOrder())
        {
            PendingLookup lookup = await AskAsync(state, query, name, type, limit.Token).ConfigureAwait(false);
            if (lookup.Error == TlsError.None && lookup.Answer != null)
            {
                DnsMessage? message = DnsMessage.Parse(lookup.Answer, 0, lookup.Answer.Length);
                if (message != null)
                {
                    state.Succeeded();
                    return Result(message, lookup, state.Server, start, activity);
                }

                lookup.Error = DotError.MalformedAnswer;
            }

            if (cancellationToken.IsCancellationRequested)
            {
                DprivDiagnostics.Lookups.Add(1, new KeyValuePair<string, object?>("outcome", "cancelled"));
                throw new OperationCanceledException(cancellationToken);
            }

            if (lookup.Error == DotError.Cancelled && _disposed && !limit.IsCancellationRequested)
            {
                DprivDiagnostics.Lookups.Add(1, new KeyValuePair<string, object?>("outcome", "cancelled"));
                throw new ObjectDisposedException(nameof(DprivResolver), "The resolver was disposed of before the answer came.");
            }

            if (lookup.Error == DotError.Cancelled)
                lookup.Error = DotError.QueryTimeout;

            lastError = lookup.Error;
            state.Failed(lookup.Error, lookup.SocketError, _options);
            if (tries.Length > 0)
                tries.Append("; ");

            tries.Append(state.Server).Append(": ").Append(Explain(lookup));
            if (limit.IsCancellationRequested)
                break;
        }

        _statistics.Add(ref _statistics.FailuresCount, 1);
        DprivDiagnostics.Lookups.Add(1, new KeyValuePair<string, object?>("outcome", "failed"));
        activity?.SetStatus(ActivityStatusCode.Error);
        throw new DprivException(lastError, tries.ToString());
    }

    /// <summary>Closes all connections in an orderly way, before a sleep for example; the next lookup makes a new one and resumes. Lookups under way are sent again there.</summary>
    public void CloseConnections()
    {
        ForEach(driver => driver.CloseConnection());
        _sessions.Save(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
    }

    /// <summary>
    /// Tells that the device's address changed. An association over DTLS whose server gave a connection id (RFC 9146) goes on over a new socket; everything else is closed and resumed when it is needed.
    /// </summary>
    public void NetworkChanged()
    {
        ForEach(driver => driver.NetworkChanged());
    }

    /// <summary>Tells that the radio is awake for another reason: what the policy planned for later and may be done now is done now, so that it costs no wake-up of its own.</summary>
    public void RadioActive()
    {
        ForEach(driver => driver.RadioActive());
    }

    /// <summary>Tells what the power-save state permits and what the battery has. Without a call probes may wake the radio, and the device counts as on mains.</summary>
    /// <param name="probePermission">One of <see cref="ProbePermission"/>: whether a probe may be sent at all, only along with other traffic (<see cref="RadioActive"/>), or by itself.</param>
    /// <param name="batteryPermille">0..1000; -1 where unknown.</param>
    /// <param name="charging">Whether the device is charging or on mains.</param>
    /// <param name="nextWake">In how long the application will use the radio next; null where unknown.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is none of those.</exception>
    public void SetPower(int probePermission, int batteryPermille = -1, bool charging = false, TimeSpan? nextWake = null)
    {
        if (probePermission < ProbePermission.Never || probePermission > ProbePermission.StandAlone)
            throw new ArgumentOutOfRangeException(nameof(probePermission), "One of ProbePermission.Never, RideAlong and StandAlone.");
        if (batteryPermille < -1 || batteryPermille > 1000)
            throw new ArgumentOutOfRangeException(nameof(batteryPermille), "0 to 1000, or -1 where it is unknown.");

        long nextWakeMs = nextWake == null ? long.MaxValue : _clock.NowMs + (long)nextWake.Value.TotalMilliseconds;
        ForEach(driver => driver.SetPower(probePermission, batteryPermille, charging, nextWakeMs));
    }

    /// <summary>Prepares for a sleep: the policy may close associations, sessions are saved to the store. Call <see cref="Wake"/> afterwards.</summary>
    /// <param name="duration">For how long the device will sleep.</param>
    /// <param name="keepsMemory">Whether the program goes on afterwards; false where it starts again, so that only the store's sessions survive.</param>
    /// <returns>Done when everything is written.</returns>
    public Task PrepareSleepAsync(TimeSpan duration, bool keepsMemory)
    {
        if (duration < TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(duration), "The duration must not be negative.");

        ForEach(driver => driver.PrepareSleep((long)duration.TotalMilliseconds, keepsMemory));
        _clock.Sleep();
        _sessions.Save(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        return Task.CompletedTask;
    }

    /// <summary>Tells that a sleep is over. What the system's monotonic clock missed of it is made up from the time of day.</summary>
    public void Wake()
    {
        _clock.Wake();
        ForEach(driver => driver.Wake());
    }

    /// <summary>
    /// Probes the servers' associations: whether each server still has its own, which also keeps bindings on the path. By DTLS heartbeat (RFC 6520), by TCP's own zero-length segment where the system can (Linux), else by a small
    /// padded query. Nothing is sent where there is no association.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>One result a server.</returns>
    public async Task<IReadOnlyList<DprivProbe>> ProbeAsync(CancellationToken cancellationToken = default)
    {
        var results = new List<DprivProbe>();
        foreach (ServerState state in _servers)
        {
            AssociationDriver driver = state.Preferred;
            Task<bool>? probe = driver.Probe();
            if (probe == null)
            {
                results.Add(new DprivProbe(state.Server, ProbeKind.None, false, null));
                continue;
            }

            var cancelled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            using (cancellationToken.Register(() => cancelled.TrySetCanceled(cancellationToken)))
            {
                bool answered = await (await Task.WhenAny(probe, cancelled.Task).ConfigureAwait(false)).ConfigureAwait(false);
                int rtt = answered ? driver.LastProbeRttMs : -1;
                results.Add(new DprivProbe(state.Server, driver.LastProbeKind, answered, rtt >= 0 ? TimeSpan.FromMilliseconds(rtt) : (TimeSpan?)null));
            }
        }

        return results;
    }

    /// <summary>Closes all connections in an orderly way and saves the sessions.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;

        _disposed = true;
        ForEach(driver => driver.Dispose());
        _sessions.Save(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        _sessions.Clear();
    }

    /// <summary>Closes all connections in an orderly way and saves the sessions.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    private void ForEach(Action<AssociationDriver> action)
    {
        foreach (ServerState state in _servers)
        {
            action(state.Connection);
            if (state.Datagrams != null)
                action(state.Datagrams);
        }
    }

    /// <summary>Asks one server: over DTLS where it is to be tried, and over TLS for what does not fit into a datagram or where the server does not speak DTLS.</summary>
    private async Task<PendingLookup> AskAsync(ServerState state, byte[] query, DnsName name, int type, CancellationToken token)
    {
        PendingLookup? overDatagrams = null;
        if (state.UsesDatagrams)
        {
            overDatagrams = new PendingLookup { Query = DatagramQuery(name, type) };
            await AskAsync(state.Datagrams!, overDatagrams, token).ConfigureAwait(false);
            int error = overDatagrams.Error;
            bool silent = error == TlsError.HandshakeTimeout || error == TlsError.ConnectFailed;
            if (silent)
                state.DatagramsFailed(_options);

            bool elsewhere = silent || error == DotError.QueryTooLarge || (error == TlsError.None && overDatagrams.Truncated);
            if (!elsewhere || token.IsCancellationRequested)
                return overDatagrams;
        }

        var lookup = new PendingLookup { Query = query };
        await AskAsync(state.Connection, lookup, token).ConfigureAwait(false);
        if (overDatagrams != null)
        {
            // What the way over DTLS cost belongs to the lookup.
            lookup.BytesUp += overDatagrams.BytesUp;
            lookup.BytesDown += overDatagrams.BytesDown;
            lookup.RoundTrips += overDatagrams.RoundTrips;
            lookup.PathEvents.InsertRange(0, overDatagrams.PathEvents);
        }

        return lookup;
    }

    /// <summary>The query as it goes over DTLS: never with edns-tcp-keepalive (RFC 7828 section 3.2.1).</summary>
    private byte[] DatagramQuery(DnsName name, int type)
    {
        EdnsOptions edns = _options.Edns;
        var datagram = new EdnsOptions
        {
            UdpPayloadBytes = edns.UdpPayloadBytes,
            DnssecOk = edns.DnssecOk,
            PaddingBlockBytes = edns.PaddingBlockBytes,
            ClientSubnetOptOut = edns.ClientSubnetOptOut,
            ClientSubnetFamily = edns.ClientSubnetFamily,
        };
        byte[] buffer = new byte[1024 + edns.PaddingBlockBytes];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0, name, type, DnsClass.Internet, datagram);
        return buffer.AsSpan(0, count).ToArray();
    }

    private static async Task AskAsync(AssociationDriver driver, PendingLookup lookup, CancellationToken token)
    {
        driver.Submit(lookup);
        using (token.Register(() => driver.Cancel(lookup)))
            await lookup.Done.Task.ConfigureAwait(false);
    }

    private DprivLookup Result(DnsMessage message, PendingLookup lookup, DprivServer server, long start, Activity? activity)
    {
        var result = new DprivLookup(message, lookup.Answer!, server)
        {
            Transport = lookup.Transport,
            Version = lookup.Version,
            CipherSuite = lookup.Suite,
            Handshake = lookup.Handshake,
            IsAuthenticated = lookup.Authenticated,
            AuthenticationError = lookup.AuthenticationError,
            RoundTrips = lookup.RoundTrips,
            BytesUp = lookup.BytesUp,
            BytesDown = lookup.BytesDown,
            Action = lookup.Action,
            Attempts = lookup.Attempts,
            PathEvents = lookup.PathEvents,
            UsedFastOpen = lookup.UsedFastOpen,
            Elapsed = TimeSpan.FromSeconds((Stopwatch.GetTimestamp() - start) / (double)Stopwatch.Frequency),
        };
        _statistics.Add(ref _statistics.AnswersCount, 1);
        DprivDiagnostics.Lookups.Add(1, new KeyValuePair<string, object?>("outcome", "answered"));
        DprivDiagnostics.LookupDuration.Record(result.Elapsed.TotalMilliseconds);
        activity?.SetTag("dpriv.handshake", result.Handshake.ToString());
        return result;
    }

    private static string Explain(PendingLookup lookup)
    {
        string text = DotError.Describe(lookup.Error);
        if (lookup.Unheard)
            return text + ": nothing came back; perhaps the server does not speak TLS on this port";

        switch (lookup.SocketError)
        {
            case SocketError.Success:
                return text;
            case SocketError.ConnectionRefused:
                return text + ": nothing listens on that port";
            case SocketError.TimedOut:
                return text + ": nobody answers at that address";
            case SocketError.NetworkUnreachable:
            case SocketError.HostUnreachable:
            case SocketError.AddressNotAvailable:
            case SocketError.AddressFamilyNotSupported:
                return text + ": there is no way to that address";
            default:
                return text + ": " + lookup.SocketError;
        }
    }

    /// <summary>The servers in order of preference, those that failed lately behind the others. Each once: what fails on the way does not come back at the end.</summary>
    private List<ServerState> InOrder()
    {
        var order = new List<ServerState>(_servers.Length);
        var behind = new List<ServerState>();
        foreach (ServerState state in _servers)
            (state.IsPassedOver ? behind : order).Add(state);

        order.AddRange(behind);
        return order;
    }

    private IPeerVerifier? MakeVerifier(DprivServer server, TrustAnchors? anchors)
    {
        byte[][] pins = new byte[server.Pins.Count][];
        server.Pins.CopyTo(pins, 0);
        if (anchors != null)
            return new PkixPeerVerifier(server.AuthenticationName!, anchors, pins);
        if (pins.Length > 0 || _options.Profile == DprivProfile.Opportunistic)
            return new SpkiPinVerifier(pins, _crypto.CreateSha256());

        return null; // a PSK alone
    }

    /// <summary>What a session is kept under: the server and how it was authenticated, so that a change of either never resumes an old one.</summary>
    private string SessionKey(DprivServer server, TrustAnchors? anchors)
    {
        var key = new StringBuilder();
        key.Append(server).Append('|').Append(server.AuthenticationName).Append('|').Append(_options.Profile).Append('|').Append(server.ValidateCertificate).Append('|');
        foreach (byte[] pin in server.Pins)
            key.Append(Convert.ToBase64String(pin)).Append(',');

        if (server.PskIdentity != null)
            key.Append("|psk:").Append(Convert.ToBase64String(server.PskIdentity));
        if (anchors != null)
            key.Append("|anchors:").Append(Convert.ToBase64String(anchors.Fingerprint()));

        using SHA256 sha = SHA256.Create();
        return server + "|" + Convert.ToBase64String(sha.ComputeHash(Encoding.UTF8.GetBytes(key.ToString())), 0, 12);
    }
}
