using System;
using System.Collections.Generic;

namespace DprivEmbedded.Harness.Hostile;

/// <summary>A row of the table: something that a peer may do, what its RFC says about it, how the client takes it over each protocol, and what it may cost.</summary>
public sealed class HostilePeer
{
    /// <summary>The default of <see cref="MaxAllocatedBytes"/>.</summary>
    public const int DefaultAllocatedBytes = 16 * 1024;

    /// <summary>The default of <see cref="MaxDurationMs"/>: a handshake with a cookie, a query, and a retry of either.</summary>
    public const int DefaultDurationMs = 1000;

    /// <summary>The default of <see cref="MaxSentBytes"/>.</summary>
    public const int DefaultSentBytes = 2048;

    private readonly Dictionary<HostileTransport, HostileOutcome> _outcomes = [];

    /// <summary>Makes a row.</summary>
    /// <param name="topic">The heading that it stands under.</param>
    /// <param name="act">What the peer does.</param>
    /// <param name="rule">What the RFC demands, with its section.</param>
    /// <param name="arrange">Prepares a run.</param>
    public HostilePeer(string topic, string act, string rule, Action<HostileContext> arrange)
    {
        Topic = topic;
        Act = act;
        Rule = rule;
        Arrange = arrange;
    }

    /// <summary>The heading that it stands under.</summary>
    public string Topic { get; }

    /// <summary>What the peer does.</summary>
    public string Act { get; }

    /// <summary>What the RFC demands, with its section.</summary>
    public string Rule { get; }

    /// <summary>Prepares a run.</summary>
    public Action<HostileContext> Arrange { get; }

    /// <summary>How the client takes it, by protocol; those where it means nothing are missing.</summary>
    public IReadOnlyDictionary<HostileTransport, HostileOutcome> Outcomes => _outcomes;

    /// <summary>The most that the client's calls may allocate, in bytes, whatever the peer sends.</summary>
    public int MaxAllocatedBytes { get; private set; } = DefaultAllocatedBytes;

    /// <summary>The latest time of the outcome, in milliseconds from the query.</summary>
    public int MaxDurationMs { get; private set; } = DefaultDurationMs;

    /// <summary>The most that the client may send, in bytes: nobody makes it an amplifier, or has its battery for little.</summary>
    public int MaxSentBytes { get; private set; } = DefaultSentBytes;

    /// <summary>Says how the client takes it.</summary>
    /// <param name="transports">Over which protocols.</param>
    /// <param name="outcome">The outcome.</param>
    public HostilePeer On(HostileTransport transports, HostileOutcome outcome)
    {
        foreach (HostileTransport transport in Enum.GetValues<HostileTransport>())
        {
            if (transport != HostileTransport.None && (transports & transport) != 0)
                _outcomes.Add(transport, outcome);
        }

        return this;
    }

    /// <summary>Says what it may cost, where that is not the default.</summary>
    /// <param name="allocatedBytes"><see cref="MaxAllocatedBytes"/>; 0 for the default.</param>
    /// <param name="durationMs"><see cref="MaxDurationMs"/>; 0 for the default.</param>
    /// <param name="sentBytes"><see cref="MaxSentBytes"/>; 0 for the default.</param>
    public HostilePeer Within(int allocatedBytes = 0, int durationMs = 0, int sentBytes = 0)
    {
        MaxAllocatedBytes = allocatedBytes > 0 ? allocatedBytes : MaxAllocatedBytes;
        MaxDurationMs = durationMs > 0 ? durationMs : MaxDurationMs;
        MaxSentBytes = sentBytes > 0 ? sentBytes : MaxSentBytes;
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => Topic + ": " + Act;
}
