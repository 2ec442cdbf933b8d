using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>Tests that count bytes of the managed heap, which others beside them would blur.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public class Alone
{
}
