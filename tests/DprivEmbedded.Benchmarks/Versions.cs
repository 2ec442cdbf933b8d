using DprivEmbedded.Tls;

namespace DprivEmbedded.Benchmarks;

/// <summary>The version of a benchmark's parameter, with AES-128-GCM.</summary>
internal static class Versions
{
    public static Rig Make(string version, Primitives aead) => version == "1.2"
        ? new Rig(ProtocolVersion.Tls12, CipherSuite.EcdheEcdsaAes128GcmSha256, aead)
        : new Rig(ProtocolVersion.Tls13, CipherSuite.Aes128GcmSha256, aead);
}
