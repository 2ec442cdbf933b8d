using System;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>The flows that the tests of faults go through.</summary>
public enum Flow
{
    Full13,
    Resumed13,
    Retry13,
    Full12,
    TicketResumed12,
    IdResumed12,
    Psk12,
}

internal static class Flows
{
    public static bool IsTls13(this Flow flow) => flow <= Flow.Retry13;

    /// <summary>The messages of the server, in their order, as points where something can go wrong.</summary>
    public static TlsStage[] Stages(this Flow flow)
    {
        return flow switch
        {
            Flow.Full13 => [TlsStage.ServerHello, TlsStage.EncryptedExtensions, TlsStage.CertificateRequest, TlsStage.Certificate, TlsStage.CertificateVerify, TlsStage.Finished, TlsStage.NewSessionTicket, TlsStage.ApplicationData],
            Flow.Resumed13 => [TlsStage.ServerHello, TlsStage.EncryptedExtensions, TlsStage.Finished, TlsStage.NewSessionTicket, TlsStage.ApplicationData],
            Flow.Retry13 => [TlsStage.HelloRetryRequest, TlsStage.ServerHello, TlsStage.EncryptedExtensions],
            Flow.Full12 => [TlsStage.ServerHello, TlsStage.Certificate, TlsStage.ServerKeyExchange, TlsStage.CertificateRequest, TlsStage.ServerHelloDone, TlsStage.NewSessionTicket, TlsStage.ChangeCipherSpec, TlsStage.Finished, TlsStage.ApplicationData],
            Flow.TicketResumed12 => [TlsStage.ServerHello, TlsStage.NewSessionTicket, TlsStage.ChangeCipherSpec, TlsStage.Finished, TlsStage.ApplicationData],
            Flow.IdResumed12 => [TlsStage.ServerHello, TlsStage.ChangeCipherSpec, TlsStage.Finished, TlsStage.ApplicationData],
            _ => [TlsStage.ServerHello, TlsStage.ServerHelloDone, TlsStage.NewSessionTicket, TlsStage.ChangeCipherSpec, TlsStage.Finished, TlsStage.ApplicationData],
        };
    }

    /// <summary>Whether the client's handshake is over when the stage's message is due.</summary>
    public static bool IsAfterHandshake(this Flow flow, TlsStage stage)
    {
        return stage == TlsStage.ApplicationData || (flow.IsTls13() && stage == TlsStage.NewSessionTicket);
    }

    /// <summary>Makes what the flow needs. <paramref name="source"/> gives sessions to the flows that resume, a new one at each call.</summary>
    public static PairSetup Setup(this Flow flow, out Func<TlsSession?> source)
    {
        PairSetup setup = new PairSetup(1 + (int)flow).WithVersion(flow.IsTls13() ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12);
        source = () => null;
        setup.Server.RequestClientCertificate = true;
        switch (flow)
        {
            case Flow.Retry13:
                setup.Server.HelloRetry = HelloRetryMode.Cookie;
                break;
            case Flow.Psk12:
                setup.WithPsk().Client.CipherSuites = [CipherSuite.PskAes128Ccm8];
                break;
            case Flow.Resumed13:
            case Flow.TicketResumed12:
            case Flow.IdResumed12:
                setup.Server.Tickets = flow != Flow.IdResumed12;
                setup.Server.RenewTickets = true;
                source = () => Sound(setup);
                break;
        }

        return setup;
    }

    private static TlsSession Sound(PairSetup setup)
    {
        TlsServerFaults faults = setup.Server.Faults;
        var rewrite = setup.RewriteDown;
        setup.Server.Faults = new TlsServerFaults();
        setup.RewriteDown = null;
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        setup.Server.Faults = faults;
        setup.RewriteDown = rewrite;
        return session;
    }
}
