namespace DprivEmbedded.Association;

/// <summary>What <see cref="ServerAssociation.NextEvent"/> reports.</summary>
public static class AssociationEvent
{
    /// <summary>Nothing more.</summary>
    public const int None = 0;

    /// <summary>An answer is there: <see cref="ServerAssociation.EventQuery"/>, <see cref="ServerAssociation.AnswerOffset"/>. Once a query.</summary>
    public const int Answer = 1;

    /// <summary>A query failed for good: <see cref="ServerAssociation.EventQuery"/>, <see cref="ServerAssociation.EventError"/>.</summary>
    public const int QueryFailed = 2;

    /// <summary>A handshake is over: <see cref="ServerAssociation.EventPath"/>, <see cref="ServerAssociation.Conversation"/>.</summary>
    public const int Connected = 3;

    /// <summary>A path's conversation is over: <see cref="ServerAssociation.EventPath"/>, <see cref="ServerAssociation.EventError"/>.</summary>
    public const int PathEnded = 4;

    /// <summary>The sessions changed: stable storage should follow.</summary>
    public const int SessionsChanged = 5;

    /// <summary>A probe was answered: <see cref="ServerAssociation.SmoothedRttMs"/> knows how fast.</summary>
    public const int ProbeAnswered = 6;

    /// <summary>A probe was not answered, or by an alert or a reset.</summary>
    public const int ProbeFailed = 7;
}
