using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Dtls;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>A simulated device whose association talks to the DNS server of a DnsNetRig; every question and answer is kept.</summary>
internal sealed class DeviceRig : IConversationFactory
{
    private readonly Dictionary<int, int> _questions = [];
    private readonly SessionCache _cache = new(4, 4, 4096);
    private int _asked;

    public DeviceRig(DnsNetRig dns, int transport, IAssociationPolicy? policy = null, Action<AssociationOptions>? configure = null)
    {
        Dns = dns;
        Options = new AssociationOptions { Transport = transport, SessionKey = "server", MaxQueries = 64 };
        configure?.Invoke(Options);
        Policy = policy ?? new ThresholdPolicy();
        Ipv4EndPoint service = transport == AssociationTransport.Dot ? dns.Dot.EndPoint : dns.Dod.EndPoint;
        Device = new SimulatedDevice(dns.Net.Client, service, transport, Make) { Happened = Note };
        Device.Commanded = (command, path) => Commands.Add((command, path));
    }

    public DnsNetRig Dns { get; }

    public SimulatedNetwork Network => Dns.Network;

    public SimulatedDevice Device { get; }

    public ServerAssociation Core => Device.Association;

    public AssociationOptions Options { get; }

    public IAssociationPolicy Policy { get; }

    public List<int> Events { get; } = [];

    public List<(int Command, int Path)> Commands { get; } = [];

    /// <summary>The questions that were answered, in the order of their answers.</summary>
    public List<int> Answered { get; } = [];

    public List<int> Failed { get; } = [];

    public int LastRoundTrips { get; private set; }

    public int Opens => Commands.Count(c => c.Command == AssociationCommand.OpenPath);

    public DotSession CreateDot(int maxQueries, int maxQueryBytes)
    {
        TlsClient tls = new(Dns.Tls, Dns.ClientCrypto, new byte[TlsClient.FullReceiveBufferBytes], new byte[8192]);
        DotSessionOptions options = new() { MaxQueries = maxQueries, MaxQueryBytes = maxQueryBytes, IdleTimeoutMs = 100_000_000, MaxIdleTimeoutMs = 100_000_000 };
        return new DotSession(options, tls, Dns.ClientCrypto, new byte[65535]);
    }

    public DodSession CreateDod(int maxQueries, int maxQueryBytes)
    {
        return new DodSession(new DodSessionOptions { MaxQueries = maxQueries, MaxQueryBytes = maxQueryBytes }, new DtlsClient(Dns.Dtls, Dns.ClientCrypto, new byte[4096], new byte[2048], new byte[2048]), Dns.ClientCrypto);
    }

    public ServerAssociation Make(IPathFacts paths)
    {
        return new ServerAssociation(Options, this, _cache, Policy, Dns.ClientCrypto, paths);
    }

    public int Ask()
    {
        int question = _asked++;
        int query = Device.Association.Query(DotNetClient.Message("www.example"), 0, DotNetClient.Message("www.example").Length, Network.NowMs);
        Assert.True(query >= 0);
        _questions[query] = question;
        Device.Drive();
        return question;
    }

    /// <summary>Asks and runs until the answer is there.</summary>
    /// <returns>How long it took, in milliseconds.</returns>
    public long Lookup()
    {
        long start = Network.NowMs;
        int question = Ask();
        Assert.True(Network.RunUntil(() => Answered.Contains(question) || Failed.Contains(question), 120_000));
        Assert.Contains(question, Answered);
        return Network.NowMs - start;
    }

    /// <summary>Asks, and goes quiet.</summary>
    public DeviceRig Connect()
    {
        Lookup();
        Network.RunFor(2000);
        return this;
    }

    public void AssertAllAnsweredOnce()
    {
        Assert.Empty(Failed);
        Assert.Equal(Enumerable.Range(0, _asked), Answered.Order());
    }

    private void Note(int happened)
    {
        Events.Add(happened);
        if (happened == AssociationEvent.Answer)
        {
            Answered.Add(_questions[Core.EventQuery]);
            LastRoundTrips = Core.EventRoundTrips;
        }

        if (happened == AssociationEvent.QueryFailed)
            Failed.Add(_questions[Core.EventQuery]);
    }
}
