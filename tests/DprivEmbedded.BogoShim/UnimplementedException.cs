using System;

namespace DprivEmbedded.BogoShim;

/// <summary>The runner asked for something that this client does not have; config.json lists what, with the reason.</summary>
internal sealed class UnimplementedException(string what) : Exception(what);
