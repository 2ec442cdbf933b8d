using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>Every alert, and every way to end a connection, at every point of every flow: a documented outcome each, and never a hang.</summary>
public class AlertTests
{
    public enum Ending
    {
        Fin,
        CloseNotify,
        Reset,
        Silence,
    }

    public static IEnumerable<TheoryDataRow<Flow, TlsStage>> Points()
    {
        return from flow in Enum.GetValues<Flow>()
               from stage in flow.Stages()
               select new TheoryDataRow<Flow, TlsStage>(flow, stage);
    }

    public static IEnumerable<TheoryDataRow<Flow, TlsStage, Ending>> Endings()
    {
        return from flow in Enum.GetValues<Flow>()
               from stage in flow.Stages()
               from ending in Enum.GetValues<Ending>()
               select new TheoryDataRow<Flow, TlsStage, Ending>(flow, stage, ending);
    }

    [Theory]
    [MemberData(nameof(Points))]
    public void EveryFatalAlert(Flow flow, TlsStage stage)
    {
        PairSetup setup = flow.Setup(out Func<TlsSession?> source);
        bool after = flow.IsAfterHandshake(stage);
        bool unknownVersion = stage == TlsStage.HelloRetryRequest || (stage == TlsStage.ServerHello && flow != Flow.Retry13);
        setup.Faults.At = stage;
        setup.Faults.Action = TlsFaultAction.Alert;
        setup.Greeting = "query";
        for (int alert = 0; alert < 256; alert++)
        {
            setup.Faults.Alert = alert;
            TlsPair pair = setup.Start(source());
            pair.RunToEnd();

            // user_canceled is no failure by itself in TLS 1.3; the end that follows is one.
            bool harmless = alert == AlertDescription.UserCanceled && flow.IsTls13() && !unknownVersion;
            int expected = TlsError.AlertReceived + alert;
            if (alert == AlertDescription.CloseNotify || harmless)
                expected = !after ? TlsError.ClosedInHandshake : harmless ? TlsError.Truncated : TlsError.None;

            Assert.Equal((alert, expected), (alert, pair.Client.Error));
            Assert.Equal((alert, -1), (alert, pair.Client.AlertSent));
            Assert.Equal(after && alert == AlertDescription.CloseNotify, pair.Client.IsPeerClosed);
            Assert.Equal("", pair.ClientText);
            Assert.Equal(expected == TlsError.None ? 0 : 1, pair.Count(TlsClientEvent.Failed));
        }
    }

    [Theory]
    [MemberData(nameof(Points))]
    public void EveryWarningAlert(Flow flow, TlsStage stage)
    {
        PairSetup setup = flow.Setup(out Func<TlsSession?> source);
        bool after = flow.IsAfterHandshake(stage);
        bool lenient = !flow.IsTls13() || stage == TlsStage.HelloRetryRequest || (stage == TlsStage.ServerHello && flow != Flow.Retry13);
        setup.Faults.At = stage;
        setup.Faults.Action = TlsFaultAction.WarningAlert;
        setup.Greeting = "query";
        for (int alert = 0; alert < 256; alert++)
        {
            setup.Faults.Alert = alert;
            TlsPair pair = setup.Start(source());
            pair.RunToEnd();
            if (alert == AlertDescription.CloseNotify)
            {
                Assert.Equal(after ? TlsError.None : TlsError.ClosedInHandshake, pair.Client.Error);
                Assert.Equal(after, pair.Client.IsPeerClosed);
                Assert.Equal("", pair.ClientText);
            }
            else if (lenient || alert == AlertDescription.UserCanceled)
            {
                Assert.Equal((alert, TlsError.None), (alert, pair.Client.Error));
                Assert.Equal("query", pair.ClientText);
            }
            else
                Assert.Equal((alert, TlsError.AlertReceived + alert), (alert, pair.Client.Error));
        }
    }

    [Theory]
    [MemberData(nameof(Endings))]
    public void EveryEnding(Flow flow, TlsStage stage, Ending ending)
    {
        PairSetup setup = flow.Setup(out Func<TlsSession?> source);
        bool after = flow.IsAfterHandshake(stage);
        setup.Faults.At = stage;
        setup.Faults.Action = ending switch
        {
            Ending.Fin => TlsFaultAction.Close,
            Ending.CloseNotify => TlsFaultAction.CloseWithNotify,
            Ending.Reset => TlsFaultAction.Reset,
            _ => TlsFaultAction.Silence,
        };
        setup.Greeting = "query";
        TlsPair pair = setup.Start(source());
        pair.RunToEnd();
        int expected = ending switch
        {
            Ending.Fin => after ? TlsError.Truncated : TlsError.ClosedInHandshake,
            Ending.CloseNotify => after ? TlsError.None : TlsError.ClosedInHandshake,
            Ending.Reset => TlsError.ConnectionReset,
            _ => after ? TlsError.None : TlsError.HandshakeTimeout,
        };
        Assert.Equal(TlsError.Describe(expected), TlsError.Describe(pair.Client.Error));
        Assert.Equal(expected == TlsError.HandshakeTimeout ? AlertDescription.UserCanceled : -1, pair.Client.AlertSent);
        Assert.Equal(after && ending == Ending.CloseNotify, pair.Client.IsPeerClosed);
        if (expected == TlsError.HandshakeTimeout)
            Assert.Equal(setup.Client.HandshakeTimeoutMs, pair.When(TlsClientEvent.Failed));
        else
            Assert.InRange(setup.Clock.NowMs - pair.StartedMs, 0, 100);
    }

    [Theory]
    [InlineData(Fragmentation.Whole)]
    [InlineData(Fragmentation.Bytes)]
    public void CutResetAndFinBetweenAnyTwoSteps(Fragmentation fragmentation)
    {
        foreach (Flow flow in Enum.GetValues<Flow>())
        {
            PairSetup setup = flow.Setup(out Func<TlsSession?> source);
            setup.Fragmentation = fragmentation;
            setup.Greeting = "query";
            for (int kind = 0; kind < 3; kind++)
            {
                for (int steps = 0; ; steps++)
                {
                    TlsPair pair = setup.Start(source());
                    bool more = true;
                    for (int i = 0; i < steps && more; i++)
                        more = pair.Step(false);

                    if (!more)
                        break;

                    bool connected = pair.Client.IsConnected;
                    if (kind == 0)
                        pair.Link.Cut();
                    else
                        pair.Link.Down.InjectReset();

                    if (kind == 2)
                        pair.Link.Up.Cut();

                    pair.RunToEnd();
                    int error = pair.Client.Error;
                    Assert.Equal(kind != 0 ? TlsError.ConnectionReset : connected ? TlsError.None : TlsError.HandshakeTimeout, error);
                }
            }
        }
    }

    [Fact]
    public void WithoutATimeoutNothingWakesTheClient()
    {
        PairSetup setup = new();
        setup.Client.HandshakeTimeoutMs = 0;
        TlsPair pair = setup.Start();
        pair.Link.Cut();
        Assert.Equal(long.MaxValue, pair.Client.WakeDueMs);
        pair.RunFor(1_000_000);
        Assert.Equal(TlsError.None, pair.Client.Error);
    }

    [Fact]
    public void ATimeoutThatIsCalledEarlyDoesNothing()
    {
        PairSetup setup = new();
        TlsPair pair = setup.Start();
        pair.Client.HandleTimeout(pair.Client.WakeDueMs - 1);
        Assert.Equal(TlsError.None, pair.Client.Error);
        pair.Run();
        pair.AssertConnected();
        pair.Client.HandleTimeout(long.MaxValue - 1);
        pair.AssertConnected();
    }

    [Fact]
    public void BothCloseInOrder()
    {
        foreach (Flow flow in Enum.GetValues<Flow>())
        {
            PairSetup setup = flow.Setup(out Func<TlsSession?> source);
            TlsPair pair = setup.Connect(source()).AssertConnected();
            pair.Server.Close();
            pair.PumpServer();
            pair.Run();
            Assert.True(pair.Client.IsPeerClosed);
            Assert.Equal(TlsError.None, pair.Client.Error);
            Assert.Equal(1, pair.Count(TlsClientEvent.PeerClosed));
            Assert.False(pair.Client.CanSend);

            pair = setup.Connect(source()).AssertConnected();
            pair.Client.Close();
            pair.Client.Close();
            pair.PumpClient();
            pair.Run();
            Assert.True(pair.Server.PeerClosed);
            Assert.False(pair.Client.CanSend);
            Assert.Equal(TlsError.None, pair.Client.Error);
        }
    }
}
