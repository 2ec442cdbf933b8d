using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Dns;
using DprivEmbedded.Dtls;
using DprivEmbedded.Harness.Tests.Pair;
using DprivEmbedded.Harness.Tests.PairDtls;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Association;

/// <summary>A ServerAssociation, its driver and a server on links in virtual time. The driver does what a real one does, no more: it obeys commands and moves bytes.</summary>
internal abstract class AssociationRig : IConversationFactory, IPathFacts
{
    private const int MaxSteps = 200_000;

    private readonly byte[] _output = new byte[20_000];
    private readonly List<byte[]> _asked = [];
    private int _steps;

    protected AssociationRig(VirtualClock clock)
    {
        Clock = clock;
        Options = new AssociationOptions { SessionKey = "server", MaxQueries = 64 };
    }

    public VirtualClock Clock { get; }

    public AssociationOptions Options { get; }

    public SessionCache Cache { get; set; } = new(4, 4, 4096);

    public IAssociationPolicy Policy { get; set; } = new ThresholdPolicy();

    public ServerAssociation Core { get; private set; } = null!;

    /// <summary>Everything that the association told.</summary>
    public List<Happening> Events { get; } = [];

    /// <summary>What the driver was told to do.</summary>
    public List<(long Ms, int Command, int Path)> Commands { get; } = [];

    public List<int> Answered { get; } = [];

    public IEnumerable<Happening> Answers => Events.Where(e => e.Event == AssociationEvent.Answer);

    public IEnumerable<Happening> Failures => Events.Where(e => e.Event == AssociationEvent.QueryFailed);

    public Happening LastAnswer => Answers.Last();

    public int Opens => Commands.Count(c => c.Command == AssociationCommand.OpenPath);

    /// <summary>Whether IPathFacts is given to the association.</summary>
    public bool KnowsAcknowledgements { get; set; }

    /// <summary>Whether the driver has a path's acknowledgement.</summary>
    public Func<int, bool> Acknowledged { get; set; } = _ => false;

    protected abstract long NetworkDueMs { get; }

    public static byte[] Message(string name = "www.example")
    {
        byte[] buffer = new byte[512];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0, DnsName.Parse(name), DnsType.A, DnsClass.Internet, new EdnsOptions { TcpKeepalive = true });
        return buffer[..count];
    }

    public abstract DotSession CreateDot(int maxQueries, int maxQueryBytes);

    public abstract DodSession CreateDod(int maxQueries, int maxQueryBytes);

    public bool IsAcknowledged(int path) => Acknowledged(path);

    /// <summary>Makes the association, as a program that starts does.</summary>
    public void Start()
    {
        Core = new ServerAssociation(Options, this, Cache, Policy, Crypto, KnowsAcknowledgements ? this : null);
        Core.SetTimeOfDay(Clock.UtcMs, Clock.NowMs);
    }

    protected abstract Crypto.ICryptoProvider Crypto { get; }

    /// <summary>The client's primitives.</summary>
    public Crypto.ICryptoProvider Provider => Crypto;

    /// <summary>Gives what the client sent to the server at once, and takes what that sends.</summary>
    /// <returns>Number of bytes in <paramref name="wire"/>.</returns>
    public abstract int Exchange(int path, byte[] wire, int count, long nowMs);

    /// <summary>Asks, and lets the driver act.</summary>
    /// <returns>The question's number, counted from 0.</returns>
    public int Ask(string name = "www.example")
    {
        byte[] message = Message(name);
        int query = Core.Query(message, 0, message.Length, Clock.NowMs);
        Assert.True(query >= 0);
        _asked.Add(message);
        Questions[query] = _asked.Count - 1;
        Drive();
        return _asked.Count - 1;
    }

    /// <summary>Which question a slot holds.</summary>
    public Dictionary<int, int> Questions { get; } = [];

    /// <summary>Asks and runs until the answer is there.</summary>
    public Happening Lookup(string name = "www.example")
    {
        int before = Answers.Count();
        long end = Clock.NowMs + Options.QueryTimeoutMs + 1;
        Ask(name);
        while (Answers.Count() == before && !Failures.Any(f => f.Question == _asked.Count - 1) && Step(end))
        {
        }

        Assert.Equal(before + 1, Answers.Count());
        return LastAnswer;
    }

    /// <summary>Asks once, waits, and goes quiet: the association lives.</summary>
    public AssociationRig Connect()
    {
        if (Core == null)
            Start();

        Lookup();
        RunFor(1000);
        Assert.Equal(AssociationState.Quiet, Core!.State);
        return this;
    }

    /// <summary>Runs everything for a time.</summary>
    public void RunFor(long durationMs)
    {
        long end = Clock.NowMs + durationMs;
        while (Step(end))
        {
        }

        Clock.AdvanceTo(end);
    }

    /// <summary>The device sleeps: it hears nothing, and its memory survives.</summary>
    public void Sleep(long durationMs, bool keepsMemory = true)
    {
        Core.PrepareSleep(durationMs, keepsMemory, Clock.NowMs);
        Drive();
        long end = Clock.NowMs + durationMs;
        IsDeaf = true;
        while (NetworkDueMs <= end && NetworkDueMs != long.MaxValue)
        {
            Clock.AdvanceTo(NetworkDueMs);
            MoveNetwork();
            MoveServer();
        }

        Clock.AdvanceTo(end);
        IsDeaf = false;
        if (!keepsMemory)
            return;

        Core.Wake(Clock.NowMs);
        Drive();
    }

    /// <summary>Runs until every question is answered or failed, for 30 s at most.</summary>
    public void Finish()
    {
        long end = Clock.NowMs + 30_000;
        while (Questions.Count > 0 && Answered.Count + Failures.Count() < _asked.Count && Step(end))
        {
        }
    }

    /// <summary>Whether the client's radio is off.</summary>
    public virtual bool IsDeaf { get; protected set; }

    /// <summary>The device gets another address; what is sent to the old one is lost.</summary>
    public abstract void Roam();

    public bool Step(long endMs)
    {
        if (++_steps > MaxSteps)
            Assert.Fail("The association does not come to rest.");

        long due = Math.Min(NetworkDueMs, Core.WakeDueMs);
        if (due == long.MaxValue || due > endMs)
            return false;

        Clock.AdvanceTo(due);
        MoveNetwork();
        Core.HandleTimeout(Clock.NowMs);
        Drive();
        return true;
    }

    /// <summary>The driver's loop.</summary>
    public void Drive()
    {
        bool again = true;
        while (again)
        {
            again = false;
            int command;
            while ((command = Core.NextCommand()) != AssociationCommand.None)
            {
                again = true;
                int path = Core.CommandPath;
                Commands.Add((Clock.NowMs, command, path));
                if (command == AssociationCommand.ClosePath)
                {
                    Flush(path);
                    ClosePath(path);
                }
                else if (command == AssociationCommand.OpenPath)
                    OpenPath(path, Core.CommandFastOpen);
                else if (command == AssociationCommand.MovePath)
                    MovePath(path);
                else
                    ProbePath(path);
            }

            again |= Flush(0) | Flush(1);
            int happened;
            while ((happened = Core.NextEvent()) != AssociationEvent.None)
            {
                again = true;
                Note(happened);
            }
        }

        MoveServer();
    }

    protected abstract void OpenPath(int path, bool fastOpen);

    protected abstract void ClosePath(int path);

    protected abstract void MovePath(int path);

    protected abstract void ProbePath(int path);

    protected abstract void Send(int path, byte[] data, int count);

    protected abstract void MoveNetwork();

    protected abstract void MoveServer();

    private bool Flush(int path)
    {
        bool any = false;
        int count;
        while ((count = Core.Transmit(path, _output, 0, _output.Length)) > 0)
        {
            any = true;
            Send(path, _output, count);
        }

        return any;
    }

    private void Note(int happened)
    {
        bool ofQuery = happened is AssociationEvent.Answer or AssociationEvent.QueryFailed;
        int question = ofQuery ? Questions[Core.EventQuery] : -1;
        byte[] answer = happened == AssociationEvent.Answer ? Core.AnswerBuffer[Core.AnswerOffset..(Core.AnswerOffset + Core.AnswerCount)] : [];
        if (happened == AssociationEvent.Answer)
        {
            Answered.Add(question);
            Assert.True(new DnsMessageReader().Reset(answer, 0, answer.Length));
        }

        Events.Add(new Happening(Clock.NowMs, happened, Core.EventPath, question, Core.EventError, ofQuery ? Core.EventRoundTrips : 0, ofQuery ? Core.EventAttempts : 0, ofQuery ? Core.EventAction : 0, Core.EventWasEarly));
    }

    /// <summary>Each question was answered once, and none failed.</summary>
    public void AssertAllAnsweredOnce()
    {
        Assert.Empty(Failures);
        Assert.Equal(Enumerable.Range(0, _asked.Count), Answered.Order());
    }

    internal sealed record Happening(long Ms, int Event, int Path, int Question, int Error, int RoundTrips, int Attempts, int Action, bool Early);
}
