namespace DprivEmbedded.Harness;

/// <summary>Answers DNS messages.</summary>
public interface IDnsResponder
{
    /// <summary>Answers one message.</summary>
    /// <param name="query">Holds the query, without a length prefix.</param>
    /// <param name="offset">First byte of the query.</param>
    /// <param name="count">Number of bytes of the query.</param>
    /// <param name="response">Receives the response, without a length prefix.</param>
    /// <param name="responseOffset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written.</param>
    /// <param name="keepaliveTimeoutMs">The edns-tcp-keepalive value to announce to a query that has the option, in milliseconds; -1 to leave it out (RFC 7828).</param>
    /// <returns>Number of bytes written; 0 where there is nothing to say.</returns>
    int Respond(byte[] query, int offset, int count, byte[] response, int responseOffset, int capacity, int keepaliveTimeoutMs);
}
