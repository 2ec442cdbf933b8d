using DprivEmbedded.Interop.Infrastructure;

namespace DprivEmbedded.Interop.Clients;

/// <summary>What <c>openssl s_client</c> saw.</summary>
/// <param name="Reused">It says "Reused" (of an external PSK in TLS 1.3, too).</param>
/// <param name="Cipher">OpenSSL's name of the suite.</param>
/// <param name="EarlyDataAccepted">It says that its early data was accepted.</param>
/// <param name="Answer">The DNS answer without its length; null when none was asked for.</param>
public sealed record OpensslSession(bool Reused, string Version, string Cipher, bool EarlyDataAccepted, byte[]? Answer, ProgramResult Result);
