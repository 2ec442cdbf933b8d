using System;

namespace DprivEmbedded.Interop.Peers;

/// <summary>A peer ended or did not answer within its limit; the message holds the end of its log.</summary>
public sealed class PeerStartException(string peer, string why, string logTail)
    : Exception($"{peer} {why}; the end of its log:\n{logTail}");
