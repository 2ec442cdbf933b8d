using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>A server that breaks one rule: its own error each, and the alert that the RFC demands.</summary>
public class FaultTests
{
    private static readonly Dictionary<string, Action<PairSetup>> s_faults = new()
    {
        ["wrong version 0x0305"] = s => s.Faults.WrongVersion = 0x0305,
        ["wrong version 0x0303"] = s => s.Faults.WrongVersion = 0x0303,
        ["wrong version 0x0302"] = s => s.Faults.WrongVersion = 0x0302,
        ["suite that was not offered"] = s => s.Faults.WrongCipherSuite = 0x1302,
        ["suite of the other version"] = s => s.Faults.WrongCipherSuite = s.Server.Tls13 ? CipherSuite.EcdheEcdsaAes128GcmSha256 : CipherSuite.Aes128GcmSha256,
        ["suite that does not fit the key"] = s => s.Faults.WrongCipherSuite = CipherSuite.EcdheRsaAes128GcmSha256,
        ["group that was not offered"] = s => s.Faults.WrongGroup = 24,
        ["group of no share"] = s => s.Faults.WrongGroup = NamedGroup.Secp256r1,
        ["invalid X25519 share"] = s => s.Faults.BadKeyShare = true,
        ["invalid P-256 share"] = s => (s.Faults.BadKeyShare, s.Client.Groups) = (true, [NamedGroup.Secp256r1]),
        ["wrong signature"] = s => s.Faults.BadSignature = true,
        ["wrong Finished"] = s => s.Faults.WrongFinished = true,
        ["another session id"] = s => s.Faults.WrongSessionIdEcho = true,
        ["another application protocol"] = s => s.Faults.WrongApplicationProtocol = "xyz",
        ["application protocol of the same length"] = s => s.Faults.WrongApplicationProtocol = "doT",
        ["application protocol unasked"] = s => (s.Faults.WrongApplicationProtocol, s.Client.ApplicationProtocol) = ("dot", null),
        ["no extended master secret"] = s => s.Faults.NoExtendedMasterSecret = true,
        ["no secure renegotiation"] = s => s.Faults.NoRenegotiationInfo = true,
        ["extension twice in ServerHello"] = s => (s.Faults.ExtensionsAt, s.Faults.DuplicateExtension) = (TlsStage.ServerHello, true),
        ["extension twice in EncryptedExtensions"] = s => (s.Faults.ExtensionsAt, s.Faults.DuplicateExtension) = (TlsStage.EncryptedExtensions, true),
        ["extension twice in NewSessionTicket"] = s => (s.Faults.ExtensionsAt, s.Faults.DuplicateExtension, s.Server.EarlyData) = (TlsStage.NewSessionTicket, true, EarlyDataMode.Accept),
        ["unknown extension in ServerHello"] = s => (s.Faults.ExtensionsAt, s.Faults.UnsolicitedExtension) = (TlsStage.ServerHello, 0x1234),
        ["known extension in ServerHello"] = s => (s.Faults.ExtensionsAt, s.Faults.UnsolicitedExtension) = (TlsStage.ServerHello, ExtensionType.EarlyData),
        ["unknown extension in EncryptedExtensions"] = s => (s.Faults.ExtensionsAt, s.Faults.UnsolicitedExtension) = (TlsStage.EncryptedExtensions, 0x1234),
        ["key_share in EncryptedExtensions"] = s => (s.Faults.ExtensionsAt, s.Faults.UnsolicitedExtension) = (TlsStage.EncryptedExtensions, ExtensionType.KeyShare),
        ["server_name unasked"] = s => (s.Client.ServerName, s.Faults.ExtensionsAt, s.Faults.UnsolicitedExtension) = (null, s.Server.Tls13 ? TlsStage.EncryptedExtensions : TlsStage.ServerHello, ExtensionType.ServerName),
        ["extension in Certificate"] = s => (s.Faults.ExtensionsAt, s.Faults.UnsolicitedExtension) = (TlsStage.Certificate, 5),
        ["unknown extension in NewSessionTicket"] = s => (s.Faults.ExtensionsAt, s.Faults.UnsolicitedExtension) = (TlsStage.NewSessionTicket, 0x1234),
        ["refused binder"] = s => s.Faults.RejectBinder = true,
        ["pre_shared_key unasked"] = s => s.Faults.PretendPsk = true,
        ["selected identity 7"] = s => s.Faults.SelectedIdentity = 7,
        ["unknown name"] = s => s.Server.ServerNames = ["else.example"],
        ["no common suite"] = s => s.Server.CipherSuites = [],
        ["no common group"] = s => s.Server.Groups = [],
        ["no application protocol in common"] = s => s.Server.ApplicationProtocols = ["h2"],
        ["wrong pin"] = s => s.Server.Credentials = [PairKeys.Rsa],
        ["no version in common"] = s => (s.Server.Tls12, s.Server.Tls13) = (!s.Server.Tls12, !s.Server.Tls13),
    };

    public static TheoryData<Flow, string, int> Rows()
    {
        return new TheoryData<Flow, string, int>
        {
            { Flow.Full13, "wrong version 0x0305", TlsError.IllegalParameter },
            { Flow.Full13, "wrong version 0x0303", TlsError.IllegalParameter },
            { Flow.Full13, "suite that was not offered", TlsError.BadCipherSuite },
            { Flow.Full13, "suite of the other version", TlsError.BadCipherSuite },
            { Flow.Full13, "group that was not offered", TlsError.IllegalParameter },
            { Flow.Full13, "group of no share", TlsError.IllegalParameter },
            { Flow.Full13, "invalid X25519 share", TlsError.BadKeyShare },
            { Flow.Full13, "invalid P-256 share", TlsError.BadKeyShare },
            { Flow.Full13, "wrong signature", TlsError.BadSignature },
            { Flow.Full13, "wrong Finished", TlsError.BadFinished },
            { Flow.Full13, "another session id", TlsError.IllegalParameter },
            { Flow.Full13, "another application protocol", TlsError.BadApplicationProtocol },
            { Flow.Full13, "application protocol of the same length", TlsError.BadApplicationProtocol },
            { Flow.Full13, "application protocol unasked", TlsError.UnsolicitedExtension },
            { Flow.Full13, "extension twice in ServerHello", TlsError.DuplicateExtension },
            { Flow.Full13, "extension twice in EncryptedExtensions", TlsError.DuplicateExtension },
            { Flow.Full13, "extension twice in NewSessionTicket", TlsError.DuplicateExtension },
            { Flow.Full13, "unknown extension in ServerHello", TlsError.UnsolicitedExtension },
            { Flow.Full13, "known extension in ServerHello", TlsError.UnsolicitedExtension },
            { Flow.Full13, "unknown extension in EncryptedExtensions", TlsError.UnsolicitedExtension },
            { Flow.Full13, "key_share in EncryptedExtensions", TlsError.UnsolicitedExtension },
            { Flow.Full13, "server_name unasked", TlsError.UnsolicitedExtension },
            { Flow.Full13, "extension in Certificate", TlsError.UnsolicitedExtension },
            { Flow.Full13, "unknown extension in NewSessionTicket", TlsError.None },
            { Flow.Full13, "pre_shared_key unasked", TlsError.UnsolicitedExtension },
            { Flow.Full13, "unknown name", TlsError.AlertReceived + AlertDescription.UnrecognizedName },
            { Flow.Full13, "no common suite", TlsError.AlertReceived + AlertDescription.HandshakeFailure },
            { Flow.Full13, "no common group", TlsError.AlertReceived + AlertDescription.HandshakeFailure },
            { Flow.Full13, "no application protocol in common", TlsError.AlertReceived + AlertDescription.NoApplicationProtocol },
            { Flow.Full13, "no version in common", TlsError.AlertReceived + AlertDescription.ProtocolVersion },
            { Flow.Full13, "wrong pin", TlsError.PinMismatch },
            { Flow.Resumed13, "wrong Finished", TlsError.BadFinished },
            { Flow.Resumed13, "refused binder", TlsError.AlertReceived + AlertDescription.DecryptError },
            { Flow.Resumed13, "selected identity 7", TlsError.IllegalParameter },
            { Flow.Resumed13, "invalid X25519 share", TlsError.BadKeyShare },
            { Flow.Full12, "wrong version 0x0302", TlsError.UnsupportedVersion },
            { Flow.Full12, "wrong version 0x0305", TlsError.UnsupportedVersion },
            { Flow.Full12, "suite that was not offered", TlsError.BadCipherSuite },
            { Flow.Full12, "suite of the other version", TlsError.BadCipherSuite },
            { Flow.Full12, "suite that does not fit the key", TlsError.IllegalParameter },
            { Flow.Full12, "group that was not offered", TlsError.IllegalParameter },
            { Flow.Full12, "group of no share", TlsError.BadKeyShare },
            { Flow.Full12, "invalid X25519 share", TlsError.BadKeyShare },
            { Flow.Full12, "invalid P-256 share", TlsError.BadKeyShare },
            { Flow.Full12, "wrong signature", TlsError.BadSignature },
            { Flow.Full12, "wrong Finished", TlsError.BadFinished },
            { Flow.Full12, "another application protocol", TlsError.BadApplicationProtocol },
            { Flow.Full12, "application protocol unasked", TlsError.UnsolicitedExtension },
            { Flow.Full12, "no extended master secret", TlsError.InsecureServer },
            { Flow.Full12, "no secure renegotiation", TlsError.InsecureServer },
            { Flow.Full12, "extension twice in ServerHello", TlsError.DuplicateExtension },
            { Flow.Full12, "unknown extension in ServerHello", TlsError.UnsolicitedExtension },
            { Flow.Full12, "known extension in ServerHello", TlsError.UnsolicitedExtension },
            { Flow.Full12, "server_name unasked", TlsError.UnsolicitedExtension },
            { Flow.Full12, "unknown name", TlsError.AlertReceived + AlertDescription.UnrecognizedName },
            { Flow.Full12, "no common suite", TlsError.AlertReceived + AlertDescription.HandshakeFailure },
            { Flow.Full12, "no version in common", TlsError.AlertReceived + AlertDescription.ProtocolVersion },
            { Flow.Full12, "wrong pin", TlsError.PinMismatch },
            { Flow.TicketResumed12, "wrong Finished", TlsError.BadFinished },
            { Flow.TicketResumed12, "suite of the other version", TlsError.BadCipherSuite },
            { Flow.IdResumed12, "wrong Finished", TlsError.BadFinished },
            { Flow.IdResumed12, "another session id", TlsError.UnexpectedMessage },
            { Flow.Psk12, "wrong Finished", TlsError.BadFinished },
        };
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Fault(Flow flow, string fault, int error)
    {
        PairSetup setup = flow.Setup(out Func<TlsSession?> source);
        TlsSession? session = source();
        setup.Server.RequestClientCertificate = false;
        s_faults[fault](setup);
        TlsPair pair = setup.Start(session);
        pair.RunToEnd();
        Check(pair, error);
    }

    public static TheoryData<Flow, TlsStage, TlsFaultAction, int, int> Actions()
    {
        TheoryData<Flow, TlsStage, TlsFaultAction, int, int> rows = [];
        foreach (Flow flow in Enum.GetValues<Flow>())
        {
            foreach (TlsStage stage in flow.Stages())
            {
                bool plain = flow.IsTls13() ? stage is TlsStage.ServerHello or TlsStage.HelloRetryRequest : stage < TlsStage.Finished;
                bool first = stage == TlsStage.HelloRetryRequest || (stage == TlsStage.ServerHello && flow != Flow.Retry13);
                bool data = stage == TlsStage.ApplicationData;
                int strange = first ? TlsError.NotTls : TlsError.BadRecordHeader;
                rows.Add(flow, stage, TlsFaultAction.OversizeRecord, 1, TlsError.RecordOverflow);
                rows.Add(flow, stage, TlsFaultAction.Garbage, 64, strange);
                rows.Add(flow, stage, TlsFaultAction.CorruptRecord, 1, plain ? strange : TlsError.BadRecordMac);
                rows.Add(flow, stage, TlsFaultAction.UnexpectedMessage, 1, TlsError.UnexpectedMessage);
                rows.Add(flow, stage, TlsFaultAction.EmptyRecords, 1, data ? TlsError.None : TlsError.UnexpectedMessage);
                if (data)
                {
                    rows.Add(flow, stage, TlsFaultAction.EmptyRecords, 32, TlsError.None);
                    rows.Add(flow, stage, TlsFaultAction.EmptyRecords, 33, TlsError.Flood);
                }

                if (!data && stage != TlsStage.ChangeCipherSpec)
                    rows.Add(flow, stage, TlsFaultAction.TrailingByte, 1, TlsError.DecodeError);

                rows.Add(flow, stage, TlsFaultAction.Omit, 1, Omitted(flow, stage));
                rows.Add(flow, stage, TlsFaultAction.Repeat, 1, Repeated(flow, stage));
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public void Action(Flow flow, TlsStage stage, TlsFaultAction action, int count, int error)
    {
        PairSetup setup = flow.Setup(out Func<TlsSession?> source);
        TlsSession? session = source();
        setup.Faults.At = stage;
        setup.Faults.Action = action;
        setup.Faults.Count = count;
        TlsPair pair = setup.Start(session);
        pair.RunToEnd();
        if (stage == TlsStage.ApplicationData)
        {
            pair.AssertConnected();
            pair.ServerSay("data");
            pair.RunToEnd();
        }

        Check(pair, error);
        if (error == TlsError.None && stage == TlsStage.ApplicationData)
            Assert.Equal(action == TlsFaultAction.Omit ? "" : action == TlsFaultAction.Repeat ? "datadata" : "data", pair.ClientText);
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, true)]
    public void TheDowngradeSentinel(bool sentinel, bool clientIsOf12Only, bool connects)
    {
        PairSetup setup = new();
        if (clientIsOf12Only)
            setup.Client.MaxVersion = ProtocolVersion.Tls12;
        else
            setup.Server.Tls13 = false;

        setup.Faults.ForceDowngradeSentinel = sentinel;
        TlsPair pair = setup.Connect();
        if (connects)
            pair.AssertConnected();
        else
            pair.AssertFailed(TlsError.DowngradeDetected);
    }

    private static int Omitted(Flow flow, TlsStage stage)
    {
        return stage switch
        {
            TlsStage.HelloRetryRequest or TlsStage.ServerHelloDone => TlsError.HandshakeTimeout,
            TlsStage.Finished => TlsError.HandshakeTimeout,
            // The server waits for the answer to what it did not ask.
            TlsStage.CertificateRequest => TlsError.AlertReceived + AlertDescription.UnexpectedMessage,
            TlsStage.ApplicationData => TlsError.None,
            TlsStage.NewSessionTicket when flow.IsTls13() => TlsError.None,
            _ => TlsError.UnexpectedMessage,
        };
    }

    private static int Repeated(Flow flow, TlsStage stage)
    {
        return stage switch
        {
            TlsStage.ApplicationData => TlsError.None,
            TlsStage.NewSessionTicket when flow.IsTls13() => TlsError.None,
            TlsStage.ChangeCipherSpec => TlsError.BadRecordMac,
            _ => TlsError.UnexpectedMessage,
        };
    }

    private static void Check(TlsPair pair, int error)
    {
        if (error == TlsError.None)
        {
            pair.AssertConnected();
            return;
        }

        pair.AssertFailed(error);

        // A server whose keys or transcript went astray by its fault cannot read the alert any more.
        if (pair.Server.Error == TlsError.AlertReceived + pair.Server.AlertReceived)
            Assert.Equal(pair.Client.AlertSent, pair.Server.AlertReceived);
        else
            Assert.NotEqual(TlsError.None, pair.Server.Error);
    }
}
