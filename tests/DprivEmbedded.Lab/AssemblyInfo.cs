using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]
// Round trips are measured: nothing else is to run meanwhile.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
