using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>Every suite, group and kind of credential, full and resumed, with both crypto back-ends at either end ("B" BouncyCastle, "S" the system's; client first).</summary>
public class HandshakeMatrixTests
{
    private static readonly int[] s_suites13 = [CipherSuite.Aes128GcmSha256, CipherSuite.ChaCha20Poly1305Sha256, CipherSuite.Aes128CcmSha256, CipherSuite.Aes128Ccm8Sha256];

    private static readonly int[] s_ecdsa12 =
    [
        CipherSuite.EcdheEcdsaAes128GcmSha256, CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256, CipherSuite.EcdheEcdsaAes128Ccm, CipherSuite.EcdheEcdsaAes128Ccm8,
    ];

    private static readonly int[] s_rsa12 = [CipherSuite.EcdheRsaAes128GcmSha256, CipherSuite.EcdheRsaChaCha20Poly1305Sha256];

    private static readonly int[] s_ecdhePsk12 = [CipherSuite.EcdhePskAes128GcmSha256, CipherSuite.EcdhePskChaCha20Poly1305Sha256, CipherSuite.EcdhePskAes128Ccm8Sha256];

    private static readonly int[] s_psk12 = [CipherSuite.PskAes128GcmSha256, CipherSuite.PskAes128Ccm8];

    public enum Credential
    {
        Ecdsa,
        RsaPss,
        RsaPkcs1,
        RawEcdsa,
        RawRsa,
        PskDheKe,
        PskKe,
        EcdhePsk,
        Psk,
    }

    public enum Resumption
    {
        SessionId,
        Ticket,
        RenewedTicket,
        PskKe,
        PskDheKe,
    }

    public static IEnumerable<TheoryDataRow<string, string, Credential, string, Resumption>> Rows13()
    {
        Credential[] credentials = [Credential.Ecdsa, Credential.RsaPss, Credential.RawEcdsa, Credential.RawRsa, Credential.PskDheKe, Credential.PskKe];
        return from suite in s_suites13
               from credential in credentials
               from exchange in BackEnds.Exchanges
               where credential != Credential.PskKe || exchange.Group == NamedGroup.Secp256r1
               from resumption in new[] { Resumption.PskKe, Resumption.PskDheKe }
               select Row(suite, exchange.Group, credential, exchange.BackEnds, resumption);
    }

    public static IEnumerable<TheoryDataRow<string, string, Credential, string, Resumption>> Rows12()
    {
        var kinds = s_ecdsa12.SelectMany(s => new[] { (s, Credential.Ecdsa), (s, Credential.RawEcdsa) })
            .Concat(s_rsa12.SelectMany(s => new[] { (s, Credential.RsaPss), (s, Credential.RsaPkcs1), (s, Credential.RawRsa) }))
            .Concat(s_ecdhePsk12.Select(s => (s, Credential.EcdhePsk)))
            .Concat(s_psk12.Select(s => (s, Credential.Psk)));
        return from kind in kinds
               from exchange in BackEnds.Exchanges
               where kind.Item2 != Credential.Psk || exchange.Group == NamedGroup.Secp256r1
               from resumption in new[] { Resumption.SessionId, Resumption.Ticket, Resumption.RenewedTicket }
               select Row(kind.s, exchange.Group, kind.Item2, exchange.BackEnds, resumption);
    }

    [Theory]
    [MemberData(nameof(Rows13))]
    public void Tls13(string suiteName, string group, Credential credential, string backEnds, Resumption resumption)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls13, suiteName, group, credential, backEnds);
        setup.Client.PskKe = credential != Credential.PskDheKe;
        setup.Client.PskDheKe = credential != Credential.PskKe;
        int fullGroup = credential == Credential.PskKe ? 0 : setup.Client.Groups[0];
        TlsPair full = CheckFull(setup, credential, fullGroup);
        Assert.Equal(2, full.Sessions.Count);

        setup.Client.PskKe = resumption == Resumption.PskKe;
        setup.Client.PskDheKe = resumption == Resumption.PskDheKe;
        int resumedGroup = resumption == Resumption.PskKe ? 0 : setup.Client.Groups[0];
        foreach (TlsSession session in full.Sessions)
        {
            TlsPair resumed = CheckResumed(setup, session);
            Assert.Equal(resumedGroup, resumed.Client.Group);
            Assert.Equal(2, resumed.Sessions.Count);
        }

        TlsPair third = CheckResumed(setup, CheckResumed(setup, setup.Connect().Sessions[0]).Sessions[1]);
        Assert.Equal(2, third.Sessions.Count);
    }

    [Theory]
    [MemberData(nameof(Rows12))]
    public void Tls12(string suiteName, string group, Credential credential, string backEnds, Resumption resumption)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls12, suiteName, group, credential, backEnds);
        setup.Server.Tickets = resumption != Resumption.SessionId;
        setup.Server.SessionIds = resumption == Resumption.SessionId;
        setup.Server.RenewTickets = resumption == Resumption.RenewedTicket;
        TlsPair full = CheckFull(setup, credential, credential == Credential.Psk ? 0 : setup.Client.Groups[0]);
        TlsSession session = Assert.Single(full.Sessions);
        Assert.Equal(resumption == Resumption.SessionId, session.SessionId != null);
        Assert.Equal(resumption != Resumption.SessionId, session.Ticket != null);

        byte[]? ticket = session.Ticket;
        for (int i = 0; i < 3; i++)
        {
            TlsPair resumed = CheckResumed(setup, session);
            session = Assert.Single(resumed.Sessions);
            Assert.Equal(resumption == Resumption.SessionId, session.SessionId != null);
            if (resumption == Resumption.Ticket)
                Assert.Equal(ticket, session.Ticket);
            if (resumption == Resumption.RenewedTicket)
                Assert.NotEqual(ticket, session.Ticket);
        }
    }

    private static TheoryDataRow<string, string, Credential, string, Resumption> Row(int suite, int group, Credential credential, string backEnds, Resumption resumption)
    {
        return new(CipherSuite.Name(suite), group == NamedGroup.X25519 ? "X25519" : "P-256", credential, backEnds, resumption);
    }

    private static PairSetup Setup(int version, string suiteName, string group, Credential credential, string backEnds)
    {
        int suite = new TlsServerOptions().CipherSuites.Single(s => CipherSuite.Name(s) == suiteName);
        PairSetup setup = new PairSetup(suite, backEnds).WithVersion(version);
        setup.Client.CipherSuites = [suite];
        setup.Client.Groups = [group == "X25519" ? NamedGroup.X25519 : NamedGroup.Secp256r1];
        setup.Fragmentation = (Fragmentation)(((int)credential + suite) % 4);
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
            case Credential.Ecdsa:
            case Credential.RawEcdsa:
                setup.Client.SignatureSchemes = [SignatureScheme.EcdsaSecp256r1Sha256];
                break;
            default:
                setup.WithPsk();
                break;
        }

        setup.Server.PreferRawPublicKey = credential is Credential.RawEcdsa or Credential.RawRsa;
        return setup;
    }

    private static TlsPair CheckFull(PairSetup setup, Credential credential, int group)
    {
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.False(pair.Client.IsResumed);
        Assert.True(pair.Client.IsAuthenticated);
        Assert.Equal(group, pair.Client.Group);
        Assert.Equal(setup.Client.CipherSuites[0], pair.Client.Suite);
        Assert.Equal(credential is Credential.RawEcdsa or Credential.RawRsa, pair.Server.UsedRawPublicKey);
        Assert.Equal(credential >= Credential.PskDheKe, pair.Client.UsedExternalPsk);
        Assert.Equal("dot", pair.Client.ApplicationProtocol);
        Exchange(pair);
        return pair;
    }

    private static TlsPair CheckResumed(PairSetup setup, TlsSession session)
    {
        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.True(pair.Client.IsResumed);
        Assert.True(pair.Client.IsAuthenticated);
        Exchange(pair);
        return pair;
    }

    private static void Exchange(TlsPair pair)
    {
        pair.CheckEcho("a question");
        pair.ServerSay(new string('x', 3000));
        pair.Run();
        Assert.Equal("a question" + new string('x', 3000), pair.ClientText);
        pair.Client.Close();
        pair.PumpClient();
        pair.Run();
        Assert.True(pair.Server.PeerClosed);
        Assert.Equal(TlsError.None, pair.Client.Error);
    }
}
