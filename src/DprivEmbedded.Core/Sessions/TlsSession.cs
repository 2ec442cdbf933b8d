using DprivEmbedded.Crypto;

namespace DprivEmbedded.Sessions;

/// <summary>What is needed to resume one session once: a ticket or session id, its secret, and what was negotiated and authenticated when it was made.</summary>
/// <remarks>
/// A plain holder. The engine fills it, a <see cref="ISessionCache"/> keeps it, and the next connection uses it up.
/// The secret is not zeroed by itself: whoever discards a session calls <see cref="Clear"/>.
/// </remarks>
public sealed class TlsSession
{
    /// <summary>The protocol version: 0x0303 TLS 1.2, 0x0304 TLS 1.3, 0xFEFD DTLS 1.2.</summary>
    public int Version;

    /// <summary>The cipher suite's code point.</summary>
    public int CipherSuite;

    /// <summary>TLS 1.2: the 48-byte master secret. TLS 1.3: the 32-byte resumption PSK of this ticket (RFC 8446 section 4.6.1).</summary>
    public byte[] Secret;

    /// <summary>The ticket, 1..65535 bytes; null where the session has only an id.</summary>
    public byte[] Ticket;

    /// <summary>TLS 1.2: the session id, 1..32 bytes; null where the session has only a ticket.</summary>
    public byte[] SessionId;

    /// <summary>The server_name that was sent when the session was made; null where none was (RFC 8446 section 4.6.1: resumed only with the same).</summary>
    public string ServerName;

    /// <summary>The application protocol that was negotiated; null where none was.</summary>
    public string ApplicationProtocol;

    /// <summary>When the ticket arrived: milliseconds since 1970-01-01 UTC, or on any clock of the device that goes on through sleep.</summary>
    public long ReceivedUtcMs;

    /// <summary>How long the server said that it will accept the ticket, in seconds; 0 where a TLS 1.2 server said nothing.</summary>
    public int LifetimeSeconds;

    /// <summary>TLS 1.3: the number that hides the ticket's age (RFC 8446 section 4.2.11.1).</summary>
    public uint AgeAdd;

    /// <summary>TLS 1.3: how many bytes of early data the server accepts; 0 for none.</summary>
    public int MaxEarlyDataBytes;

    /// <summary>TLS 1.2: whether the extended master secret (RFC 7627) was used; a session without it is never resumed.</summary>
    public bool ExtendedMasterSecret;

    /// <summary>The max_fragment_length code (RFC 6066 section 4) in force, 1..4; 0 for none. It must be offered again on resumption.</summary>
    public int MaxFragmentLengthCode;

    /// <summary>The peer's record_size_limit (RFC 8449) as it was announced; 0 for none. Early data is kept within it.</summary>
    public int PeerRecordSizeLimit;

    /// <summary>Whether the peer was authenticated when the session was made. A strict client never resumes one that was not.</summary>
    public bool Authenticated;

    /// <summary>Until when that authentication holds, in seconds since 1970-01-01 UTC; 0 where nothing ends it.</summary>
    public long AuthenticatedUntilUtcSeconds;

    /// <summary>SHA-256 of the peer's SubjectPublicKeyInfo, 32 bytes; null where a PSK authenticated the peer. For the caller: whoever changes pins must not resume what older ones vouched for; DprivResolver keeps sessions apart by pins for that.</summary>
    public byte[] PeerKeyHash;

    /// <summary>The group of the last key exchange with this server, one of <see cref="NamedGroup"/>; 0 where unknown. Offered first next time, so that no HelloRetryRequest is needed.</summary>
    public int Group;

    /// <summary>Whether stable storage holds a copy, which must be claimed before this one is used. Set by <see cref="SealedSessionStore"/> and read by <see cref="SessionCache"/> alone.</summary>
    internal bool Stored;

    /// <summary>Makes a copy with a secret of its own, for whoever must give the session away and may get to use it again.</summary>
    /// <returns>The copy; ticket and other bytes, which nobody changes, are shared.</returns>
    public TlsSession Copy()
    {
        TlsSession copy = new TlsSession();
        copy.Version = Version;
        copy.CipherSuite = CipherSuite;
        if (Secret != null)
        {
            copy.Secret = new byte[Secret.Length];
            System.Array.Copy(Secret, 0, copy.Secret, 0, Secret.Length);
        }

        copy.Ticket = Ticket;
        copy.SessionId = SessionId;
        copy.ServerName = ServerName;
        copy.ApplicationProtocol = ApplicationProtocol;
        copy.ReceivedUtcMs = ReceivedUtcMs;
        copy.LifetimeSeconds = LifetimeSeconds;
        copy.AgeAdd = AgeAdd;
        copy.MaxEarlyDataBytes = MaxEarlyDataBytes;
        copy.ExtendedMasterSecret = ExtendedMasterSecret;
        copy.MaxFragmentLengthCode = MaxFragmentLengthCode;
        copy.PeerRecordSizeLimit = PeerRecordSizeLimit;
        copy.Authenticated = Authenticated;
        copy.AuthenticatedUntilUtcSeconds = AuthenticatedUntilUtcSeconds;
        copy.PeerKeyHash = PeerKeyHash;
        copy.Group = Group;
        return copy;
    }

    /// <summary>Zeroes the secret.</summary>
    public void Clear()
    {
        ConstantTime.Clear(Secret);
    }
}
