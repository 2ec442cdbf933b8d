using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using DprivEmbedded.Harness;

namespace DprivEmbedded.Sockets.Tests.Support;

/// <summary>Answers out of the demonstration zone, and tells when so many queries have come.</summary>
internal sealed class QueryWatcher : IDnsResponder
{
    private readonly object _gate = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
    private readonly ZoneResponder _zone = new(DemoZone.Create());
    private int _queries;

    /// <summary>Completes when so many queries have come, repetitions included.</summary>
    public Task QueriedAsync(int count)
    {
        lock (_gate)
        {
            if (_queries >= count)
                return Task.CompletedTask;

            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((count, reached));
            return reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    public int Respond(byte[] query, int offset, int count, byte[] response, int responseOffset, int capacity, int keepaliveTimeoutMs)
    {
        lock (_gate)
        {
            _queries++;
            _waiting.RemoveAll(one => one.Count <= _queries && one.Reached.TrySetResult());
        }

        return _zone.Respond(query, offset, count, response, responseOffset, capacity, keepaliveTimeoutMs);
    }
}
