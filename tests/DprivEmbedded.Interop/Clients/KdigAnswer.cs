using System.Collections.Generic;

namespace DprivEmbedded.Interop.Clients;

/// <summary>One answer as kdig printed it.</summary>
/// <param name="Rcode">NOERROR, NXDOMAIN, REFUSED...</param>
/// <param name="Answers">The answer section, "owner TYPE data" without the TTL, sorted by ordinal.</param>
/// <param name="Session">kdig's text for the TLS session, such as (TLS1.3)-(ECDHE-X25519)-(ECDSA-SECP256R1-SHA256)-(AES-256-GCM).</param>
/// <param name="HasPadding">Whether the answer came padded.</param>
public sealed record KdigAnswer(string Rcode, IReadOnlyList<string> Answers, string Session, bool HasPadding);
