namespace DprivEmbedded.Sockets;

/// <summary>What happened to one of the two paths to a server while a lookup was under way.</summary>
public sealed class PathEvent
{
    internal PathEvent(int path, string what)
    {
        Path = path;
        What = what;
    }

    /// <summary>The path: 0 or 1. One is in use, the other runs beside it when that is suspect, or takes its place.</summary>
    public int Path { get; }

    /// <summary>
    /// What: <c>open</c> and <c>open (Fast Open)</c> (a socket is made), <c>connected: full</c>, <c>resumed</c> or <c>early</c> (the handshake is over), <c>reset</c>, <c>fin</c>, <c>unconnected</c>
    /// (TCP's end, or no connection), <c>unreachable</c> (ICMP), <c>ended</c>, with an error's number where there was one, <c>close</c>, <c>move</c> (a new socket for the same association), <c>probe</c>, <c>alive</c>.
    /// </summary>
    public string What { get; }

    /// <inheritdoc/>
    public override string ToString() => $"path {Path}: {What}";
}
