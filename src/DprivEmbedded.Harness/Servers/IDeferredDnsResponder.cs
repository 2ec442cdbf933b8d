using System;

namespace DprivEmbedded.Harness;

/// <summary>Answers DNS messages later.</summary>
public interface IDeferredDnsResponder
{
    /// <summary>Begins to answer one message.</summary>
    /// <param name="query">The query, without a length prefix; not changed.</param>
    /// <param name="limit">The most bytes that the answer may have; a longer one comes with TC instead.</param>
    /// <param name="done">Is called once, on any thread, with the answer, or with null where there is nothing to say.</param>
    void Begin(byte[] query, int limit, Action<byte[]?> done);
}
