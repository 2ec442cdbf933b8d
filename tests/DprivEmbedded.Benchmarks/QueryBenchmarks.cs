using BenchmarkDotNet.Attributes;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Benchmarks;

/// <summary>A query and its answer on an established connection, both ends in memory: the time is the client's and the server's.</summary>
[MemoryDiagnoser]
public class QueryBenchmarks
{
    private Rig _rig = null!;

    [Params("1.2", "1.3")]
    public string Tls { get; set; } = "";

    [Params(Primitives.BouncyCastle, Primitives.System)]
    public Primitives Aead { get; set; }

    [GlobalSetup]
    public void Connect()
    {
        _rig = Versions.Make(Tls, Aead);
        _rig.Connect(resume: false);
    }

    [Benchmark]
    public void Query() => _rig.Query();
}
