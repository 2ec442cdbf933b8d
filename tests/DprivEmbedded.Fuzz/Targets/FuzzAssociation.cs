using System;
using System.Collections.Generic;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dns;
using DprivEmbedded.Dtls;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Fuzz;

/// <summary>An association whose configuration two bytes choose, with a driver that opens and closes its paths at once. Counts that each query is reported once.</summary>
internal sealed class FuzzAssociation : IConversationFactory
{
    // The calls that one input may cause; a circle shows here.
    private const int MaxSteps = 4096;
    private const int MaxQueries = 4;

    private static readonly byte[] s_query = MakeQuery();
    private readonly ICryptoProvider _crypto = new NullCryptoProvider(1);
    private readonly bool _datagram;
    private readonly bool _refuses;
    private readonly byte[] _wire = new byte[4096];
    private readonly byte[] _input = new byte[8192];
    private readonly bool[] _asked = new bool[MaxQueries];
    private long _nowMs = 1000;

    public FuzzAssociation(int first, int second)
    {
        _datagram = (first & 1) != 0;
        _refuses = (first & 2) != 0;
        SessionCache cache = new(2, 2, 1024);
        if ((first & 4) != 0)
        {
            TlsSession session = TlsFuzzClient.MakeSession(!_datagram, (first & 8) != 0);
            session.Version = _datagram ? ProtocolVersion.Dtls12 : ProtocolVersion.Tls13;
            session.ApplicationProtocol = _datagram ? null : "dot";
            cache.Put("server", session);
        }

        AssociationOptions options = new()
        {
            Transport = _datagram ? AssociationTransport.Dodtls : AssociationTransport.Dot,
            SessionKey = "server",
            MaxQueries = MaxQueries,
            MaxQueryBytes = 128,
            MaxPaths = (first & 0x10) != 0 ? 1 : 2,
            FastOpen = (first & 0x20) != 0,
            Keepalive = (first & 0x40) != 0,
            SignalBudgetPerHour = (first & 0x80) != 0 ? 1 : 12,
            FailFast = (second & 1) != 0,
        };
        ThresholdPolicy policy = new()
        {
            ReuseUpToMs = (second & 2) != 0 ? 1000 : long.MaxValue,
            HedgeUpToMs = (second & 4) != 0 ? 5000 : 0,
            Resume = (second & 8) == 0,
            ProbeAfterMs = (second & 0x10) != 0 ? 3000 : 0,
            CloseAfterMs = 20_000,
        };
        Association = new ServerAssociation(options, this, cache, policy, _crypto, null!);
        Association.SetTimeOfDay(1_750_000_000_000, _nowMs);
    }

    public ServerAssociation Association { get; }

    public long NowMs => _nowMs;

    public int Answers { get; private set; }

    /// <summary>The path that a server's bytes go to: the one that was opened last.</summary>
    public int Target { get; set; }

    /// <summary>Called with what a path sends; null discards it.</summary>
    public Action<int, byte[]>? OnSend { get; init; }

    /// <summary>Called with each path that is opened.</summary>
    public Action<int>? OnOpen { get; init; }

    public DotSession CreateDot(int maxQueries, int maxQueryBytes)
    {
        TlsClientOptions options = new() { ServerName = TlsFuzzClient.Name, Verifier = new SpkiPinVerifier([new byte[32]], _crypto.CreateSha256()), EarlyData = true };
        TlsClient tls = new(options, _crypto, new byte[4096], new byte[2048]);
        return new DotSession(new DotSessionOptions { MaxQueries = maxQueries, MaxQueryBytes = maxQueryBytes }, tls, _crypto, new byte[1024]);
    }

    public DodSession CreateDod(int maxQueries, int maxQueryBytes)
    {
        DtlsClientOptions options = new() { ServerName = TlsFuzzClient.Name, ApplicationProtocol = null!, Verifier = new SpkiPinVerifier([new byte[32]], _crypto.CreateSha256()), ConnectionId = [] };
        DtlsClient dtls = new(options, _crypto, new byte[2048], new byte[1024], new byte[1024]);
        return new DodSession(new DodSessionOptions { MaxQueries = maxQueries, MaxQueryBytes = maxQueryBytes }, dtls, _crypto);
    }

    public void Ask()
    {
        int query = Association.Query(s_query, 0, s_query.Length, _nowMs);
        if (query < 0)
        {
            FuzzFailure.Unless(Array.TrueForAll(_asked, a => a), "A query was refused although there is room.");
            return;
        }

        FuzzFailure.Unless(!_asked[query], "A number was given out twice.");
        _asked[query] = true;
        Drain();
    }

    public void Cancel(int query)
    {
        Association.Cancel(query, _nowMs);
        _asked[query] = false;
        Drain();
    }

    public void Give(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(bytes.Length, _input.Length);
        bytes[..count].CopyTo(_input);
        int at = 0;
        int steps = 0;
        do
        {
            FuzzFailure.Unless(++steps <= MaxSteps + 2 * count, "Bytes are not taken.");
            int taken = Association.Receive(Target, _input, at, count - at, _nowMs);
            FuzzFailure.Unless(taken >= 0 && taken <= count - at, "More bytes were taken than there were.");
            at += taken;
            Drain();
        }
        while (at < count && !_datagram);
    }

    public void Pass(long ms)
    {
        _nowMs += ms;
        Association.HandleTimeout(_nowMs);
        Drain();
    }

    public void RunOut()
    {
        for (int i = 0; Association.WakeDueMs != long.MaxValue; i++)
        {
            if (i >= 2000)
            {
                ServerAssociation a = Association;
                throw new FuzzFailure("Timeouts without end: state " + a.State + ", main path " + a.MainPath + ", due in " + (a.WakeDueMs - _nowMs) + " ms, probe " + a.LastProbeKind + ", recoveries by silence " + a.SilenceRecoveries + ", by signal " + a.SignalRecoveries + ".");
            }

            Pass(Math.Max(0, Association.WakeDueMs - _nowMs));
        }

        FuzzFailure.Unless(Array.TrueForAll(_asked, a => !a), "A query was never reported.");
    }

    public void Drain()
    {
        int steps = 0;
        bool again = true;
        while (again)
        {
            again = false;
            int command;
            while ((command = Association.NextCommand()) != AssociationCommand.None)
            {
                FuzzFailure.Unless(++steps <= MaxSteps, "Commands without end.");
                again = true;
                Do(command, Association.CommandPath);
            }

            for (int path = 0; path < 2; path++)
            {
                int count;
                while ((count = Association.Transmit(path, _wire, 0, _wire.Length)) > 0)
                {
                    FuzzFailure.Unless(++steps <= MaxSteps, "Sends without end.");
                    OnSend?.Invoke(path, _wire[..count]);
                    again = true;
                }
            }

            int happened;
            while ((happened = Association.NextEvent()) != AssociationEvent.None)
            {
                FuzzFailure.Unless(++steps <= MaxSteps, "Events without end.");
                again = true;
                Note(happened);
            }
        }
    }

    private void Do(int command, int path)
    {
        if (command != AssociationCommand.OpenPath)
            return;

        Target = path;
        OnOpen?.Invoke(path);
        if (_refuses && (_nowMs & 1) == 0)
            Association.PathClosed(path, true, _nowMs);
        else
            Association.PathOpened(path, _nowMs);
    }

    private void Note(int happened)
    {
        if (happened is not (AssociationEvent.Answer or AssociationEvent.QueryFailed))
            return;

        int query = Association.EventQuery;
        FuzzFailure.Unless(query is >= 0 and < MaxQueries && _asked[query], "A query was reported that was not asked, or twice.");
        _asked[query] = false;
        if (happened != AssociationEvent.Answer)
            return;

        Answers++;
        FuzzFailure.Unless(DnsMessage.Parse(Association.AnswerBuffer, Association.AnswerOffset, Association.AnswerCount) != null, "An answer that does not parse.");
    }

    private static byte[] MakeQuery()
    {
        byte[] buffer = new byte[128];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0, DnsName.Parse("www.example"), DnsType.A, DnsClass.Internet, new EdnsOptions { PaddingBlockBytes = 0 });
        return buffer[..count];
    }
}
