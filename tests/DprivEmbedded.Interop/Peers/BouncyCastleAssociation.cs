using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using BcCertificate = Org.BouncyCastle.Tls.Certificate;
using BcSuite = Org.BouncyCastle.Tls.CipherSuite;

namespace DprivEmbedded.Interop.Peers;

/// <summary>One association of a <see cref="BouncyCastleDtlsServer"/>, with its thread.</summary>
public sealed class BouncyCastleAssociation
{
    private readonly BouncyCastleDtlsServer _owner;
    private readonly DtlsRequest _request;
    private readonly Link _link;
    private readonly Thread _thread;
    private volatile bool _stop;

    internal BouncyCastleAssociation(BouncyCastleDtlsServer owner, IPEndPoint client, DtlsRequest request)
    {
        _owner = owner;
        _request = request;
        _link = new Link(owner, client);
        _thread = new Thread(Run) { IsBackground = true, Name = "BouncyCastle DTLS" };
    }

    /// <summary>The id that the client has to put into its records; null or empty for none.</summary>
    public byte[]? ConnectionId { get; private set; }

    /// <summary>Where the client is now.</summary>
    public IPEndPoint Client => _link.Client;

    public bool IsResumed { get; private set; }

    public bool HandshakeComplete { get; private set; }

    /// <summary>Whether close_notify came from the client.</summary>
    public bool ClosedByClient { get; private set; }

    /// <summary>Records of application data that came.</summary>
    public int Records { get; private set; }

    /// <summary>What ended the association; null while it lives and after an orderly end.</summary>
    public Exception? Failure { get; private set; }

    internal void Start() => _thread.Start();

    internal void Stop()
    {
        _stop = true;
        _thread.Join(TimeSpan.FromSeconds(5));
    }

    internal void Enqueue(IPEndPoint client, byte[] datagram) => _link.Datagrams.Add((client, datagram));

    private void Run()
    {
        try
        {
            var transport = new DtlsServerProtocol().Accept(new Server(this), _link, _request);
            var buffer = new byte[16384];
            while (!_stop && !ClosedByClient)
            {
                var count = transport.Receive(buffer, 0, buffer.Length, 50);
                if (count <= 0)
                    continue;
                // An authentic record: where it came from is where the client is (RFC 9146 section 6).
                _link.Follow();
                Records++;
                if (_owner.Answer(buffer[..count]) is { } answer)
                    transport.Send(answer, 0, answer.Length);
            }

            transport.Close();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            Failure = e;
        }
    }

    internal sealed class Sender(BouncyCastleDtlsServer owner, IPEndPoint client) : DatagramSender
    {
        public int GetSendLimit() => 1232;

        public void Send(byte[] buf, int off, int len) => owner.Send(client, buf.AsSpan(off, len));

        public void Send(ReadOnlySpan<byte> buffer) => owner.Send(client, buffer);
    }

    private sealed class Link(BouncyCastleDtlsServer owner, IPEndPoint client) : DatagramTransport
    {
        private IPEndPoint _from = client;

        public BlockingCollection<(IPEndPoint From, byte[] Bytes)> Datagrams { get; } = [];

        public IPEndPoint Client { get; private set; } = client;

        public void Follow() => Client = _from;

        public int GetReceiveLimit() => 16384;

        public int GetSendLimit() => 1232;

        public int Receive(byte[] buf, int off, int len, int waitMillis) => Receive(buf.AsSpan(off, len), waitMillis);

        public int Receive(Span<byte> buffer, int waitMillis)
        {
            if (!Datagrams.TryTake(out var next, Math.Max(waitMillis, 1)))
                return -1;
            _from = next.From;
            var count = Math.Min(buffer.Length, next.Bytes.Length);
            next.Bytes.AsSpan(0, count).CopyTo(buffer);
            return count;
        }

        public void Send(byte[] buf, int off, int len) => owner.Send(Client, buf.AsSpan(off, len));

        public void Send(ReadOnlySpan<byte> buffer) => owner.Send(Client, buffer);

        public void Close()
        {
        }
    }

    private sealed class Server(BouncyCastleAssociation association) : DefaultTlsServer(association._owner.Crypto)
    {
        private BouncyCastleDtlsServer Owner => association._owner;

        public override byte[] GetNewSessionID() => RandomNumberGenerator.GetBytes(32);

        public override TlsSession GetSessionToResume(byte[] sessionID) => Owner.Sessions.GetValueOrDefault(Convert.ToHexString(sessionID))!;

        public override short GetHeartbeatPolicy() => HeartbeatMode.peer_allowed_to_send;

        public override TlsHeartbeat GetHeartbeat() => Owner.HeartbeatIdleMs is { } idle ? new DefaultTlsHeartbeat(idle, 5000) : null!;

        public override int GetHandshakeTimeoutMillis() => 20000;

        public override TlsPskIdentityManager GetPskIdentityManager() => new Identities(Owner.Psk);

        public override void NotifyAlertReceived(short alertLevel, short alertDescription)
        {
            base.NotifyAlertReceived(alertLevel, alertDescription);
            if (alertDescription == AlertDescription.close_notify)
                association.ClosedByClient = true;
        }

        public override void NotifyHandshakeComplete()
        {
            base.NotifyHandshakeComplete();
            association.IsResumed = m_context.SecurityParameters.IsResumedSession;
            association.HandshakeComplete = true;
            if (m_context.Session is { IsResumable: true } session)
                Owner.Sessions[Convert.ToHexString(session.SessionID)] = session;
        }

        public override TlsCredentials GetCredentials() =>
            m_context.SecurityParameters.KeyExchangeAlgorithm is KeyExchangeAlgorithm.PSK or KeyExchangeAlgorithm.ECDHE_PSK ? null! : base.GetCredentials();

        protected override byte[] GetNewConnectionID()
        {
            association.ConnectionId = Owner.ConnectionIdBytes is { } bytes ? RandomNumberGenerator.GetBytes(bytes) : null;
            return association.ConnectionId!;
        }

        protected override int[] GetSupportedCipherSuites() => Owner.Suites ?? [BcSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256];

        protected override Org.BouncyCastle.Tls.ProtocolVersion[] GetSupportedVersions() => Org.BouncyCastle.Tls.ProtocolVersion.DTLSv12.Only();

        protected override TlsCredentialedSigner GetECDsaSignerCredentials()
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(Owner.Certificate.ChainPath);
            using var key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(Owner.Certificate.KeyPath));
            return new BcDefaultTlsCredentialedSigner(
                new TlsCryptoParameters(m_context),
                Owner.Crypto,
                PrivateKeyFactory.CreateKey(key.ExportPkcs8PrivateKey()),
                new BcCertificate([.. chain.Select(c => (TlsCertificate)new BcTlsCertificate(Owner.Crypto, c.RawData))]),
                new SignatureAndHashAlgorithm(Org.BouncyCastle.Tls.HashAlgorithm.sha256, SignatureAlgorithm.ecdsa));
        }
    }

    private sealed class Identities(byte[]? psk) : TlsPskIdentityManager
    {
        public byte[] GetHint() => null!;

        public byte[] GetPsk(byte[] identity) => psk!;
    }
}
