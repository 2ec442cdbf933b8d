using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Harness.Tests.Pair;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;
using static DprivEmbedded.Harness.Tests.Pair.HandshakeMatrixTests;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>Every suite, group and kind of credential of DTLS 1.2, with and without cookie, full and resumed, with both crypto back-ends; and the extensions of datagrams.</summary>
public class DtlsMatrixTests
{
    private static readonly (int Suite, Credential Credential)[] s_kinds =
    [
        .. new[] { CipherSuite.EcdheEcdsaAes128GcmSha256, CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256, CipherSuite.EcdheEcdsaAes128Ccm, CipherSuite.EcdheEcdsaAes128Ccm8 }
            .SelectMany(s => new[] { (s, Credential.Ecdsa), (s, Credential.RawEcdsa) }),
        .. new[] { CipherSuite.EcdheRsaAes128GcmSha256, CipherSuite.EcdheRsaChaCha20Poly1305Sha256 }
            .SelectMany(s => new[] { (s, Credential.RsaPss), (s, Credential.RsaPkcs1), (s, Credential.RawRsa) }),
        .. new[] { CipherSuite.EcdhePskAes128GcmSha256, CipherSuite.EcdhePskChaCha20Poly1305Sha256, CipherSuite.EcdhePskAes128Ccm8Sha256 }.Select(s => (s, Credential.EcdhePsk)),
        .. new[] { CipherSuite.PskAes128GcmSha256, CipherSuite.PskAes128Ccm8 }.Select(s => (s, Credential.Psk)),
    ];

    public static IEnumerable<TheoryDataRow<string, string, Credential, string, bool, Resumption>> Rows()
    {
        return from kind in s_kinds
               from exchange in BackEnds.Exchanges
               where kind.Credential != Credential.Psk || exchange.Group == NamedGroup.Secp256r1
               from cookie in new[] { false, true }
               from resumption in new[] { Resumption.SessionId, Resumption.Ticket, Resumption.RenewedTicket }
               select new TheoryDataRow<string, string, Credential, string, bool, Resumption>(
                   CipherSuite.Name(kind.Suite), exchange.Group == NamedGroup.X25519 ? "X25519" : "P-256", kind.Credential, exchange.BackEnds, cookie, resumption);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void FullAndResumed(string suiteName, string group, Credential credential, string backEnds, bool cookie, Resumption resumption)
    {
        DodSetup setup = Setup(suiteName, group, credential, backEnds);
        setup.Dtls.Cookie = cookie;
        setup.Dtls.Tickets = resumption != Resumption.SessionId;
        setup.Dtls.SessionIds = resumption == Resumption.SessionId;
        setup.Dtls.RenewTickets = resumption == Resumption.RenewedTicket;
        DodPair full = setup.Connect();
        Assert.False(full.Dtls.IsResumed);
        Assert.Equal(setup.Client.CipherSuites[0], full.Dtls.Suite);
        Assert.Equal(credential == Credential.Psk ? 0 : setup.Client.Groups[0], full.Dtls.Group);
        Assert.Equal(credential is Credential.RawEcdsa or Credential.RawRsa, full.Association.UsedRawPublicKey);
        Assert.Equal(credential >= Credential.PskDheKe, full.Dtls.UsedExternalPsk);
        Assert.Equal(cookie ? 1 : 0, setup.Counters.HelloVerifyRequests);

        TlsSession session = Assert.Single(full.Sessions);
        Assert.Equal(resumption == Resumption.SessionId, session.SessionId != null);
        Assert.Equal(resumption != Resumption.SessionId, session.Ticket != null);
        byte[]? ticket = (byte[]?)session.Ticket?.Clone();
        for (int i = 0; i < 3; i++)
        {
            DodPair resumed = setup.Connect(session);
            Assert.True(resumed.Dtls.IsResumed);
            Assert.Equal(cookie ? i + 2 : 0, setup.Counters.HelloVerifyRequests);
            session = Assert.Single(resumed.Sessions);
            if (resumption == Resumption.Ticket)
                Assert.Equal(ticket, session.Ticket);
            if (resumption == Resumption.RenewedTicket)
                Assert.NotEqual(ticket, session.Ticket);
        }

        Assert.Equal(1, setup.Counters.FullHandshakes);
        Assert.Equal(3, setup.Counters.ResumedHandshakes);
        Assert.Equal(0, setup.Counters.TimerRetransmissions + setup.Counters.RequestedRetransmissions + setup.Counters.DiscardedRecords);
    }

    /// <summary>A chain of more than 4 KiB in datagrams of 256 bytes, with the least reassembly buffer: what comes in order needs none of it.</summary>
    [Theory]
    [InlineData(256, 512, false)]
    [InlineData(256, 512, true)]
    [InlineData(1232, 512, false)]
    [InlineData(300, 4096, true)]
    public void LargeChainInSmallDatagrams(int datagramBytes, int reassemblyBytes, bool cookie)
    {
        DodSetup setup = new DodSetup().WithCredential(PairKeys.Large);
        Assert.True(PairKeys.Large.Chain.Sum(c => c.Length) > 4096);
        setup.Dtls.Cookie = cookie;
        setup.Dtls.MaxDatagramBytes = datagramBytes;
        setup.Client.MaxDatagramBytes = 256;
        setup.ReassemblyBytes = reassemblyBytes;
        setup.FlightBytes = 512;
        setup.SendBytes = 256;
        DodPair pair = setup.Start();
        int largestUp = 0;
        int largestDown = 0;
        pair.Path.Up.Observer = (_, bytes) => largestUp = Math.Max(largestUp, bytes.Length);
        pair.Path.Down.Observer = (_, bytes) => largestDown = Math.Max(largestDown, bytes.Length);
        pair.RunFor(3000);
        pair.AssertConnected().AssertAnswered(1);
        Assert.InRange(largestUp, 100, 256);
        Assert.InRange(largestDown, datagramBytes / 2, datagramBytes);
        Assert.Equal(0, pair.Dtls.Retransmissions + setup.Counters.TimerRetransmissions + setup.Counters.RequestedRetransmissions);
    }

    /// <summary>A ClientHello with a large ticket is cut into fragments too, and the server puts them together before it asks for a cookie.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LargeTicketInSmallDatagrams(bool cookie)
    {
        DodSetup setup = new();
        setup.Dtls.Cookie = cookie;
        setup.Dtls.TicketPaddingBytes = 900;
        TlsSession session = Assert.Single(setup.Connect().Sessions);
        Assert.True(session.Ticket.Length > 900);
        setup.Client.MaxDatagramBytes = 256;
        DodPair pair = setup.Connect(session);
        Assert.True(pair.Dtls.IsResumed);
        Assert.True(pair.Path.Up.Sent >= 4 * (cookie ? 2 : 1));
        Assert.Equal(0, pair.Dtls.Retransmissions);
    }

    /// <summary>What is offered is acknowledged by a ticket that does not fit the message buffer: it is passed over, and the handshake goes on.</summary>
    [Fact]
    public void TicketLargerThanTheMessageBuffer()
    {
        DodSetup setup = new();
        setup.Client.HandshakeBufferBytes = 768;
        setup.Dtls.TicketPaddingBytes = 3000;
        DodPair pair = setup.Connect();
        Assert.Empty(pair.Sessions);
    }

    /// <summary>With False Start the query rides with the client's Finished and its answer comes a round trip earlier (RFC 7918).</summary>
    [Theory]
    [InlineData(true, 400)]
    [InlineData(false, 600)]
    public void FalseStart(bool on, int answerMs)
    {
        DodSetup setup = new();
        setup.Client.FalseStart = on;
        DodPair pair = setup.Connect();
        Assert.Equal(answerMs, Assert.Single(pair.Answers).Ms - pair.StartedMs);
        Assert.Equal(on ? 2 : 3, pair.Path.Up.Sent);
    }

    /// <summary>The session is resumed and the query answered in two round trips: ClientHello; Finished and query in one datagram (figure 3).</summary>
    [Theory]
    [InlineData(false, 400, 2)]
    [InlineData(true, 600, 3)]
    public void ResumptionCarriesTheQuery(bool cookie, int answerMs, int datagramsUp)
    {
        DodSetup setup = new();
        TlsSession session = Assert.Single(setup.Connect().Sessions);
        setup.Dtls.Cookie = cookie;
        DodPair pair = setup.Connect(session);
        Assert.Equal(answerMs, Assert.Single(pair.Answers).Ms - pair.StartedMs);
        Assert.Equal(datagramsUp, pair.Path.Up.Sent);
    }

    /// <summary>A server that forgot the ticket or the session makes a full handshake of it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void RefusedResumptionIsFull(bool tickets)
    {
        DodSetup setup = new();
        setup.Dtls.Tickets = tickets;
        TlsSession session = Assert.Single(setup.Connect().Sessions);
        setup.Server.LoseState();
        DodPair pair = setup.Connect(session);
        Assert.False(pair.Dtls.IsResumed);
        Assert.Single(pair.Sessions);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5000)]
    public void ClientCertificateIsAsked(int authorityBytes)
    {
        DodSetup setup = new();
        setup.Dtls.RequestClientCertificate = true;
        setup.Dtls.CertificateRequestAuthorityBytes = authorityBytes;
        setup.Connect();
    }

    /// <summary>Extended master secret and renegotiation_info are demanded (RFC 9325): a server without them is refused, with an alert.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void InsecureServersAreRefused(bool masterSecret)
    {
        DodSetup setup = new();
        if (masterSecret)
            setup.Dtls.Faults.NoExtendedMasterSecret = true;
        else
            setup.Dtls.Faults.NoRenegotiationInfo = true;

        DodPair pair = setup.Start();
        pair.RunFor(1000);
        Assert.Equal(TlsError.InsecureServer, Assert.Single(pair.Events, e => e.Event == DodEvent.Closed).Error);
        Assert.Equal(1, setup.Counters.FailedHandshakes);
        Assert.Empty(setup.Server.Socket.Associations);
    }

    /// <summary>Connection ids of either direction in every size, in every kind of handshake (RFC 9146).</summary>
    [Theory]
    [MemberData(nameof(CidRows))]
    public void ConnectionIds(int ownBytes, int peerBytes, int suite)
    {
        DodSetup setup = suite == CipherSuite.PskAes128Ccm8 ? new DodSetup(suite).WithPsk() : new DodSetup(suite);
        setup.Client.CipherSuites = [suite];
        setup.Client.ConnectionId = Id(ownBytes);
        setup.Dtls.ConnectionIdBytes = peerBytes;
        DodPair pair = setup.Connect();
        bool agreed = ownBytes >= 0 && peerBytes >= 0;
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(agreed, pair.Dtls.HasConnectionId);
            Assert.Equal(agreed && peerBytes > 0, pair.Dtls.SurvivesAddressChange);
            Assert.Equal(agreed ? peerBytes : -1, pair.Association.ConnectionId?.Length ?? -1);
            Assert.Equal(agreed ? ownBytes : -1, pair.Association.PeerConnectionId?.Length ?? -1);
            int tag = suite is CipherSuite.PskAes128Ccm8 or CipherSuite.EcdheEcdsaAes128Ccm8 ? 8 : 16;
            int nonce = suite == CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256 ? 0 : 8;
            Assert.Equal(13 + nonce + tag + (agreed && peerBytes > 0 ? peerBytes + 1 : 0), pair.Dtls.RecordOverheadBytes);
            List<byte[]> up = [];
            List<byte[]> down = [];
            pair.Path.Up.Observer = (_, bytes) => up.Add(bytes);
            pair.Path.Down.Observer = (_, bytes) => down.Add(bytes);
            pair.Ask("mail.example");
            pair.RunFor(1000);
            pair.AssertAnswered(2);
            Assert.Equal(agreed && peerBytes > 0 ? ContentType.Tls12Cid : ContentType.ApplicationData, Assert.Single(up)[0]);
            Assert.Equal(agreed && ownBytes > 0 ? ContentType.Tls12Cid : ContentType.ApplicationData, Assert.Single(down)[0]);
            if (agreed && ownBytes > 0)
                Assert.Equal(setup.Client.ConnectionId!, down[0][11..(11 + ownBytes)]);

            if (i == 0)
                pair = setup.Connect(pair.Sessions[0]);
        }

        Assert.True(pair.Dtls.IsResumed);
        Assert.Equal(0, pair.Dtls.DiscardedRecords);
        Assert.Equal(0, setup.Counters.DiscardedRecords);
    }

    /// <summary>Heartbeats in both directions, with and without connection ids; a side that refuses is not asked.</summary>
    [Theory]
    [InlineData(true, true, HeartbeatPolicy.Answer, -1)]
    [InlineData(true, true, HeartbeatPolicy.Answer, 1)]
    [InlineData(true, false, HeartbeatPolicy.Answer, -1)]
    [InlineData(true, true, HeartbeatPolicy.Refuse, -1)]
    [InlineData(true, true, HeartbeatPolicy.Off, -1)]
    [InlineData(false, true, HeartbeatPolicy.Answer, -1)]
    public void Heartbeats(bool offered, bool answers, HeartbeatPolicy policy, int connectionIdBytes)
    {
        DodSetup setup = new();
        setup.Client.Heartbeat = offered;
        setup.Client.AnswerHeartbeats = answers;
        setup.Client.ConnectionId = Id(connectionIdBytes);
        setup.Dtls.ConnectionIdBytes = connectionIdBytes;
        setup.Dtls.Heartbeat = policy;
        DodPair pair = setup.Connect();
        bool agreed = offered && policy != HeartbeatPolicy.Off;
        Assert.Equal(agreed && policy == HeartbeatPolicy.Answer, pair.Dtls.PeerAnswersHeartbeats);
        Assert.Equal(agreed && policy == HeartbeatPolicy.Answer, pair.Session.SendHeartbeat(pair.Clock.NowMs));
        pair.Pump();
        pair.RunFor(1000);
        bool answered = agreed && policy == HeartbeatPolicy.Answer;
        Assert.Equal(answered ? 1 : 0, pair.Events.Count(e => e.Event == DodEvent.HeartbeatAnswered));
        Assert.Equal(answered ? 1 : 0, setup.Counters.HeartbeatsAnswered);
        Assert.Equal(answered ? 200 : -1, pair.Dtls.HeartbeatRttMs);

        Assert.Equal(agreed && answers, pair.Association.SendHeartbeat());
        pair.PumpServer();
        pair.RunFor(1000);
        Assert.Equal(agreed && answers ? 1 : 0, setup.Counters.HeartbeatsConfirmed);
        Assert.Equal(0, pair.Dtls.Retransmissions);
        pair.Ask();
        pair.RunFor(1000);
        pair.AssertAnswered(2);
    }

    [Fact]
    public void CloseNotifyEndsBothSides()
    {
        DodSetup setup = new();
        DodPair pair = setup.Connect();
        pair.Session.Close();
        pair.Pump();
        pair.RunFor(10_000);
        Assert.Equal(1, setup.Counters.ClosedByClient);
        Assert.Empty(setup.Server.Socket.Associations);
        Assert.Equal(DotCloseReason.Caller, pair.Session.CloseReason);

        DodPair other = setup.Connect();
        other.Association.Close();
        other.PumpServer();
        other.RunFor(1000);
        Assert.Equal(DotCloseReason.Server, other.Session.CloseReason);
        Assert.Equal(TlsError.None, other.Session.Error);
        Assert.Equal(1, other.Events.Count(e => e.Event == DodEvent.Closed));
    }

    internal static byte[]? Id(int bytes)
    {
        return bytes < 0 ? null : [.. Enumerable.Range(0, bytes).Select(i => (byte)(0xC0 + i))];
    }

    private static DodSetup Setup(string suiteName, string group, Credential credential, string backEnds)
    {
        int suite = new TlsServerOptions().CipherSuites.Single(s => CipherSuite.Name(s) == suiteName);
        DodSetup setup = new(suite, backEnds);
        setup.Client.Groups = [group == "X25519" ? NamedGroup.X25519 : NamedGroup.Secp256r1];
        setup.Client.CipherSuites = [suite];
        switch (credential)
        {
            case Credential.RsaPss:
            case Credential.RawRsa:
                setup.WithCredential(PairKeys.Rsa);
                setup.Client.SignatureSchemes = [SignatureScheme.RsaPssRsaeSha256];
                break;
            case Credential.RsaPkcs1:
                setup.WithCredential(PairKeys.Rsa);
                setup.Client.SignatureSchemes = [SignatureScheme.RsaPkcs1Sha256];
                break;
            case Credential.EcdhePsk:
            case Credential.Psk:
                setup.WithPsk(suite);
                break;
        }

        setup.Dtls.PreferRawPublicKey = credential is Credential.RawEcdsa or Credential.RawRsa;
        return setup;
    }

    public static IEnumerable<TheoryDataRow<int, int, int>> CidRows()
    {
        return from own in new[] { -1, 0, 1, 8, 32 }
               from peer in new[] { -1, 0, 1, 8 }
               from suite in new[] { CipherSuite.PskAes128Ccm8, CipherSuite.EcdheEcdsaAes128GcmSha256, CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256 }
               select new TheoryDataRow<int, int, int>(own, peer, suite);
    }
}
