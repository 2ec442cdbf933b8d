namespace DprivEmbedded.Harness;

/// <summary>One word of a master file, its escapes not yet resolved.</summary>
/// <param name="Text">The characters; the quotes around a word that is quoted as a whole are dropped.</param>
/// <param name="Quoted">Whether the whole word was quoted.</param>
/// <param name="Line">The line it is on, counted from 1.</param>
internal readonly record struct MasterFileToken(string Text, bool Quoted, int Line);
