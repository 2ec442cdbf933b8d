using System;
using System.Collections.Generic;
using System.Linq;

namespace DprivEmbedded.Interop.Wire;

/// <summary>One handshake as the relay saw it: everything plain from a ClientHello's random on. Read it through <see cref="DtlsWireLog.Handshakes"/>, which gives copies.</summary>
/// <param name="Random">The client's random, in hexadecimal; the same in the ClientHello with the cookie and in repetitions.</param>
public sealed record DtlsWireHandshake(string Random)
{
    /// <summary>Types of the server's plain messages, in the order of arrival.</summary>
    public IReadOnlyList<int> ServerMessages { get; init; } = [];

    /// <summary>Types of the client's plain messages, in the order of arrival, repetitions included.</summary>
    public IReadOnlyList<int> ClientMessages { get; init; } = [];

    public IReadOnlyList<byte> OfferedSessionId { get; init; } = [];

    public IReadOnlyList<byte> ServerSessionId { get; init; } = [];

    /// <summary>Extension types of the ClientHello.</summary>
    public IReadOnlyList<int> ClientExtensions { get; init; } = [];

    /// <summary>Size of the ClientHello's session_ticket; -1 without the extension.</summary>
    public int OfferedTicketBytes { get; init; } = -1;

    /// <summary>Extension types of the ServerHello.</summary>
    public IReadOnlyList<int> ServerExtensions { get; init; } = [];

    /// <summary>The ServerHello's cipher suite; 0 before it.</summary>
    public int CipherSuite { get; init; }

    /// <summary>Whether the server sent a change_cipher_spec.</summary>
    public bool ServerChangedCipher { get; init; }

    public bool SawHelloVerifyRequest => ServerMessages.Contains(3);

    public bool SawNewSessionTicket => ServerMessages.Contains(4);

    public bool SawCertificate => ServerMessages.Contains(11);

    /// <summary>The session was resumed: from the ServerHello (and perhaps a NewSessionTicket) straight to change_cipher_spec, and no key exchange from the client.</summary>
    public bool IsResumption => ServerChangedCipher && ServerMessages.Contains(2) && !ServerMessages.Contains(11) && !ServerMessages.Contains(14) && !ClientMessages.Contains(16);

    /// <summary>The resumption was by session id: the server sent the offered one back, and no ticket was offered.</summary>
    public bool IsResumptionById => IsResumption && OfferedTicketBytes <= 0 && ServerSessionId.Count > 0 && OfferedSessionId.SequenceEqual(ServerSessionId);

    public override string ToString() =>
        $"server {string.Join(',', ServerMessages)}{(ServerChangedCipher ? " ccs" : "")}; client {string.Join(',', ClientMessages)}; ticket {OfferedTicketBytes}; id {Convert.ToHexString([.. OfferedSessionId])} / {Convert.ToHexString([.. ServerSessionId])}";
}
