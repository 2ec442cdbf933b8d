using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>The server's handshake of TLS 1.2 and DTLS 1.2 (after the cookie exchange). Source: RFC 5246, RFC 5077, RFC 7627, RFC 8422, RFC 6347.</summary>
/// <remarks>
/// <code>
///      client                                        server
///   1. ClientHello                          -------->
///   2. full:                                &lt;--------  ServerHello, Certificate, ServerKeyExchange, ServerHelloDone
///   3. ClientKeyExchange, [ChangeCipherSpec], Finished, (false start data)  -------->
///   4.                                      &lt;--------  NewSessionTicket, [ChangeCipherSpec], Finished
///
///   2. resumed:                             &lt;--------  ServerHello, NewSessionTicket, [ChangeCipherSpec], Finished
///   3. [ChangeCipherSpec], Finished         -------->
/// </code>
/// Certificate and ServerKeyExchange are left out where the suite has none; NewSessionTicket comes only where ServerHello announced it.
/// </remarks>
internal sealed class ServerHandshake12 : ServerHandshake
{
    private const int NamedCurveType = 3;

    private readonly KeySchedule12 _schedule;
    private readonly byte[] _master = new byte[KeySchedule12.MasterSecretBytes];
    private byte[] _clientRandom = [];
    private State _state = State.AwaitClientHello;
    private IKeyAgreement? _agreement;
    private byte[] _sessionId = [];
    private ServerSession? _session;
    private ServerCredential? _credential;
    private int _scheme;
    private bool _rawPublicKey;
    private bool _sendsTicket;

    /// <summary>Makes one for a connection.</summary>
    public ServerHandshake12(TlsServerBase server)
        : base(server)
    {
        _schedule = new KeySchedule12(server.Crypto);
    }

    private enum State
    {
        AwaitClientHello,
        AwaitClientCertificate,
        AwaitClientKeyExchange,
        AwaitChangeCipherSpec,
        AwaitFinished,
        Connected,
    }

    /// <inheritdoc/>
    public override bool AcceptsApplicationData => _state == State.Connected;

    /// <summary>Whether the client's change_cipher_spec is next.</summary>
    public bool AwaitsChangeCipherSpec => _state == State.AwaitChangeCipherSpec;

    /// <inheritdoc/>
    public override bool CanSend => _state == State.Connected;

    /// <inheritdoc/>
    public override void Message(int type, byte[] message)
    {
        switch (_state)
        {
            case State.AwaitClientCertificate when type == HandshakeType.Certificate:
                _state = State.AwaitClientKeyExchange;
                ClientCertificate(message, 3);
                break;
            case State.AwaitClientKeyExchange when type == HandshakeType.ClientKeyExchange:
                ClientKeyExchange(message);
                break;
            case State.AwaitFinished when type == HandshakeType.Finished:
                Finished(message);
                break;
            case State.Connected when type == HandshakeType.ClientHello:
                // No renegotiation here.
                if (Server.Idle())
                    Server.SendAlert(1, AlertDescription.NoRenegotiation);

                break;
            default:
                Server.Fail(TlsError.UnexpectedMessage);
                break;
        }
    }

    /// <inheritdoc/>
    public override void ChangeCipherSpec()
    {
        if (_state != State.AwaitChangeCipherSpec)
        {
            Server.Fail(TlsError.UnexpectedMessage);
            return;
        }

        Server.ChangeReadKeys();
        _state = State.AwaitFinished;
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        _schedule.Clear();
        _agreement?.Clear();
        ConstantTime.Clear(_master);
    }

    /// <summary>Sends a HelloRequest. Source: RFC 5246 section 7.4.1.1.</summary>
    public void SendHelloRequest()
    {
        BeginMessage(HandshakeType.HelloRequest);
        EndMessage(TlsStage.HelloRequest, false);
    }

    /// <summary>Takes the ClientHello.</summary>
    public void ClientHello(ClientHello hello, byte[] message)
    {
        _clientRandom = hello.Random;
        Hash(message, message.Length, false);
        if (!CheckHello(hello) || !CheckServerName(hello) || !ChooseApplicationProtocol(hello))
            return;

        Server.ExtendedMasterSecret = hello.ExtendedMasterSecret && !Faults.NoExtendedMasterSecret;
        _session = FindSession(hello, out bool renew);
        if (Server.Ended)
            return;

        bool takesTickets = Options.Tickets && hello.SessionTicket != null;
        if (_session != null)
        {
            _sendsTicket = takesTickets && renew;
            Resume(hello);
            return;
        }

        _sendsTicket = takesTickets;
        if (!ChooseCipherSuite(hello))
            return;

        if (Options.SessionIds && !_sendsTicket)
            _sessionId = RandomBytes(Math.Clamp(Options.SessionIdBytes, 1, 32));

        if (SendServerHello(hello) && SendCertificate() && SendServerKeyExchange() && SendCertificateRequest())
        {
            BeginMessage(HandshakeType.ServerHelloDone);
            EndMessage(TlsStage.ServerHelloDone);
            _state = RequestsCertificate ? State.AwaitClientCertificate : State.AwaitClientKeyExchange;
        }
    }

    private bool RequestsCertificate => Options.RequestClientCertificate && _credential != null;

    /// <summary>Asks for a certificate. Source: RFC 5246 section 7.4.4.</summary>
    private bool SendCertificateRequest()
    {
        if (!RequestsCertificate)
            return true;

        BeginMessage(HandshakeType.CertificateRequest);
        Writer.U8(1);
        Writer.U8(64); // ecdsa_sign
        Writer.U16(2);
        Writer.U16(SignatureScheme.EcdsaSecp256r1Sha256);
        WriteAuthorities();
        return EndMessage(TlsStage.CertificateRequest);
    }

    private bool CheckHello(ClientHello hello)
    {
        int error = TlsError.None;
        int alert = -1;
        if (!hello.CompressionMethods.Contains((byte)0) || (hello.PointFormats != null && !hello.PointFormats.Contains((byte)0)))
            error = TlsError.IllegalParameter;
        else if (hello.RenegotiationInfo is { Length: > 0 })
        {
            error = TlsError.IllegalParameter;
            alert = AlertDescription.HandshakeFailure;
        }

        if (error != TlsError.None)
            Server.Fail(error, alert);

        return error == TlsError.None;
    }

    /// <summary>Looks for the session to resume, by ticket first. Source: RFC 5077 section 3.4, RFC 7627 section 5.3.</summary>
    private ServerSession? FindSession(ClientHello hello, out bool renew)
    {
        renew = false;
        if (Faults.RefuseTickets)
            return null;

        ServerSession? session = null;
        if (hello.SessionTicket is { Length: > 0 })
        {
            if (Options.Tickets)
            {
                session = Options.StatefulTickets ? Server.State.Find(hello.SessionTicket) : Server.State.OpenTicket(hello.SessionTicket, out renew);
                renew |= Options.RenewTickets;
            }
        }
        else if (hello.SessionId.Length > 0 && Options.SessionIds)
            session = Server.State.Find(hello.SessionId);

        if (session == null || session.Version != Server.Version || !session.IsAlive(Server.NowMs) || session.ServerName != hello.ServerName
            || !hello.CipherSuites.Contains(session.CipherSuite) || !Options.CipherSuites.Contains(session.CipherSuite))
            return null;

        if (session.ExtendedMasterSecret != Server.ExtendedMasterSecret)
        {
            if (session.ExtendedMasterSecret)
                Server.Fail(TlsError.MissingExtension, AlertDescription.HandshakeFailure);

            return null;
        }

        bool sameFragments = session.MaxFragmentLengthCode == (Options.MaxFragmentLength && (hello.RecordSizeLimit == 0 || Options.RecordSizeLimit == 0) ? hello.MaxFragmentLengthCode : 0);
        return sameFragments ? session : null;
    }

    private void Resume(ClientHello hello)
    {
        Server.Resumed = true;
        Server.CipherSuite = _session!.CipherSuite;
        _sessionId = hello.SessionId;
        Array.Copy(_session.Secret, _master, _master.Length);
        if (!SendServerHello(hello))
            return;

        MakeKeys();
        if (SendTicket() && SendFinished())
            _state = State.AwaitChangeCipherSpec;
    }

    private bool ChooseCipherSuite(ClientHello hello)
    {
        int group = hello.Groups == null ? CommonGroup([NamedGroup.Secp256r1]) : CommonGroup(hello.Groups);
        bool? raw = null;
        foreach (int suite in Options.CipherSuites.Where(s => !CipherSuite.IsTls13(s)).Where(hello.CipherSuites.Contains))
        {
            if (CipherSuite.IsEcdhe(suite) && group == 0)
                continue;

            if (CipherSuite.IsPsk(suite))
            {
                if (Server.State.Psks.Count == 0)
                    continue;
            }
            else
            {
                raw ??= ChooseRawPublicKey(hello);
                if (raw == null)
                    return false;

                _rawPublicKey = raw.Value;
                if (!ChooseCredential(hello, CipherSuite.IsEcdsa(suite)))
                    continue;
            }

            Server.CipherSuite = suite;
            Server.Group = CipherSuite.IsEcdhe(suite) ? group : 0;
            Server.UsedPsk = CipherSuite.IsPsk(suite);
            return true;
        }

        Server.Fail(TlsError.BadCipherSuite, AlertDescription.HandshakeFailure);
        return false;
    }

    private bool ChooseCredential(ClientHello hello, bool ecdsa)
    {
        foreach (ServerCredential candidate in Options.Credentials.Where(c => _rawPublicKey || c.Chain.Length > 0))
        {
            if (candidate.Signer.Supports(SignatureScheme.EcdsaSecp256r1Sha256) != ecdsa)
                continue;

            _scheme = hello.SignatureSchemes?.FirstOrDefault(candidate.Signer.Supports) ?? 0;
            _credential = candidate;
            if (_scheme != 0)
                return true;
        }

        return false;
    }

    private bool SendServerHello(ClientHello hello)
    {
        Crypto.Random.Fill(ServerRandom, 0, 32);
        if ((Options.Tls13 && Server.Version == ProtocolVersion.Tls12 && !Faults.NoDowngradeSentinel) || Faults.ForceDowngradeSentinel)
            "DOWNGRD\x01"u8.CopyTo(ServerRandom.AsSpan(24));

        ExtensionList extensions = new();
        bool secureRenegotiation = hello.RenegotiationInfo != null || hello.CipherSuites.Contains(CipherSuite.EmptyRenegotiationInfoScsv);
        if (secureRenegotiation && !Faults.NoRenegotiationInfo)
            extensions.Add(ExtensionType.RenegotiationInfo, 0);

        if (Server.ExtendedMasterSecret)
            extensions.Add(ExtensionType.ExtendedMasterSecret);

        if (_sendsTicket)
            extensions.Add(ExtensionType.SessionTicket);

        if (hello.PointFormats != null && CipherSuite.IsEcdhe(Server.CipherSuite) && !Server.Resumed)
            extensions.Add(ExtensionType.EcPointFormats, 1, 0);

        if (hello.ServerCertificateTypes != null && _credential != null)
            AddCertificateType(extensions, _rawPublicKey);

        AddCommonExtensions(extensions, hello, Server.Resumed);
        Server.AddOwnExtensions(extensions, hello);
        byte[] sessionId = SpoilSessionId(_sessionId);
        BeginMessage(HandshakeType.ServerHello);
        Writer.U16(Faults.WrongVersion != 0 ? Faults.WrongVersion : Server.Version);
        Writer.Bytes(ServerRandom, 0, 32);
        Writer.U8(sessionId.Length);
        Writer.Bytes(sessionId, 0, sessionId.Length);
        Writer.U16(Faults.WrongCipherSuite != 0 ? Faults.WrongCipherSuite : Server.CipherSuite);
        Writer.U8(0);
        extensions.Write(Writer, TlsStage.ServerHello, Faults, true);
        return EndMessage(TlsStage.ServerHello);
    }

    private bool SendCertificate()
    {
        if (_credential == null)
            return true;

        Server.UsedRawPublicKey = _rawPublicKey;
        BeginMessage(HandshakeType.Certificate);
        if (_rawPublicKey)
        {
            byte[] key = _credential.PublicKeyInfo;
            Writer.U24(key.Length);
            Writer.Bytes(key, 0, key.Length);
        }
        else
        {
            int list = Writer.Begin(3);
            foreach (byte[] certificate in _credential.Chain)
            {
                Writer.U24(certificate.Length);
                Writer.Bytes(certificate, 0, certificate.Length);
            }

            Writer.End(list, 3);
        }

        return EndMessage(TlsStage.Certificate);
    }

    private bool SendServerKeyExchange()
    {
        bool psk = CipherSuite.IsPsk(Server.CipherSuite);
        bool ecdhe = CipherSuite.IsEcdhe(Server.CipherSuite);
        if (!ecdhe && Options.PskIdentityHint.Length == 0)
            return true;

        BeginMessage(HandshakeType.ServerKeyExchange);
        if (psk)
        {
            Writer.U16(Options.PskIdentityHint.Length);
            Writer.Bytes(Options.PskIdentityHint, 0, Options.PskIdentityHint.Length);
        }

        if (ecdhe)
        {
            _agreement = NewKeyPair(Server.Group, out byte[] own);
            int group = Faults.WrongGroup != 0 ? Faults.WrongGroup : Server.Group;
            byte[] parameters = [NamedCurveType, (byte)(group >> 8), (byte)group, (byte)own.Length, .. own];
            Writer.Bytes(parameters, 0, parameters.Length);
            if (!psk)
            {
                byte[] signature = Sign(_credential!, _scheme, [.. _clientRandom, .. ServerRandom, .. parameters]);
                Writer.U16(_scheme);
                Writer.U16(signature.Length);
                Writer.Bytes(signature, 0, signature.Length);
            }
        }

        return EndMessage(TlsStage.ServerKeyExchange);
    }

    private void ClientKeyExchange(byte[] message)
    {
        ByteReader reader = new();
        reader.Reset(message, 4, message.Length - 4);
        byte[] identity = [];
        byte[] share = [];
        if (CipherSuite.IsPsk(Server.CipherSuite))
            identity = Take(reader, reader.U16());

        if (CipherSuite.IsEcdhe(Server.CipherSuite))
            share = Take(reader, reader.U8());

        if (!reader.AtEnd)
        {
            Server.Fail(TlsError.DecodeError);
            return;
        }

        Hash(message, message.Length, false);
        byte[]? premaster = Premaster(identity, share);
        if (premaster == null)
            return;

        if (Server.ExtendedMasterSecret)
            _schedule.ExtendedMasterSecret(premaster, premaster.Length, TranscriptHash(), _master);
        else
            _schedule.Prf(premaster, 0, premaster.Length, "master secret", [.. _clientRandom, .. ServerRandom], 64, _master, _master.Length);

        ConstantTime.Clear(premaster);
        MakeKeys();
        _state = State.AwaitChangeCipherSpec;
    }

    /// <summary>The premaster secret. Source: RFC 8422 section 5.10, RFC 4279 section 2, RFC 5489 section 2.</summary>
    private byte[]? Premaster(byte[] identity, byte[] share)
    {
        byte[] other = [];
        if (_agreement != null)
        {
            other = new byte[32];
            if (!_agreement.Agree(share, 0, share.Length, other, 0))
            {
                Server.Fail(TlsError.BadKeyShare);
                return null;
            }

            _agreement.Clear();
            if (!CipherSuite.IsPsk(Server.CipherSuite))
                return other;
        }

        ServerPsk? psk = Server.State.FindPsk(identity);
        if (psk == null)
        {
            Server.Fail(TlsError.IllegalParameter, AlertDescription.UnknownPskIdentity);
            return null;
        }

        if (_agreement == null)
            other = new byte[psk.Key.Length];

        byte[] premaster = [(byte)(other.Length >> 8), (byte)other.Length, .. other, (byte)(psk.Key.Length >> 8), (byte)psk.Key.Length, .. psk.Key];
        ConstantTime.Clear(other);
        return premaster;
    }

    private void MakeKeys()
    {
        int suite = Server.CipherSuite;
        int keyBytes = CipherSuite.KeyBytes(suite);
        int ivBytes = CipherSuite.FixedIvBytes(suite);
        byte[] block = new byte[2 * (keyBytes + ivBytes)];
        _schedule.KeyBlock(_master, _clientRandom, ServerRandom, block, block.Length);
        Server.SetNextKeys(block);
        ConstantTime.Clear(block);
        Options.KeyLog?.Log("CLIENT_RANDOM", _clientRandom, _master, _master.Length);
    }

    private void Finished(byte[] message)
    {
        byte[] expected = new byte[KeySchedule12.VerifyDataBytes];
        _schedule.Finished(_master, true, TranscriptHash(), expected);
        if (message.Length != 4 + expected.Length)
        {
            Server.Fail(TlsError.DecodeError);
            return;
        }

        if (!ConstantTime.AreEqual(expected, 0, message, 4, expected.Length))
        {
            Server.Fail(TlsError.BadFinished);
            return;
        }

        Hash(message, message.Length, false);
        if (!Server.Resumed)
        {
            if (!SendTicket() || !SendFinished())
                return;

            if (_sessionId.Length > 0)
                Server.State.Keep(_sessionId, Session());
        }

        _state = State.Connected;
        Server.Complete();
    }

    private bool SendTicket()
    {
        if (!_sendsTicket)
            return true;

        ServerSession session = _session ?? Session();
        if (Options.RenewalExtends)
            session.IssuedMs = Server.NowMs;

        byte[] ticket = Options.StatefulTickets ? Server.State.Keep(session) : Server.State.SealTicket(session, Options.TicketPaddingBytes);
        int lifetime = Options.AdvertisedTicketLifetimeSeconds >= 0 ? Options.AdvertisedTicketLifetimeSeconds : Options.TicketLifetimeSeconds;
        BeginMessage(HandshakeType.NewSessionTicket);
        Writer.U32((uint)lifetime);
        Writer.U16(ticket.Length);
        Writer.Bytes(ticket, 0, ticket.Length);
        return EndMessage(TlsStage.NewSessionTicket);
    }

    private bool SendFinished()
    {
        TlsFaultAction action = Server.Fault(TlsStage.ChangeCipherSpec, ContentType.ChangeCipherSpec);
        if (Server.Ended)
            return false;

        for (int i = action == TlsFaultAction.Omit ? 0 : action == TlsFaultAction.Repeat ? 2 : 1; i > 0; i--)
            Server.SendChangeCipherSpec();

        Server.ChangeWriteKeys();
        byte[] verifyData = new byte[KeySchedule12.VerifyDataBytes];
        _schedule.Finished(_master, false, TranscriptHash(), verifyData);
        SpoilFinished(verifyData);
        BeginMessage(HandshakeType.Finished);
        Writer.Bytes(verifyData, 0, verifyData.Length);
        return EndMessage(TlsStage.Finished);
    }

    private ServerSession Session()
    {
        return new ServerSession
        {
            Version = Server.Version,
            CipherSuite = Server.CipherSuite,
            Secret = (byte[])_master.Clone(),
            IssuedMs = Server.NowMs,
            LifetimeSeconds = Options.TicketLifetimeSeconds,
            ExtendedMasterSecret = Server.ExtendedMasterSecret,
            MaxFragmentLengthCode = Server.MaxFragmentLengthCode,
            ServerName = Server.ServerName,
            ApplicationProtocol = Server.ApplicationProtocol,
        };
    }

    private static byte[] Take(ByteReader reader, int count)
    {
        int start = reader.Skip(count);
        return reader.Failed ? [] : reader.Buffer[start..(start + count)];
    }
}
