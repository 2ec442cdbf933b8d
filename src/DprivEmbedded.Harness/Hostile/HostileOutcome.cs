using DprivEmbedded.Association;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

/// <summary>How a client takes it.</summary>
/// <param name="Kind">Whether the connection ends, a query fails, or nothing comes of it.</param>
/// <param name="Error">The error, of <see cref="TlsError"/> or <see cref="DotError"/>; <see cref="TlsError.None"/> where the query is answered.</param>
/// <param name="Alert">The fatal alert that the client sends; -1 for none.</param>
public sealed record HostileOutcome(HostileOutcomeKind Kind, int Error, int Alert)
{
    /// <summary>The query is answered: what the peer did was refused in silence, or is allowed.</summary>
    public static HostileOutcome Answered { get; } = new(HostileOutcomeKind.Answered, TlsError.None, -1);

    /// <summary>The connection or association ends with an error and its alert.</summary>
    /// <param name="error">One of <see cref="TlsError"/>.</param>
    public static HostileOutcome Ends(int error) => new(HostileOutcomeKind.Ends, error, TlsError.AlertFor(error));

    /// <summary>The connection or association ends with an error and without an alert.</summary>
    /// <param name="error">One of <see cref="TlsError"/>.</param>
    public static HostileOutcome EndsSilently(int error) => new(HostileOutcomeKind.Ends, error, -1);

    /// <summary>The query fails.</summary>
    /// <param name="error">One of <see cref="DotError"/>.</param>
    /// <param name="alert">The alert that ends the connection with it; -1 where the connection goes on.</param>
    public static HostileOutcome QueryFails(int error, int alert = -1) => new(HostileOutcomeKind.QueryFails, error, alert);
}
