using System;

namespace DprivEmbedded.BogoShim;

/// <summary>The connection failed, or was not as the runner said that it would be.</summary>
internal sealed class ShimFailure(string text) : Exception(text);
