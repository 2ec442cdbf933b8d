using System;
using System.Collections.Generic;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>BouncyCastle's DTLS 1.2 client, one handshake each.</summary>
internal sealed class BouncyDtlsClient : DefaultTlsClient
{
    private readonly int[] _suites;

    public BouncyDtlsClient(params int[] suites)
        : base(new BcTlsCrypto(new SecureRandom()))
    {
        _suites = suites.Length > 0 ? suites : [Org.BouncyCastle.Tls.CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256];
    }

    /// <summary>The id wanted in records to the client; null for no extension.</summary>
    public byte[]? ConnectionId { get; init; }

    public TlsSession? Resume { get; init; }

    /// <summary>The heartbeats that the client sends; null for none.</summary>
    public TlsHeartbeat? Heartbeat { get; init; }

    public short HeartbeatPolicy { get; init; } = HeartbeatMode.peer_not_allowed_to_send;

    public byte[] PskIdentity { get; init; } = "sensor-1"u8.ToArray();

    public byte[] PskKey { get; init; } = Convert.FromHexString("00112233445566778899aabbccddeeff");

    public int ResendMs { get; init; } = 1000;

    /// <summary>The session, once the handshake is complete.</summary>
    public TlsSession? Session { get; private set; }

    public bool ResumedSession { get; private set; }

    /// <summary>What the client puts into its records.</summary>
    public byte[]? ServerConnectionId { get; private set; }

    public List<int> Alerts { get; } = [];

    /// <summary>How long the handshake may take; 0 for ever.</summary>
    public int LimitMs { get; init; }

    public override int GetHandshakeResendTimeMillis() => ResendMs;

    public override int GetHandshakeTimeoutMillis() => LimitMs;

    public override TlsSession GetSessionToResume() => Resume!;

    public override TlsHeartbeat GetHeartbeat() => Heartbeat!;

    public override short GetHeartbeatPolicy() => HeartbeatPolicy;

    public override TlsPskIdentity GetPskIdentity() => new BasicTlsPskIdentity(PskIdentity, PskKey);

    public override TlsAuthentication GetAuthentication() => new Trusting();

    public override void NotifyAlertReceived(short alertLevel, short alertDescription)
    {
        base.NotifyAlertReceived(alertLevel, alertDescription);
        Alerts.Add(alertDescription);
    }

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        Session = m_context.Session;
        ResumedSession = m_context.SecurityParameters.IsResumedSession;
        ServerConnectionId = m_context.SecurityParameters.ConnectionIDLocal;
    }

    protected override byte[] GetNewConnectionID() => ConnectionId!;

    protected override int[] GetSupportedCipherSuites() => _suites;

    protected override Org.BouncyCastle.Tls.ProtocolVersion[] GetSupportedVersions() => Org.BouncyCastle.Tls.ProtocolVersion.DTLSv12.Only();

    private sealed class Trusting : TlsAuthentication
    {
        public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
        {
        }

        public TlsCredentials GetClientCredentials(CertificateRequest certificateRequest) => null!;
    }
}
