using System.Runtime.Versioning;
using DprivEmbedded.Interop.Peers;
using Xunit;

// The peers are Linux programs; elsewhere these tests are skipped for want of them.
[assembly: SupportedOSPlatform("linux")]
[assembly: AssemblyFixture(typeof(SharedPeers))]
