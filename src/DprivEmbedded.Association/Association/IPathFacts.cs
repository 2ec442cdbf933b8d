namespace DprivEmbedded.Association;

/// <summary>What the driver's system knows of a path.</summary>
public interface IPathFacts
{
    /// <summary>Whether everything that was written to a TCP path is acknowledged: the server's host is there and has the connection, however long its answer takes. False where that is not known.</summary>
    /// <param name="path">The path.</param>
    bool IsAcknowledged(int path);
}
