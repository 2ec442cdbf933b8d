using System;

namespace DprivEmbedded.Harness.Bench;

/// <summary>Keeps the server's share of a thread's time and allocations apart, where client and server run in one thread.</summary>
/// <remarks>The server works only between <see cref="EnterServer"/> and <see cref="LeaveServer"/>; what is left of the thread's is the client's. What reading the clocks costs is calibrated and taken off.</remarks>
public sealed class BenchMeter
{
    private static readonly double s_sectionNs = Calibrate();

    private long _enteredNs;
    private long _enteredBytes;
    private long _serverNs;
    private long _serverBytes;
    private long _sections;
    private long _startNs;
    private long _startBytes;

    /// <summary>Nanoseconds of the client between <see cref="Start"/> and <see cref="Stop"/>.</summary>
    public double ClientNs { get; private set; }

    /// <summary>Bytes that the client allocated between <see cref="Start"/> and <see cref="Stop"/>.</summary>
    public long ClientBytes { get; private set; }

    /// <summary>Bytes of the stream or of datagrams, to the server.</summary>
    public long BytesUp { get; set; }

    /// <summary>Bytes of the stream or of datagrams, from the server.</summary>
    public long BytesDown { get; set; }

    /// <summary>Flights, each way: what is sent in one direction before the other speaks.</summary>
    public int Flights { get; set; }

    /// <summary>Begins a measurement.</summary>
    public void Start()
    {
        _serverNs = _serverBytes = _sections = 0;
        BytesUp = BytesDown = Flights = 0;
        _startBytes = GC.GetAllocatedBytesForCurrentThread();
        _startNs = ThreadCpu.NowNs();
    }

    /// <summary>Ends it.</summary>
    public void Stop()
    {
        long ns = ThreadCpu.NowNs() - _startNs;
        ClientBytes = GC.GetAllocatedBytesForCurrentThread() - _startBytes - _serverBytes;
        ClientNs = Math.Max(0, ns - _serverNs - (_sections * s_sectionNs));
    }

    /// <summary>From here the server works.</summary>
    public void EnterServer()
    {
        _enteredNs = ThreadCpu.NowNs();
        _enteredBytes = GC.GetAllocatedBytesForCurrentThread();
    }

    /// <summary>From here the client works again.</summary>
    public void LeaveServer()
    {
        _serverBytes += GC.GetAllocatedBytesForCurrentThread() - _enteredBytes;
        _serverNs += ThreadCpu.NowNs() - _enteredNs;
        _sections++;
    }

    // What of an empty section lands outside of it.
    private static double Calibrate()
    {
        const int Sections = 2000;
        var meter = new BenchMeter();
        double best = double.MaxValue;
        for (int round = 0; round < 15; round++)
        {
            meter.Start();
            for (int i = 0; i < Sections; i++)
            {
                meter.EnterServer();
                meter.LeaveServer();
            }

            double ns = (ThreadCpu.NowNs() - meter._startNs - meter._serverNs) / (double)Sections;
            best = Math.Min(best, ns);
        }

        return best;
    }
}
