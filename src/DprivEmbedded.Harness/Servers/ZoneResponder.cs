namespace DprivEmbedded.Harness;

/// <summary>Answers out of zones over a stream transport.</summary>
public sealed class ZoneResponder : IDnsResponder
{
    private readonly ZoneAnswerer _answerer;
    private ZoneAnswerOptions _options = new();

    /// <summary>Makes one.</summary>
    /// <param name="zones">The zones; of several that hold a name the deepest one answers.</param>
    public ZoneResponder(params Zone[] zones)
    {
        _answerer = new ZoneAnswerer(zones);
    }

    /// <inheritdoc/>
    public int Respond(byte[] query, int offset, int count, byte[] response, int responseOffset, int capacity, int keepaliveTimeoutMs)
    {
        if (_options.KeepaliveTimeoutMs != keepaliveTimeoutMs)
            _options = new ZoneAnswerOptions { KeepaliveTimeoutMs = keepaliveTimeoutMs };

        return _answerer.Answer(query, offset, count, response, responseOffset, capacity, _options);
    }
}
