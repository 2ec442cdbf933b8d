using System;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sockets;

/// <summary>Makes the conversations with one server as the resolver's options want them.</summary>
internal sealed class ConversationFactory : IConversationFactory
{
    private readonly DprivServer _server;
    private readonly DprivResolverOptions _options;
    private readonly ICryptoProvider _crypto;
    private readonly Func<IPeerVerifier?> _makeVerifier;
    private TlsClient? _tls;
    private DtlsClient? _dtls;

    /// <summary>Makes one, and the first client with it.</summary>
    /// <exception cref="ArgumentException">The options cannot be satisfied by the server's description.</exception>
    public ConversationFactory(DprivServer server, DprivResolverOptions options, ICryptoProvider crypto, Func<IPeerVerifier?> makeVerifier, bool datagrams)
    {
        _server = server;
        _options = options;
        _crypto = crypto;
        _makeVerifier = makeVerifier;
        // So that what is wrong with the options is said when the resolver is made.
        if (datagrams)
            _dtls = MakeDtls();
        else
            _tls = MakeTls();
    }

    /// <inheritdoc/>
    public DotSession CreateDot(int maxQueries, int maxQueryBytes)
    {
        var dot = new DotSessionOptions
        {
            MaxQueries = maxQueries,
            MaxQueryBytes = maxQueryBytes,
            IdleTimeoutMs = _options.IdleTimeoutMs,
            SilenceTimeoutMs = _options.SilenceTimeoutMs,
            QueryTimeoutMs = _options.QueryTimeoutMs,
        };
        TlsClient tls = _tls ?? MakeTls();
        _tls = null;
        return new DotSession(dot, tls, _crypto, new byte[_options.AnswerBufferBytes]);
    }

    /// <inheritdoc/>
    public DodSession CreateDod(int maxQueries, int maxQueryBytes)
    {
        var dod = new DodSessionOptions
        {
            MaxQueries = maxQueries,
            MaxQueryBytes = maxQueryBytes,
            LengthPrefix = _server.LengthPrefix,
            QueryTimeoutMs = _options.QueryTimeoutMs,
        };
        DtlsClient dtls = _dtls ?? MakeDtls();
        _dtls = null;
        return new DodSession(dod, dtls, _crypto);
    }

    private static string? ServerNameOf(DprivServer server)
    {
        string? name = server.AuthenticationName?.TrimEnd('.');
        return name == null || name.Length == 0 || System.Net.IPAddress.TryParse(name, out _) ? null : name;
    }

    private TlsClient MakeTls()
    {
        var tls = new TlsClientOptions
        {
            MinVersion = _options.MinVersion,
            MaxVersion = _options.MaxVersion,
            ApplicationProtocol = _options.ApplicationProtocol,
            PskKe = _options.PskKe,
            PskDheKe = _options.PskDheKe,
            EarlyData = _options.EarlyData,
            FalseStart = _options.FalseStart,
            CompatibilityMode = _options.CompatibilityMode,
            HandshakeTimeoutMs = _options.HandshakeTimeoutMs,
        };
        Fill(tls);
        return new TlsClient(tls, _crypto, new byte[_options.ReceiveBufferBytes], new byte[16384]);
    }

    private DtlsClient MakeDtls()
    {
        var dtls = new DtlsClientOptions
        {
            ApplicationProtocol = null, // RFC 8094 has no ALPN
            FalseStart = _options.FalseStart,
            HandshakeTimeoutMs = _options.DatagramHandshakeTimeoutMs,
            InitialRetransmitMs = _options.DatagramRetransmitMs,
            ConnectionId = _options.ConnectionId,
            Heartbeat = _options.Heartbeat,
        };
        Fill(dtls);
        return new DtlsClient(dtls, _crypto, new byte[8192], new byte[4096], new byte[16384]);
    }

    private void Fill(TlsClientOptions tls)
    {
        tls.ServerName = ServerNameOf(_server);
        tls.Verifier = _makeVerifier();
        tls.Opportunistic = _options.Profile == DprivProfile.Opportunistic;
        tls.PskIdentity = _server.PskIdentity;
        tls.Psk = _server.Psk;
        tls.KeyLog = _options.KeyLog;
        tls.Observer = _options.Recorder;
        if (_options.CipherSuites != null)
            tls.CipherSuites = _options.CipherSuites;
        if (_options.Groups != null)
            tls.Groups = _options.Groups;
    }
}
