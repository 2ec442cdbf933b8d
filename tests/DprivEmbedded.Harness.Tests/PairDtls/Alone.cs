using Xunit;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>For tests that look at the memory of the process: they run by themselves.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public class Alone;
