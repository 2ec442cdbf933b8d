using System;
using BenchmarkDotNet.Attributes;

namespace DprivEmbedded.Benchmarks;

/// <summary>A connection from the ClientHello to the first answer and its close, both ends in memory. X25519, an ECDSA P-256 certificate, authenticated by pin.</summary>
[MemoryDiagnoser]
public class HandshakeBenchmarks
{
    private Rig _rig = null!;

    [Params("1.2", "1.3")]
    public string Tls { get; set; } = "";

    [GlobalSetup]
    public void Make()
    {
        _rig = Versions.Make(Tls, Primitives.BouncyCastle);
        Full();
    }

    [Benchmark]
    public void Full() => Connect(resume: false);

    [Benchmark]
    public void Resumed() => Connect(resume: true);

    private void Connect(bool resume)
    {
        if (_rig.Connect(resume) != resume)
            throw new InvalidOperationException(resume ? "not resumed" : "resumed");

        _rig.Close();
    }
}
