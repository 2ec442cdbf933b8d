using System;
using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>The server's TLS 1.3 handshake and what follows it. Source: RFC 8446.</summary>
/// <remarks>
/// <code>
///      client                                        server
///   1. ClientHello, (early data)            -------->
///   2.                                      &lt;--------  HelloRetryRequest      (only where needed or asked for)
///      ClientHello                          -------->
///   3.                                      &lt;--------  ServerHello, {EncryptedExtensions}, {Certificate}, {CertificateVerify}, {Finished}, [0.5-RTT data]
///   4. (EndOfEarlyData), {Finished}         -------->
///   5.                                      &lt;--------  [NewSessionTicket]...
///   6. [application data], [KeyUpdate]      &lt;------->  [application data], [KeyUpdate]
/// </code>
/// Certificate and CertificateVerify are left out with a PSK; EndOfEarlyData comes only where early data was accepted.
/// </remarks>
internal sealed class ServerHandshake13 : ServerHandshake
{
    private static readonly byte[] RetryRandom = Convert.FromHexString("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C");

    private readonly KeySchedule13 _schedule;
    private readonly byte[] _clientHandshakeSecret = new byte[32];
    private readonly byte[] _serverHandshakeSecret = new byte[32];
    private readonly byte[] _clientSecret = new byte[32];
    private readonly byte[] _serverSecret = new byte[32];
    private readonly byte[] _resumptionSecret = new byte[32];
    private readonly byte[] _key = new byte[32];
    private readonly byte[] _iv = new byte[12];

    private State _state = State.AwaitClientHello;
    private ClientHello? _firstHello;
    private byte[]? _cookie;
    private int _retryGroup;
    private bool _handshakeKeysUsed;
    private int _ticketNumber;

    // What the ClientHello led to.
    private readonly PskChoice _choice;
    private ServerCredential? _credential;
    private int _scheme;
    private bool _rawPublicKey;
    private bool _withDhe;
    private int _shareIndex;

    /// <summary>Makes one for a connection.</summary>
    public ServerHandshake13(TlsServer server)
        : base(server)
    {
        _schedule = new KeySchedule13(server.Crypto);
        _choice = new PskChoice(server);
    }

    private new TlsServer Server => (TlsServer)base.Server;

    private enum State
    {
        AwaitClientHello,
        AwaitSecondClientHello,
        AwaitEndOfEarlyData,
        AwaitFinished,
        Connected,
    }

    /// <inheritdoc/>
    public override bool AcceptsApplicationData => _state is State.Connected or State.AwaitEndOfEarlyData;

    /// <inheritdoc/>
    public override bool CanSend => _state == State.Connected || (Server.EarlyDataAccepted && _state >= State.AwaitEndOfEarlyData);

    /// <inheritdoc/>
    public override void Message(int type, byte[] message)
    {
        switch (_state)
        {
            case State.AwaitSecondClientHello when type == HandshakeType.ClientHello:
                ClientHello hello = new();
                int error = hello.Parse(message, 0, message.Length);
                if (error == TlsError.None)
                    ClientHello(hello, message);
                else
                    Server.Fail(error);

                break;
            case State.AwaitEndOfEarlyData when type == HandshakeType.EndOfEarlyData:
                EndOfEarlyData(message);
                break;
            case State.AwaitFinished when type == HandshakeType.Certificate && RequestsCertificate && !Server.ClientDeclinedCertificate:
                _handshakeKeysUsed = true;
                ClientCertificate(message, 4);
                break;
            case State.AwaitFinished when type == HandshakeType.Finished && RequestsCertificate == Server.ClientDeclinedCertificate:
                Finished(message);
                break;
            case State.Connected when type == HandshakeType.KeyUpdate:
                KeyUpdate(message);
                break;
            default:
                Server.Fail(TlsError.UnexpectedMessage);
                break;
        }
    }

    /// <inheritdoc/>
    public override void ChangeCipherSpec()
    {
        // Dropped between the first ClientHello and the client's Finished (RFC 8446 section 5).
        if (_state == State.Connected)
            Server.Fail(TlsError.UnexpectedMessage);
    }

    /// <inheritdoc/>
    public override bool CountApplicationData(int bytes)
    {
        if (_state != State.AwaitEndOfEarlyData)
            return true;

        Server.EarlyDataBytes += bytes;
        if (Server.EarlyDataBytes <= _choice.MaxEarlyDataBytes)
            return true;

        Server.Fail(TlsError.UnexpectedMessage);
        return false;
    }

    /// <inheritdoc/>
    public override bool SkipsRecord(int recordBytes)
    {
        bool skipping = Server.EarlyDataOffered && !Server.EarlyDataAccepted
            && (_state == State.AwaitSecondClientHello || (_state == State.AwaitFinished && !_handshakeKeysUsed && !Server.UsedHelloRetryRequest));
        if (!skipping)
            return false;

        Server.EarlyDataBytes += recordBytes;

        // The limit counts content; each record brings its header, type and tag besides.
        return Server.EarlyDataBytes <= 2 * Options.MaxEarlyDataBytes + 1024;
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        _schedule.Clear();
        ConstantTime.Clear(_clientHandshakeSecret);
        ConstantTime.Clear(_serverHandshakeSecret);
        ConstantTime.Clear(_clientSecret);
        ConstantTime.Clear(_serverSecret);
        ConstantTime.Clear(_resumptionSecret);
        ConstantTime.Clear(_key);
    }

    /// <summary>Takes the first or second ClientHello.</summary>
    public void ClientHello(ClientHello hello, byte[] message)
    {
        int error = hello.Check13();
        if (_state == State.AwaitClientHello)
        {
            Server.EarlyDataOffered = hello.EarlyData;
            if (hello.Cookie != null)
                error = TlsError.IllegalParameter;
        }
        else if (!hello.FollowsRetryOf(_firstHello!, _cookie, _retryGroup))
            error = TlsError.IllegalParameter;

        if (error != TlsError.None)
        {
            Server.Fail(error);
            return;
        }

        if (!CheckServerName(hello) || !ChooseApplicationProtocol(hello))
            return;

        _choice.Choose(hello);
        if (!ChooseCipherSuite(hello) || !ChooseKeyExchange(hello) || (_choice.Key == null && !ChooseCredential(hello)))
            return;

        int retryGroup = _withDhe && (_shareIndex < 0 || Faults.UselessHelloRetryRequest) ? Server.Group : 0;
        bool retry = retryGroup != 0 || Options.HelloRetry == HelloRetryMode.Cookie;
        if (_state == State.AwaitClientHello ? retry : Faults.SecondHelloRetryRequest)
        {
            Transcript.Update(message, 0, message.Length);
            SendHelloRetryRequest(hello, retryGroup);
            return;
        }

        if (!CheckBinder(hello, message))
            return;

        Server.EarlyDataAccepted = hello.EarlyData && _choice.AcceptsEarlyData(hello);
        _schedule.Start(_choice.Key);
        byte[] earlySecret = new byte[32];
        if (Server.EarlyDataAccepted)
        {
            _schedule.DeriveSecret("c e traffic", TranscriptHash(), earlySecret);
            Log("CLIENT_EARLY_TRAFFIC_SECRET", hello, earlySecret);
        }

        SendServerFlight(hello, earlySecret);
        ConstantTime.Clear(earlySecret);
    }

    /// <summary>Sends a NewSessionTicket. Source: RFC 8446 section 4.6.1.</summary>
    public void SendTicket()
    {
        byte[] nonce = [(byte)(_ticketNumber >> 8), (byte)_ticketNumber];
        _ticketNumber++;
        byte[] psk = new byte[32];
        _schedule.ResumptionPsk(_resumptionSecret, nonce, 0, nonce.Length, psk);
        ServerSession session = new()
        {
            Version = ProtocolVersion.Tls13,
            CipherSuite = Server.CipherSuite,
            Secret = psk,
            IssuedMs = Server.NowMs,
            LifetimeSeconds = Options.TicketLifetimeSeconds,
            AgeAdd = BitConverter.ToUInt32(RandomBytes(4)),
            MaxEarlyDataBytes = Options.EarlyData == EarlyDataMode.Off ? 0 : Options.MaxEarlyDataBytes,
            ServerName = Server.ServerName,
            ApplicationProtocol = Server.ApplicationProtocol,
        };
        byte[] ticket = Options.StatefulTickets ? Server.State.Keep(session) : Server.State.SealTicket(session, Options.TicketPaddingBytes);

        BeginMessage(HandshakeType.NewSessionTicket);
        Writer.U32((uint)(Options.AdvertisedTicketLifetimeSeconds >= 0 ? Options.AdvertisedTicketLifetimeSeconds : Options.TicketLifetimeSeconds));
        Writer.U32(session.AgeAdd);
        Writer.U8(nonce.Length);
        Writer.Bytes(nonce, 0, nonce.Length);
        Writer.U16(ticket.Length);
        Writer.Bytes(ticket, 0, ticket.Length);
        ExtensionList extensions = new();
        if (session.MaxEarlyDataBytes > 0)
        {
            int most = session.MaxEarlyDataBytes;
            extensions.Add(ExtensionType.EarlyData, (byte)(most >> 24), (byte)(most >> 16), (byte)(most >> 8), (byte)most);
        }

        extensions.Write(Writer, TlsStage.NewSessionTicket, Faults, false);
        EndMessage(TlsStage.NewSessionTicket, false);
    }

    /// <summary>Sends a KeyUpdate and changes the sending keys. Source: RFC 8446 section 4.6.3.</summary>
    public void SendKeyUpdate(bool requestUpdate)
    {
        BeginMessage(HandshakeType.KeyUpdate);
        Writer.U8(requestUpdate ? 1 : 0);
        if (!EndMessage(TlsStage.KeyUpdate, false))
            return;

        _schedule.UpdateTrafficSecret(_serverSecret);
        Server.Records.SetWrite(Protection(_serverSecret));
    }

    private bool ChooseCipherSuite(ClientHello hello)
    {
        // Early data demands the suite of its PSK; so that suite comes first.
        int wanted = _choice.CipherSuite;
        int suite = Options.CipherSuites.Where(CipherSuite.IsTls13).Where(hello.CipherSuites.Contains).OrderBy(s => s == wanted ? 0 : 1).FirstOrDefault();
        if (suite == 0 || (_state == State.AwaitSecondClientHello && suite != Server.CipherSuite))
        {
            Server.Fail(suite == 0 ? TlsError.BadCipherSuite : TlsError.IllegalParameter, suite == 0 ? AlertDescription.HandshakeFailure : -1);
            return false;
        }

        Server.CipherSuite = suite;
        return true;
    }

    private bool ChooseKeyExchange(ClientHello hello)
    {
        int group = 0;
        _shareIndex = -1;
        int common = CommonGroup(hello.Groups);
        int shared = CommonGroup(hello.KeyShareGroups);
        if (common != 0)
        {
            group = shared != 0 && (shared == common || Options.HelloRetry != HelloRetryMode.ForPreferredGroup) ? shared : common;
            if (_state == State.AwaitSecondClientHello && shared != 0)
                group = shared;

            _shareIndex = Array.IndexOf(hello.KeyShareGroups!, group);
        }

        bool ke = _choice.Key != null && Options.PskKe && hello.PskModes!.Contains((byte)PskChoice.PskKe);
        bool dhe = _choice.Key != null && Options.PskDheKe && hello.PskModes!.Contains((byte)PskChoice.PskDheKe) && group != 0;
        if (_choice.Key != null && !ke && !dhe)
            _choice.Drop();

        _withDhe = !(ke && (!dhe || Options.PreferPskKe));
        Server.Group = _withDhe ? group : 0;
        if (!_withDhe)
            return true;

        if (group == 0)
        {
            Server.Fail(hello.Groups == null ? TlsError.MissingExtension : TlsError.BadKeyShare, hello.Groups == null ? -1 : AlertDescription.HandshakeFailure);
            return false;
        }

        if (_choice.Key == null && hello.SignatureSchemes == null)
        {
            Server.Fail(TlsError.MissingExtension);
            return false;
        }

        if (_shareIndex < 0 && _state == State.AwaitSecondClientHello)
        {
            Server.Fail(TlsError.IllegalParameter);
            return false;
        }

        return true;
    }

    private bool ChooseCredential(ClientHello hello)
    {
        bool? raw = ChooseRawPublicKey(hello);
        if (raw == null)
            return false;

        _rawPublicKey = raw.Value;
        foreach (ServerCredential candidate in Options.Credentials.Where(c => _rawPublicKey || c.Chain.Length > 0))
        {
            _credential = candidate;
            _scheme = hello.SignatureSchemes!.FirstOrDefault(s => s != SignatureScheme.RsaPkcs1Sha256 && candidate.Signer.Supports(s));
            if (_scheme != 0)
                return true;
        }

        Server.Fail(TlsError.UnsupportedKey, AlertDescription.HandshakeFailure);
        return false;
    }

    private void SendHelloRetryRequest(ClientHello hello, int group)
    {
        byte[] hash = TranscriptHash();
        if (_state == State.AwaitClientHello)
        {
            Transcript.Reset();
            Transcript.Update([HandshakeType.MessageHash, 0, 0, 32], 0, 4);
            Transcript.Update(hash, 0, 32);
        }

        ExtensionList extensions = new();
        extensions.AddU16(ExtensionType.SupportedVersions, Faults.WrongVersion != 0 ? Faults.WrongVersion : ProtocolVersion.Tls13);
        if (group != 0)
            extensions.AddU16(ExtensionType.KeyShare, Faults.WrongGroup != 0 ? Faults.WrongGroup : group);

        if (Options.HelloRetry == HelloRetryMode.Cookie)
        {
            _cookie = RandomBytes(Options.CookieBytes);
            extensions.Add(ExtensionType.Cookie, [(byte)(_cookie.Length >> 8), (byte)_cookie.Length, .. _cookie]);
        }

        bool first = _firstHello == null;
        _firstHello ??= hello;
        _retryGroup = group;
        Server.UsedHelloRetryRequest = true;
        _state = State.AwaitSecondClientHello;
        if (WriteHello(TlsStage.HelloRetryRequest, RetryRandom, hello, extensions) && first)
            SendCompatibilityChangeCipherSpec(hello);
    }

    private bool WriteHello(TlsStage stage, byte[] random, ClientHello hello, ExtensionList extensions)
    {
        byte[] sessionId = SpoilSessionId(hello.SessionId);
        BeginMessage(HandshakeType.ServerHello);
        Writer.U16(ProtocolVersion.Tls12);
        Writer.Bytes(random, 0, 32);
        Writer.U8(sessionId.Length);
        Writer.Bytes(sessionId, 0, sessionId.Length);
        Writer.U16(Faults.WrongCipherSuite != 0 ? Faults.WrongCipherSuite : Server.CipherSuite);
        Writer.U8(0);
        extensions.Write(Writer, stage, Faults, false);
        return EndMessage(stage);
    }

    private void SendCompatibilityChangeCipherSpec(ClientHello hello)
    {
        if (hello.SessionId.Length == 0 && !Options.AlwaysChangeCipherSpec)
            return;

        TlsFaultAction action = Server.Fault(TlsStage.ChangeCipherSpec, ContentType.ChangeCipherSpec);
        if (Server.Ended || action == TlsFaultAction.Omit)
            return;

        for (int i = action == TlsFaultAction.Repeat ? 2 : 1; i > 0; i--)
            Server.Records.ChangeCipherSpec();
    }

    /// <summary>Checks the binder of the chosen PSK and adds the ClientHello to the transcript. Source: RFC 8446 section 4.2.11.2.</summary>
    private bool CheckBinder(ClientHello hello, byte[] message)
    {
        if (hello.PskIdentities == null)
        {
            Transcript.Update(message, 0, message.Length);
            return true;
        }

        Transcript.Update(message, 0, hello.TruncatedBytes);
        byte[] truncatedHash = TranscriptHash();
        Transcript.Update(message, hello.TruncatedBytes, message.Length - hello.TruncatedBytes);
        if (_choice.Key == null)
            return true;

        byte[] binderKey = new byte[32];
        byte[] binder = new byte[32];
        _schedule.Start(_choice.Key);
        _schedule.DeriveSecret(_choice.Session != null ? "res binder" : "ext binder", null, binderKey);
        _schedule.Finished(binderKey, truncatedHash, binder, 0);
        ConstantTime.Clear(binderKey);
        byte[] theirs = hello.PskBinders[_choice.Index];
        if (!Faults.RejectBinder && theirs.Length == 32 && ConstantTime.AreEqual(binder, 0, theirs, 0, 32))
        {
            if (Options.StatefulTickets && _choice.Session != null)
                Server.State.Forget(hello.PskIdentities[_choice.Index]);

            return true;
        }

        Server.Fail(TlsError.BadFinished);
        return false;
    }

    private void SendServerFlight(ClientHello hello, byte[] earlySecret)
    {
        Server.Resumed = _choice.Session != null;
        Server.UsedPsk = _choice.External != null;
        Crypto.Random.Fill(ServerRandom, 0, 32);
        ExtensionList extensions = new();
        extensions.AddU16(ExtensionType.SupportedVersions, Faults.WrongVersion != 0 ? Faults.WrongVersion : ProtocolVersion.Tls13);
        byte[]? shared = null;
        if (_withDhe)
        {
            shared = AgreeAtOnce(Server.Group, hello.KeyShares[_shareIndex], out byte[] own);
            if (shared == null)
                return;

            int group = Faults.WrongGroup != 0 ? Faults.WrongGroup : Server.Group;
            extensions.Add(ExtensionType.KeyShare, [(byte)(group >> 8), (byte)group, (byte)(own.Length >> 8), (byte)own.Length, .. own]);
        }

        if (_choice.Key != null || Faults.PretendPsk)
            extensions.AddU16(ExtensionType.PreSharedKey, Faults.SelectedIdentity >= 0 ? Faults.SelectedIdentity : Math.Max(_choice.Index, 0));

        if (!WriteHello(TlsStage.ServerHello, ServerRandom, hello, extensions))
            return;

        if (_firstHello == null)
            SendCompatibilityChangeCipherSpec(hello);

        if (Server.Ended)
            return;

        _schedule.EnterHandshake(shared);
        ConstantTime.Clear(shared!);
        byte[] hash = TranscriptHash();
        _schedule.DeriveSecret("c hs traffic", hash, _clientHandshakeSecret);
        _schedule.DeriveSecret("s hs traffic", hash, _serverHandshakeSecret);
        Log("CLIENT_HANDSHAKE_TRAFFIC_SECRET", hello, _clientHandshakeSecret);
        Log("SERVER_HANDSHAKE_TRAFFIC_SECRET", hello, _serverHandshakeSecret);
        Server.Records.SetWrite(Protection(_serverHandshakeSecret));

        if (!SendEncryptedExtensions(hello) || (_choice.Key == null && !(SendCertificateRequest() && SendCertificate(_credential!))))
            return;

        BeginMessage(HandshakeType.Finished);
        byte[] verifyData = new byte[32];
        _schedule.Finished(_serverHandshakeSecret, TranscriptHash(), verifyData, 0);
        SpoilFinished(verifyData);
        Writer.Bytes(verifyData, 0, 32);
        if (!EndMessage(TlsStage.Finished))
            return;

        _schedule.EnterMaster();
        hash = TranscriptHash();
        _schedule.DeriveSecret("exp master", hash, _clientSecret);
        Log("EXPORTER_SECRET", hello, _clientSecret);
        _schedule.DeriveSecret("c ap traffic", hash, _clientSecret);
        _schedule.DeriveSecret("s ap traffic", hash, _serverSecret);
        Log("CLIENT_TRAFFIC_SECRET_0", hello, _clientSecret);
        Log("SERVER_TRAFFIC_SECRET_0", hello, _serverSecret);
        Server.Records.SetWrite(Protection(_serverSecret));
        Server.SetRead(Protection(Server.EarlyDataAccepted ? earlySecret : _clientHandshakeSecret));
        _state = Server.EarlyDataAccepted ? State.AwaitEndOfEarlyData : State.AwaitFinished;
    }

    private bool SendEncryptedExtensions(ClientHello hello)
    {
        ExtensionList extensions = new();
        AddCommonExtensions(extensions, hello, Server.Resumed);
        if (Options.SendSupportedGroups && hello.Groups != null)
        {
            byte[] groups = [.. Options.Groups.SelectMany(g => new[] { (byte)(g >> 8), (byte)g })];
            extensions.Add(ExtensionType.SupportedGroups, [0, (byte)groups.Length, .. groups]);
        }

        if (Server.EarlyDataAccepted)
            extensions.Add(ExtensionType.EarlyData);

        if (_choice.Key == null && hello.ServerCertificateTypes != null)
            AddCertificateType(extensions, _rawPublicKey);

        BeginMessage(HandshakeType.EncryptedExtensions);
        extensions.Write(Writer, TlsStage.EncryptedExtensions, Faults, false);
        return EndMessage(TlsStage.EncryptedExtensions);
    }

    private bool RequestsCertificate => Options.RequestClientCertificate && _choice.Key == null;

    /// <summary>Asks for a certificate. Source: RFC 8446 section 4.3.2.</summary>
    private bool SendCertificateRequest()
    {
        if (!RequestsCertificate)
            return true;

        BeginMessage(HandshakeType.CertificateRequest);
        Writer.U8(0);
        int extensions = Writer.Begin(2);
        Writer.U16(ExtensionType.SignatureAlgorithms);
        Writer.U16(4);
        Writer.U16(2);
        Writer.U16(SignatureScheme.EcdsaSecp256r1Sha256);
        if (Options.CertificateRequestAuthorityBytes > 0)
        {
            Writer.U16(47); // certificate_authorities
            int authorities = Writer.Begin(2);
            WriteAuthorities();
            Writer.End(authorities, 2);
        }

        Writer.End(extensions, 2);
        return EndMessage(TlsStage.CertificateRequest);
    }

    private bool SendCertificate(ServerCredential credential)
    {
        Server.UsedRawPublicKey = _rawPublicKey;
        BeginMessage(HandshakeType.Certificate);
        Writer.U8(0);
        int list = Writer.Begin(3);
        byte[][] certificates = _rawPublicKey ? [credential.PublicKeyInfo] : credential.Chain;
        for (int i = 0; i < certificates.Length; i++)
        {
            Writer.U24(certificates[i].Length);
            Writer.Bytes(certificates[i], 0, certificates[i].Length);
            if (i == 0)
                new ExtensionList().Write(Writer, TlsStage.Certificate, Faults, false);
            else
                Writer.U16(0);
        }

        Writer.End(list, 3);
        if (!EndMessage(TlsStage.Certificate))
            return false;

        byte[] signature = Sign(credential, _scheme, SignedContent());
        BeginMessage(HandshakeType.CertificateVerify);
        Writer.U16(_scheme);
        Writer.U16(signature.Length);
        Writer.Bytes(signature, 0, signature.Length);
        return EndMessage(TlsStage.CertificateVerify);
    }

    /// <summary>What CertificateVerify signs. Source: RFC 8446 section 4.4.3.</summary>
    private byte[] SignedContent()
    {
        byte[] spaces = new byte[64];
        Array.Fill(spaces, (byte)' ');
        return [.. spaces, .. "TLS 1.3, server CertificateVerify"u8, 0, .. TranscriptHash()];
    }

    private void EndOfEarlyData(byte[] message)
    {
        if (message.Length != 4)
        {
            Server.Fail(TlsError.DecodeError);
            return;
        }

        Transcript.Update(message, 0, message.Length);
        Server.SetRead(Protection(_clientHandshakeSecret));
        _state = State.AwaitFinished;
    }

    private void Finished(byte[] message)
    {
        _handshakeKeysUsed = true;
        byte[] expected = new byte[32];
        _schedule.Finished(_clientHandshakeSecret, TranscriptHash(), expected, 0);
        if (message.Length != 4 + 32)
        {
            Server.Fail(TlsError.DecodeError);
            return;
        }

        if (!ConstantTime.AreEqual(expected, 0, message, 4, 32))
        {
            Server.Fail(TlsError.BadFinished);
            return;
        }

        Transcript.Update(message, 0, message.Length);
        _schedule.DeriveSecret("res master", TranscriptHash(), _resumptionSecret);
        Server.SetRead(Protection(_clientSecret));
        _state = State.Connected;
        Server.Complete();

        // The schedule's own secret is not needed any more; its functions on traffic secrets are.
        ConstantTime.Clear(_clientHandshakeSecret);
        ConstantTime.Clear(_serverHandshakeSecret);
        for (int i = 0; Options.Tickets && i < Options.TicketCount && !Server.Ended; i++)
            SendTicket();
    }

    private void KeyUpdate(byte[] message)
    {
        if (message.Length != 5 || message[4] > 1)
        {
            Server.Fail(message.Length != 5 ? TlsError.DecodeError : TlsError.IllegalParameter);
            return;
        }

        if (!Server.Idle())
            return;

        Server.KeyUpdatesReceived++;
        _schedule.UpdateTrafficSecret(_clientSecret);
        Server.SetRead(Protection(_clientSecret));
        if (message[4] == 1)
            SendKeyUpdate(false);
    }

    private RecordProtection Protection(byte[] secret)
    {
        RecordProtection protection = new(Crypto, Server.CipherSuite);
        _schedule.TrafficKeys(secret, _key, CipherSuite.KeyBytes(Server.CipherSuite), _iv);
        protection.SetKey(_key, 0, _iv, 0);
        return protection;
    }

    private void Log(string label, ClientHello hello, byte[] secret)
    {
        Options.KeyLog?.Log(label, hello.Random, secret, secret.Length);
    }
}
