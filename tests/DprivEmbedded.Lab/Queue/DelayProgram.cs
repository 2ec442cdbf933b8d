using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;

namespace DprivEmbedded.Lab.Queue;

/// <summary>
/// The mode <c>delay --queue N --ms MS [--loss PERMILLE --seed N]</c>: holds each packet of a netfilter queue back for so long, in order. It stands where netem would. It says "ready" when it is bound, and is ended by a signal;
/// the rule's <c>--queue-bypass</c> then lets packets pass.
/// </summary>
internal static class DelayProgram
{
    public static int Run(string[] arguments)
    {
        ushort queue = 0;
        double delayMs = 0;
        var loss = 0;
        var seed = 1;
        for (var i = 0; i + 1 < arguments.Length; i += 2)
        {
            switch (arguments[i])
            {
                case "--queue":
                    queue = ushort.Parse(arguments[i + 1], CultureInfo.InvariantCulture);
                    break;
                case "--ms":
                    delayMs = double.Parse(arguments[i + 1], CultureInfo.InvariantCulture);
                    break;
                case "--loss":
                    loss = int.Parse(arguments[i + 1], CultureInfo.InvariantCulture);
                    break;
                case "--seed":
                    seed = int.Parse(arguments[i + 1], CultureInfo.InvariantCulture);
                    break;
                default:
                    Console.Error.WriteLine("unknown option " + arguments[i]);
                    return 2;
            }
        }

        using var packets = NetfilterQueue.Open(queue);
        NetfilterQueue.GoFirst();
        Console.WriteLine("ready");
        var lot = new Random(seed);
        var delay = (long)(delayMs * Stopwatch.Frequency / 1000);
        var waiting = new Queue<(uint Id, long Due)>();
        while (true)
        {
            var now = Stopwatch.GetTimestamp();
            while (waiting.TryPeek(out var first) && first.Due <= now)
            {
                packets.Accept(waiting.Dequeue().Id);
                now = Stopwatch.GetTimestamp();
            }

            var nanoseconds = waiting.TryPeek(out var next) ? Math.Max(0, (next.Due - now) * 1_000_000_000 / Stopwatch.Frequency) : -1;
            if (!packets.Wait(nanoseconds))
                continue;

            foreach (var id in packets.Receive())
            {
                if (loss > 0 && lot.Next(1000) < loss)
                    packets.Drop(id);
                else
                    waiting.Enqueue((id, Stopwatch.GetTimestamp() + delay));
            }
        }
    }
}
