using BenchmarkDotNet.Attributes;
using DprivEmbedded.Dns;
using DprivEmbedded.Harness;

namespace DprivEmbedded.Benchmarks;

/// <summary>DNS messages: a query with EDNS(0), padded to 128; an answer with two aliases and two addresses, padded to 468.</summary>
[MemoryDiagnoser]
public class DnsBenchmarks
{
    private readonly byte[] _query = new byte[512];
    private readonly byte[] _answer = new byte[4096];
    private readonly DnsName _name = DnsName.Parse("shop.example");
    private readonly EdnsOptions _edns = new() { TcpKeepalive = true, ClientSubnetOptOut = true };
    private readonly DnsMessageReader _reader = new();
    private int _answerBytes;

    [GlobalSetup]
    public void Answer()
    {
        var zone = new ZoneResponder(DemoZone.Create());
        _answerBytes = zone.Respond(_query, 0, WriteQuery(), _answer, 0, _answer.Length, 30000);
    }

    [Benchmark]
    public int WriteQuery() => DnsQuery.Write(_query, 0, _query.Length, 1, _name, DnsType.A, DnsClass.Internet, _edns);

    /// <summary>In the caller's buffer, as a board does.</summary>
    [Benchmark]
    public int ReadAnswer()
    {
        _reader.Reset(_answer, 0, _answerBytes);
        int records = 0;
        while (_reader.Next())
            records++;

        return records;
    }

    /// <summary>Into objects, as applications on a desktop want it.</summary>
    [Benchmark]
    public DnsMessage? ParseAnswer() => DnsMessage.Parse(_answer, 0, _answerBytes);
}
