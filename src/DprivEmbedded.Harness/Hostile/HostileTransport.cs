using System;

namespace DprivEmbedded.Harness.Hostile;

/// <summary>The protocols that a hostile peer speaks.</summary>
[Flags]
public enum HostileTransport
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>DNS over TLS 1.2.</summary>
    Tls12 = 1,

    /// <summary>DNS over TLS 1.3.</summary>
    Tls13 = 2,

    /// <summary>DNS over DTLS 1.2.</summary>
    Dtls12 = 4,
}
