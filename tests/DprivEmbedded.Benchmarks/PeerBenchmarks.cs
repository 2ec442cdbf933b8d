using System.Collections.Generic;
using System.Linq;
using BenchmarkDotNet.Attributes;
using DprivEmbedded.Harness.Bench;

namespace DprivEmbedded.Benchmarks;

/// <summary>The rows of <c>dpriv bench</c> in BenchmarkDotNet: each peer with the same server, both ends in memory. The time is both ends' and the wall's; the client's own is what <c>dpriv bench</c> tells.</summary>
[MemoryDiagnoser]
public class PeerBenchmarks
{
    private BenchClient _connected = null!;
    private BenchClient _full = null!;
    private BenchClient? _resuming;

    [ParamsSource(nameof(Cases))]
    public string Case { get; set; } = "";

    /// <summary>Version and peer.</summary>
    public static IEnumerable<string> Cases => new[] { "tls13", "tls12", "dtls12" }.SelectMany(version => BenchPeers.For(version, false).Select(peer => version + " " + peer));

    [GlobalSetup]
    public void Make()
    {
        string[] parts = Case.Split(' ');
        _connected = BenchPeers.Create(parts[1], parts[0], false);
        _connected.Connect(false);
        _full = BenchPeers.Create(parts[1], parts[0], false);
        if (!BenchPeers.For(parts[0], true).Contains(parts[1]))
            return;

        _resuming = BenchPeers.Create(parts[1], parts[0], true);
        _resuming.Connect(false);
        _resuming.Close();
    }

    [Benchmark]
    public void Query() => _connected.Query();

    [Benchmark]
    public void Full()
    {
        _full.Connect(false);
        _full.Close();
    }

    [Benchmark]
    public void Resumed()
    {
        // BouncyCastle's client does not resume TLS 1.3: its row says not applicable.
        BenchClient client = _resuming ?? throw new System.NotSupportedException("this peer does not resume");
        client.Connect(true);
        client.Close();
    }
}
