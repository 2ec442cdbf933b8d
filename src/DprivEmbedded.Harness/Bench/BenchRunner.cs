using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.CompilerServices;

namespace DprivEmbedded.Harness.Bench;

/// <summary>Measures this library and others side by side: in each round one batch of each peer, and of all rounds the median.</summary>
public sealed class BenchRunner
{
    private const int Associations = 1000;
    private static readonly string[] s_versions = ["tls13", "tls12", "dtls12"];

    private readonly bool _quick;
    private readonly IReadOnlyList<string> _self;
    private readonly List<BenchRow> _rows = [];

    /// <summary>Makes one.</summary>
    /// <param name="quick">A run of seconds, whose counts are good and whose times are not.</param>
    /// <param name="self">The command <c>dpriv</c> with its first arguments, for <c>startup</c>; empty where it is not at hand.</param>
    public BenchRunner(bool quick, IReadOnlyList<string> self)
    {
        _quick = quick;
        _self = self;
    }

    /// <summary>All rows.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. s_versions.Select(v => "query-" + v), .. s_versions.Select(v => "full-" + v), .. s_versions.Select(v => "resumed-" + v), "heap", "startup"];

    /// <summary>Measures.</summary>
    /// <param name="names">Rows, of <see cref="Names"/>.</param>
    /// <param name="progress">Hears the name of each row before it is measured.</param>
    public BenchReport Run(IReadOnlyList<string> names, Action<string> progress)
    {
        foreach (string name in names)
        {
            progress(name);
            int first = _rows.Count;
            if (name == "heap")
                MeasureHeap();
            else if (name == "startup")
                _rows.AddRange(BenchPrograms.Measure(_self, _quick ? 1 : 9));
            else
                Measure(name, name[..name.IndexOf('-', StringComparison.Ordinal)], name[(name.IndexOf('-', StringComparison.Ordinal) + 1)..]);

            Compare(_rows.Skip(first).ToList());
        }

        return new BenchReport(_quick, _rows, BenchTargets.Of(_rows));
    }

    private static void Compare(List<BenchRow> rows)
    {
        foreach (IGrouping<string, BenchRow> same in rows.GroupBy(row => row.Name))
        {
            double? own = same.FirstOrDefault(row => row.Peer == BenchPeers.Own)?.CpuMicroseconds;
            foreach (BenchRow row in same)
                row.CpuRatio = own / row.CpuMicroseconds;
        }
    }

    private void Measure(string name, string kind, string version)
    {
        int batch = kind == "query" ? (_quick ? 50 : 2000) : (_quick ? 3 : 40);
        int rounds = _quick ? 2 : 15;
        IReadOnlyList<string> peers = BenchPeers.For(version, kind == "resumed");
        var clients = peers.Select(peer => BenchPeers.Create(peer, version, kind == "resumed")).ToList();
        var rows = peers.Select(peer => new BenchRow { Name = name, Peer = peer, Server = "memory" }).ToList();
        for (int i = 0; i < clients.Count; i++)
        {
            BenchClient client = clients[i];
            client.Connect(false);
            if (kind != "query")
                client.Close();

            // Enough for the just-in-time compiler to have done its last.
            for (int j = 0; j < (_quick ? 1 : batch * 2); j++)
                Once(client, kind);

            Count(client, kind, rows[i]);
        }

        var times = clients.Select(_ => new List<double>()).ToList();
        var allocations = clients.Select(_ => new List<double>()).ToList();
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < clients.Count; i++)
            {
                BenchMeter meter = clients[i].Meter;
                meter.Start();
                for (int j = 0; j < batch; j++)
                    Once(clients[i], kind);

                meter.Stop();
                times[i].Add(meter.ClientNs / 1000 / batch);
                allocations[i].Add(meter.ClientBytes / (double)batch);
            }
        }

        for (int i = 0; i < clients.Count; i++)
        {
            rows[i].CpuMicroseconds = Math.Round(Median(times[i]), 2);
            rows[i].AllocatedBytes = (long)Math.Round(Median(allocations[i]));
        }

        _rows.AddRange(rows);
    }

    private static void Once(BenchClient client, string kind)
    {
        if (kind == "query")
        {
            client.Query();
            return;
        }

        client.Connect(kind == "resumed");
        client.Close();
    }

    /// <summary>Bytes and flights up to the answer, without the close.</summary>
    private static void Count(BenchClient client, string kind, BenchRow row)
    {
        client.Meter.Start();
        if (kind == "query")
            client.Query();
        else
            client.Connect(kind == "resumed");

        row.BytesUp = client.Meter.BytesUp;
        row.BytesDown = client.Meter.BytesDown;
        row.Flights = client.Meter.Flights;
        if (kind != "query")
            client.Close();
    }

    private void MeasureHeap()
    {
        int count = _quick ? Associations / 10 : Associations;
        foreach (string version in s_versions)
        {
            foreach (string peer in BenchPeers.For(version, resumes: false))
            {
                _rows.Add(Heap(version, peer, count));
            }
        }
    }

    // A method of its own, so that no local variable keeps the peer before alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static BenchRow Heap(string version, string peer, int count)
    {
        object server = version == "dtls12" ? BenchServer.Dodtls() : BenchServer.Dot(version == "tls13");
        Func<BenchClient> make = BenchPeers.CreateMany(peer, version, false, server);

        // The first few load and initialise what is common to all.
        for (int i = 0; i < 10; i++)
            Connected(make).DropServer();

        long residentBefore = Resident();
        long before = Settled();
        var all = new BenchClient[count];
        for (int i = 0; i < count; i++)
        {
            all[i] = Connected(make);
            if (i % 50 == 49)
                all[i].DropServer();
        }

        all[0].DropServer();
        long after = Settled();
        long residentAfter = Resident();
        GC.KeepAlive(all);
        GC.KeepAlive(server);
        var row = new BenchRow
        {
            Name = "heap-" + version,
            Peer = peer,
            Server = "memory",
            HeapBytes = (after - before) / count,
            ResidentBytes = Math.Max(0, residentAfter - residentBefore) / count,
        };
        foreach (BenchClient client in all)
            client.Drop();

        return row;
    }

    private static BenchClient Connected(Func<BenchClient> make)
    {
        BenchClient client = make();
        client.Connect(false);
        client.ForgetLink();
        return client;
    }

    private static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static long Resident()
    {
        Settled();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        int middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
