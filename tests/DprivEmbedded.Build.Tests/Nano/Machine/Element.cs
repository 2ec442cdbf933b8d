using System;

namespace DprivEmbedded.Build.Tests.Nano.Machine;

/// <summary>A reference to an element of an array.</summary>
public sealed record Element(Array Array, int Index);
