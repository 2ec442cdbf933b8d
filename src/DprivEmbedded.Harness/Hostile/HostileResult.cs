namespace DprivEmbedded.Harness.Hostile;

/// <summary>What a run of a hostile peer showed.</summary>
/// <param name="Outcome">How the client took it.</param>
/// <param name="DurationMs">Virtual time from the query to its answer, its failure or the end of the connection, in milliseconds.</param>
/// <param name="AllocatedBytes">What the client's calls allocated on the managed heap, its buffers aside, in bytes.</param>
/// <param name="SentBytes">What the client sent, in bytes of its transport.</param>
/// <param name="ReceivedBytes">What it was sent.</param>
/// <param name="WasConnected">Whether the client took the handshake for complete.</param>
/// <param name="WrongAnswers">Answers that were given to the caller and are not the right one.</param>
public sealed record HostileResult(HostileOutcome Outcome, long DurationMs, long AllocatedBytes, long SentBytes, long ReceivedBytes, bool WasConnected, int WrongAnswers);
