using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Threading;

namespace DprivEmbedded.Fuzz;

/// <summary>Runs a target on a corpus and on mutations of it, in this process. A run must end without an exception, in time, and within the target's bound of allocation.</summary>
internal sealed class FuzzDriver : IDisposable
{
    // A run of the slowest target takes milliseconds. Counted is this process's own time: a busy machine may stop it for long.
    private const int HangCpuMs = 10_000;
    private const int WatchMs = 2_000;
    private const int MaxCorpus = 20_000;

    private readonly FuzzTarget _target;
    private readonly Coverage _coverage;
    private readonly Lot _lot;
    private readonly Mutator _mutator;
    private readonly List<byte[]> _corpus = [];
    private readonly Dictionary<string, byte[]> _findings = [];
    private readonly Timer _watch;
    private byte[] _current = [];
    private long _runs;
    private long _watchedRuns = -1;
    private TimeSpan _watchedSince;
    private int _started;

    public FuzzDriver(FuzzTarget target, Coverage coverage, ulong seed)
    {
        _target = target;
        _coverage = coverage;
        _lot = new Lot(seed);
        _mutator = new Mutator(_lot);
        _watch = new Timer(_ => Watch(), null, WatchMs, WatchMs);
    }

    /// <summary>What was found: the failure's first line, and the first input with it.</summary>
    public IReadOnlyDictionary<string, byte[]> Findings => _findings;

    public long Runs => _runs;

    /// <summary>Inputs that are mutated: those that were given, and those that reached something new.</summary>
    public IReadOnlyList<byte[]> Corpus => _corpus;

    /// <summary>The most bytes that a run allocated.</summary>
    public long MostAllocated { get; private set; }

    /// <summary>The nearest that a run came to its bound, in hundredths.</summary>
    public int MostOfBound { get; private set; }

    /// <summary>Called where a run does not end: with the input. The process is to be ended.</summary>
    public Action<byte[]>? OnHang { get; init; }

    public void Dispose()
    {
        _watch.Dispose();
    }

    /// <summary>Runs every input of a corpus as it is, and keeps it for mutation.</summary>
    public void Load(IEnumerable<byte[]> inputs)
    {
        foreach (byte[] input in inputs)
        {
            Once(input);
            _corpus.Add(input);
        }

        if (_corpus.Count == 0)
            _corpus.Add([0, 0]);
    }

    /// <summary>Runs mutations.</summary>
    public void Mutate(long count)
    {
        for (long i = 0; i < count; i++)
        {
            // The newest reach the farthest.
            int at = _lot.OneIn(3) ? Math.Max(0, _corpus.Count - 1 - _lot.Below(64)) : _lot.Below(_corpus.Count);
            byte[] input = _mutator.Mutate(_corpus[at], _corpus[_lot.Below(_corpus.Count)], _target.Framing, _target.MaxInputBytes);
            if (Once(input) && _corpus.Count < MaxCorpus)
                _corpus.Add(input);
        }
    }

    /// <summary>Runs one input.</summary>
    /// <returns>Whether it reached something new.</returns>
    public bool Once(byte[] input)
    {
        _current = input;
        Volatile.Write(ref _started, 1);
        _coverage.Begin();
        string? failure = null;
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            _target.Run(input);
        }
        catch (Exception e)
        {
            failure = e.GetType().Name + ": " + e.Message + " " + Place(e);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Volatile.Write(ref _started, 0);
        _runs++;
        long bound = _target.MaxAllocatedBytes(input.Length);
        if (failure == null)
        {
            MostAllocated = Math.Max(MostAllocated, allocated);
            MostOfBound = Math.Max(MostOfBound, (int)(100 * allocated / bound));
            if (allocated > bound)
                failure = "Growth: more was allocated than the bound.";
        }

        if (failure != null)
            _findings.TryAdd(failure, input);

        return _coverage.End();
    }

    /// <summary>A file name for an input.</summary>
    public static string FileName(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input))[..16] + ".bin";

    private static string Place(Exception e)
    {
        string[] lines = (e.StackTrace ?? "").Split('\n');
        string? place = lines.FirstOrDefault(l => l.Contains("DprivEmbedded", StringComparison.Ordinal) && !l.Contains("DprivEmbedded.Fuzz", StringComparison.Ordinal)) ?? lines[0];
        return place.Trim();
    }

    private void Watch()
    {
        long runs = Volatile.Read(ref _runs);
        TimeSpan time = Environment.CpuUsage.TotalTime;
        if (runs != _watchedRuns || Volatile.Read(ref _started) == 0)
        {
            _watchedRuns = runs;
            _watchedSince = time;
        }
        else if ((time - _watchedSince).TotalMilliseconds > HangCpuMs)
            OnHang?.Invoke(_current);
    }
}
