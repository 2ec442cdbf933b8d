using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.BogoShim;

/// <summary>One connection: a handshake, then every message of the runner's is sent back with its bits inverted.</summary>
internal sealed class Exchange : ITlsObserver
{
    private static readonly int[] RecordSizes = [0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769];

    private readonly ShimProvider _provider;
    private readonly ShimVerifier _verifier;
    private readonly KeyExporter _exporter;
    private readonly ShimConnection _connection;
    private readonly ShimConfig _retry;
    private readonly bool _isResume;
    private readonly byte[]? _offeredTicket;
    private readonly TlsSession? _offered;
    private readonly string? _offeredProtocol;
    private readonly int _offeredGroup;
    private ShimConfig _config;
    private bool _offeredEarlyData;
    private int _earlyDataLeft;
    private bool _rejected;
    private bool _falseStarted;
    private bool _connected;
    private bool _newSession;
    private int _lastMessage = -1;
    private readonly StringBuilder _trace = new();

    public Exchange(ShimConfig config, ShimConfig retry, TlsSession? session, ShimClock clock, ShimProvider provider, int port)
    {
        _provider = provider;
        _config = config;
        _retry = retry;
        _isResume = session != null;
        _offeredGroup = session?.Group ?? 0;
        _offeredProtocol = session?.ApplicationProtocol;
        _offered = session;
        _earlyDataLeft = session?.MaxEarlyDataBytes ?? 0;
        _offeredTicket = (byte[]?)session?.Ticket?.Clone();
        _verifier = new ShimVerifier(() => Verdict, config.EnableOcspStapling, config.MaxChainBytes);
        _exporter = new KeyExporter(_provider);
        _connection = config.Dtls
            ? new DtlsShimConnection((DtlsClientOptions)Options(new DtlsClientOptions()), _provider, clock, port)
            : new TlsShimConnection(Options(new TlsClientOptions()), _provider, clock, port, config.Async);
    }

    /// <summary>The newest session that the connection left; null for none.</summary>
    public TlsSession? Session { get; private set; }

    /// <summary>The negotiated version, or the highest that was offered.</summary>
    public int Version { get; private set; }

    void ITlsObserver.OnMessage(bool sent, int contentType, int detail, int bytes, bool early)
    {
        if (!sent && contentType == ContentType.Handshake)
            _lastMessage = detail;

        // The observer is not told the level of an alert; what is compared has no other than close_notify.
        string? what = contentType switch
        {
            ContentType.Handshake => "hs " + detail.ToString(CultureInfo.InvariantCulture),
            ContentType.ChangeCipherSpec => "ccs",
            ContentType.Alert => "alert 1 " + detail.ToString(CultureInfo.InvariantCulture),
            _ => null,
        };
        if (what != null)
            _trace.Append(sent ? "write " : "read ").Append(what).Append('\n');
    }

    public void Run()
    {
        using (_connection)
        {
            Version = _config.Dtls ? ProtocolVersion.Dtls12 : _config.MaxVersion;
            try
            {
                Talk();
            }
            catch (ShimFailure)
            {
                _connection.Flush();
                throw;
            }
            finally
            {
                if (_connection.Version != 0)
                    Version = _connection.Version;
            }
        }
    }

    /// <summary>What the verifier says. A certificate that comes after early data was offered comes on what the runner calls the retry.</summary>
    private int Verdict
    {
        get
        {
            ShimConfig config = _offeredEarlyData ? _retry : _config;
            if (!config.VerifyFail)
                return config.FailOcspCallback ? TlsError.BadCertificateStatus : TlsError.None;

            // The runner's two ways to fail end in different alerts: certificate_unknown and handshake_failure.
            return config.CustomVerify ? TlsError.NameMismatch : TlsError.InsecureServer;
        }
    }

    private TlsClientOptions Options(TlsClientOptions options)
    {
        options.MinVersion = _config.MinVersion;
        options.MaxVersion = _config.MaxVersion;
        options.ServerName = _config.HostName;
        options.ApplicationProtocol = _config.Alpn;
        // Without -verify-peer the handshake goes on in spite of -verify-fail, and the verdict can be asked for.
        options.Opportunistic = _config.VerifyFail && !_config.VerifyPeer;
        options.Tickets = !_config.NoTicket;
        options.EarlyData = _config.EnableEarlyData;
        options.FalseStart = _config.FalseStart && (_config.Alpn != null || _config.AllowFalseStartWithoutAlpn);
        options.CompatibilityMode = true;
        options.PskKe = false;
        options.HandshakeBufferBytes = 65536;
        options.HandshakeTimeoutMs = 0;
        options.Observer = this;
        if (_config.ExportBytes > 0 || _config.ExportTrafficSecrets)
            options.KeyLog = _exporter;
        if (_config.Curves.Count > 0)
            options.Groups = _config.Curves.ToArray();
        if (_config.VerifyPrefs.Count > 0)
            options.SignatureSchemes = _config.VerifyPrefs.ToArray();
        if (_config.Psk != null)
        {
            options.Psk = Encoding.UTF8.GetBytes(_config.Psk);
            options.PskIdentity = Encoding.UTF8.GetBytes(_config.PskIdentity ?? string.Empty);
        }
        else
            options.Verifier = _verifier;

        if (options is DtlsClientOptions dtls)
        {
            dtls.Heartbeat = false;
            dtls.MaxDatagramBytes = _config.Mtu > 0 ? _config.Mtu : 65507;
            if (_config.InitialTimeoutMs > 0)
                dtls.InitialRetransmitMs = _config.InitialTimeoutMs;
        }

        return options;
    }

    private void Talk()
    {
        _connection.Start(_offered);
        _offeredEarlyData = _connection.CanSendEarlyData;
        if (_config.ExpectNoOfferEarlyData && _offeredEarlyData)
            throw new ShimFailure("early data was offered");

        if (!_config.ImplicitHandshake && !_offeredEarlyData)
            Handshake();

        while (_config.EarlyWriteAfterMessage != 0 && _lastMessage != _config.EarlyWriteAfterMessage)
            _connection.ReceiveOnce();

        if (_config.ExportBytes > 0)
            Write(Export());
        if (_config.ExportTrafficSecrets)
            Write(_exporter.TrafficSecrets());

        FirstWrites();
        if (!_config.ShimShutsDown)
            Echo();

        Check(!_config.HandshakeNeverDone || !_connected, "the handshake was completed");
        CheckSession();
        Shutdown();
        Check(_config.ExpectMessages == null || _config.ExpectMessages == _trace.ToString(), "the messages are not the expected ones:\n" + _trace);
    }

    /// <summary>Goes on until data can be sent.</summary>
    private void Handshake()
    {
        while (!_connection.CanSend && !_connected)
        {
            if (Step() is ShimEvent.EndOfStream or ShimEvent.PeerClosed)
                throw new ShimFailure("the runner closed in the handshake");
        }

        // The events that are there already: Connected among them, unless this is a false start.
        if (_connection.IsConnected)
        {
            while (!_connected)
                Step();
        }
        else if (!_falseStarted)
            Step();

        if (_config.FalseStart && !_isResume && _connected)
            throw new ShimFailure("no false start");
    }

    private byte[] Export()
    {
        Check(_connection.CanSend, "no keys can be exported before the handshake is over");
        string? context = _config.UseExportContext ? _config.ExportContext : null;
        return _connection.Version == ProtocolVersion.Tls13
            ? _exporter.Export13(_config.ExportLabel, context, _config.ExportBytes)
            : _exporter.Export12(_connection.ServerRandom, _config.ExportLabel, context, _config.ExportBytes);
    }

    private void FirstWrites()
    {
        if (_config.WriteDifferentRecordSizes)
        {
            foreach (int size in RecordSizes)
                Write(Enumerable.Repeat((byte)0x42, size).ToArray());
        }
        else if (_config.ReadWithUnfinishedWrite)
        {
            _connection.Flush();
            _connection.HoldsWrites = true;
            Write("hello"u8);
        }
        else if (_config.ShimWritesFirst)
            Write("hello"u8);
    }

    private void Write(ReadOnlySpan<byte> data)
    {
        if (_connection.CanSendEarlyData)
        {
            int early = Math.Min(data.Length, _earlyDataLeft);
            if (early > 0 && !_connection.Send(data[..early]))
                throw new ShimFailure("the early data could not be sent");

            _earlyDataLeft -= early;
            data = data[early..];
            if (data.Length == 0)
                return;
        }

        if (!_connection.CanSend)
            Handshake();
        if (!_connection.Send(data))
            throw new ShimFailure("the data could not be sent");
    }

    private void Echo()
    {
        while (true)
        {
            switch (Step())
            {
                case ShimEvent.EarlyDataRejected:
                    Rejected();
                    break;

                case ShimEvent.Data:
                    if (_config.ExpectRejectEarlyData && !_rejected && _isResume)
                        throw new ShimFailure("data came where a rejection of early data was expected");

                    OnData();
                    break;

                case ShimEvent.PeerClosed:
                    return;

                case ShimEvent.EndOfStream:
                    if (!_connected && !_config.HandshakeNeverDone)
                        throw new ShimFailure("the runner closed in the handshake");

                    return;
            }
        }
    }

    private void Rejected()
    {
        if (!_config.ExpectRejectEarlyData)
        {
            // What follows may be wrong in itself.
            while (!_connected && Step() != ShimEvent.EndOfStream)
            {
            }

            throw new ShimFailure("early data was rejected");
        }

        _rejected = true;
        _config = _retry;
        Handshake();
        FirstWrites();
    }

    private void OnData()
    {
        byte[] data = _connection.Data.ToArray();
        if (_config.PeekThenRead && !_connection.Data.SequenceEqual(data))
            throw new ShimFailure("the data changed between two looks at it");

        _connection.DataTaken();
        if (_config.KeyUpdate && !_connection.UpdateKeys())
            throw new ShimFailure("the keys could not be renewed");

        for (int i = 0; i < data.Length; i++)
            data[i] ^= 0xFF;

        Write(data);
    }

    /// <summary>Takes an event and does what each exchange does about it.</summary>
    private ShimEvent Step()
    {
        ShimEvent next = _connection.Next();
        switch (next)
        {
            case ShimEvent.Failed:
                throw new ShimFailure(Describe(_connection.Error));

            case ShimEvent.FalseStart:
                _falseStarted = true;
                break;

            case ShimEvent.Connected:
                _connected = true;
                if (_config.ReverifyOnResume && _isResume && _connection.IsResumed && (!_config.ExpectRejectEarlyData || _rejected))
                    Reverify();

                CheckHandshake();
                break;

            case ShimEvent.Session:
                TlsSession session = _connection.TakeSession()!;
                bool same = _offeredTicket != null && session.Ticket != null && session.Ticket.AsSpan().SequenceEqual(_offeredTicket);
                same |= _offered?.SessionId != null && session.SessionId != null && session.SessionId.AsSpan().SequenceEqual(_offered.SessionId);
                _newSession |= !same;
                Session?.Clear();
                Session = session;
                break;
        }

        return next;
    }

    /// <summary>What a caller does that no longer trusts what it trusted when the session was made. Nothing but early data has been sent yet.</summary>
    private void Reverify()
    {
        _connection.Flush();
        if (!_config.VerifyFail)
            return;

        int error = _config.CustomVerify ? TlsError.NameMismatch : TlsError.InsecureServer;
        _connection.Abort(error);
        throw new ShimFailure(Describe(error));
    }

    private string EarlyDataReason()
    {
        if (_connection.IsEarlyDataAccepted)
            return "accepted";
        if (!_config.EnableEarlyData)
            return "disabled";
        if (_connection.Version != ProtocolVersion.Tls13)
            return "protocol_version";
        if (_connection.WasHelloRetried)
            return "hello_retry_request";
        if (!_isResume)
            return "no_session_offered";
        if (!_connection.IsResumed)
            return "session_not_resumed";

        if (_offeredEarlyData)
            return "peer_declined";

        return _offeredProtocol == null || _offeredProtocol == _config.Alpn ? "unsupported_for_session" : "alpn_mismatch";
    }

    private static string Describe(int error)
    {
        int alert = TlsError.AlertFor(error);
        string text = TlsError.Describe(error);
        return alert < 0 ? text : text + "; alert sent: " + TlsError.AlertName(alert);
    }

    private void CheckHandshake()
    {
        // A rejection is a connection of its own in the runner's eyes.
        if (_config.ExpectRejectEarlyData && _isResume && !_rejected)
            throw new ShimFailure("early data was not rejected");

        Check(_config.ExpectVersion == 0 || _config.ExpectVersion == (_config.Dtls ? ProtocolVersion.Tls12 : _connection.Version), "the version is not the expected one");
        Check(_connection.IsResumed == (_isResume && !_config.ExpectSessionMiss), _connection.IsResumed ? "the session was resumed" : "the session was not resumed");
        Check(_config.ExpectCipher == 0 || _config.ExpectCipher == _connection.Suite, "the cipher suite is not the expected one");
        // What TLS 1.2 does not negotiate again is what it was.
        int group = _connection.Group == 0 && _connection.IsResumed ? _offeredGroup : _connection.Group;
        Check(_config.ExpectCurve == 0 || _config.ExpectCurve == group, "the group is not the expected one");
        Check(_config.ExpectPeerSignatureAlgorithm == 0 || _config.ExpectPeerSignatureAlgorithm == _provider.LastScheme, "the signature scheme is not the expected one");
        Check((_config.ExpectAlpn ?? string.Empty) == (_connection.ApplicationProtocol ?? string.Empty), "the application protocol is not the expected one");
        Check(!_config.ExpectHelloRetry || _connection.WasHelloRetried, "there was no HelloRetryRequest");
        Check(!_config.ExpectNoHelloRetry || !_connection.WasHelloRetried, "there was a HelloRetryRequest");
        Check(!_config.ExpectAcceptEarlyData || !_isResume || _connection.IsEarlyDataAccepted, "early data was not accepted");
        Check(!_config.ExpectRejectEarlyData || !_connection.IsEarlyDataAccepted, "early data was accepted");
        Check(!_config.ExpectVerifyResult || _connection.IsAuthenticated == !_config.VerifyFail, "the verdict on the certificate is not the expected one");
        // "accept" and "accepted" are the same to the runner.
        Check(_config.ExpectEarlyDataReason == null || EarlyDataReason().StartsWith(_config.ExpectEarlyDataReason, StringComparison.Ordinal), "the fate of early data is not the expected one: " + EarlyDataReason());
        if (_verifier.StapledStatus != null)
            _provider.LastStatus = _verifier.StapledStatus;

        Check(_config.ExpectOcspResponse == null || _config.ExpectOcspResponse.AsSpan().SequenceEqual(_provider.LastStatus), "the stapled status is not the expected one");
        if (_config.ExpectPeerCertFile != null && !_connection.IsResumed)
            Check(Pem(_config.ExpectPeerCertFile).Zip(_verifier.Chain).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)), "the certificate is not the expected one");
    }

    private void CheckSession()
    {
        if (_connection.Version == ProtocolVersion.Tls13)
        {
            Check(_newSession == (!_config.ExpectNoSession && !_config.ShimShutsDown), _newSession ? "a session came" : "no session came");
            if (_newSession)
                Check(_config.ExpectTicketSupportsEarlyData == Session!.MaxEarlyDataBytes > 0, "the ticket's early data is not the expected");
        }
        else
        {
            bool expected = !_config.ExpectNoSession && (!_connection.IsResumed || _config.ExpectTicketRenewal);
            if (!_config.ShimShutsDown)
                Check(_newSession == expected, _newSession ? "a session came" : "no session came");
        }
    }

    private void Shutdown()
    {
        if (!_config.CheckCloseNotify)
            return;

        _connection.Close();
        while (!_connection.IsPeerClosed && _config.ShimShutsDown)
        {
            if (Step() == ShimEvent.EndOfStream)
                break;
        }

        Check(_connection.IsPeerClosed, "the runner sent no close_notify");
    }

    private static void Check(bool condition, string otherwise)
    {
        if (!condition)
            throw new ShimFailure(otherwise);
    }

    private static System.Collections.Generic.List<byte[]> Pem(string file)
    {
        System.Collections.Generic.List<byte[]> certificates = [];
        ReadOnlySpan<char> text = File.ReadAllText(file);
        while (System.Security.Cryptography.PemEncoding.TryFind(text, out var fields))
        {
            certificates.Add(Convert.FromBase64String(text[fields.Base64Data].ToString()));
            text = text[fields.Location.End..];
        }

        return certificates;
    }
}
