namespace DprivEmbedded.Association;

/// <summary>What a policy learns from. <see cref="AssociationFacts.GapMs"/> is the quiet time that was put to the test.</summary>
public static class AssociationObservation
{
    /// <summary>The application asks a query; <see cref="AssociationFacts.IdleMs"/> is the time since the one before.</summary>
    public const int Query = 1;

    /// <summary>A full handshake is over.</summary>
    public const int ConnectedFull = 2;

    /// <summary>A resumed handshake is over.</summary>
    public const int ConnectedResumed = 3;

    /// <summary>The server refused the session; a full handshake followed.</summary>
    public const int SessionRefused = 4;

    /// <summary>The old association answered after a gap: a query, a hedge or a probe showed it.</summary>
    public const int Survived = 5;

    /// <summary>The old association was gone, said by a reset or an alert.</summary>
    public const int LostFast = 6;

    /// <summary>The old association was gone without a word.</summary>
    public const int LostSilently = 7;

    /// <summary>The server closed the association in an orderly way after that gap.</summary>
    public const int ClosedByServer = 8;

    /// <summary>The device has another network: what was learned of paths is void.</summary>
    public const int NetworkChanged = 9;

    /// <summary>The radio woke for a reason of the application's (<see cref="ServerAssociation.RadioActive"/>): a natural wake. Observed before the plan is asked for again.</summary>
    public const int RadioAwake = 10;
}
