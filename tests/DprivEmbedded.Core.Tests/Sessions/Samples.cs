using CsCheck;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Core.Tests.Sessions;

/// <summary>Sessions to test with.</summary>
internal static class Samples
{
    /// <summary>2027-01-15T08:00:00Z.</summary>
    internal const long Now = 1800000000000;

    internal static TlsSession Tls13(int number = 1, long receivedUtcMs = Now)
    {
        return new TlsSession
        {
            Version = ProtocolVersion.Tls13,
            CipherSuite = CipherSuite.Aes128GcmSha256,
            Secret = Filled(32, number),
            Ticket = Filled(200, number + 1),
            ServerName = "dns.example",
            ApplicationProtocol = "dot",
            ReceivedUtcMs = receivedUtcMs,
            LifetimeSeconds = 7200,
            AgeAdd = 0xFEDCBA98,
            MaxEarlyDataBytes = 16384,
            PeerRecordSizeLimit = 16385,
            Authenticated = true,
            AuthenticatedUntilUtcSeconds = (Now / 1000) + 864000,
            PeerKeyHash = Filled(32, number + 2),
            Group = NamedGroup.X25519,
        };
    }

    internal static TlsSession Tls12(int number = 1, long receivedUtcMs = Now)
    {
        return new TlsSession
        {
            Version = ProtocolVersion.Tls12,
            CipherSuite = CipherSuite.EcdheEcdsaAes128GcmSha256,
            Secret = Filled(48, number),
            SessionId = Filled(32, number + 1),
            ReceivedUtcMs = receivedUtcMs,
            LifetimeSeconds = 3600,
            ExtendedMasterSecret = true,
            MaxFragmentLengthCode = 2,
            Group = NamedGroup.Secp256r1,
        };
    }

    internal static byte[] Filled(int count, int value)
    {
        byte[] bytes = new byte[count];
        System.Array.Fill(bytes, (byte)value);
        return bytes;
    }

    private static Gen<int> OneOf(params int[] values)
    {
        return Gen.Int[0, values.Length - 1].Select(i => values[i]);
    }

    internal static bool IsZeroed(TlsSession session)
    {
        return System.Array.TrueForAll(session.Secret, b => b == 0);
    }

    /// <summary>Any text that a session may hold, empty as null.</summary>
    internal static readonly Gen<string> Text = Gen.Char[' ', '~'].Array[1, 255].Select(c => new string(c));

    private static readonly Gen<string?> s_maybeText = Gen.Frequency((1, Gen.Const((string?)null)), (3, Text.Select(t => (string?)t)));

    /// <summary>Any session that the rules allow.</summary>
    internal static readonly Gen<TlsSession> Any =
        from version in OneOf(ProtocolVersion.Tls12, ProtocolVersion.Tls13, ProtocolVersion.Dtls12)
        from suite in version == ProtocolVersion.Tls13 ? Gen.Int[0x1301, 0x1305].Where(CipherSuite.IsTls13) : OneOf(0x00A8, 0xC02B, 0xD001, 0xFFFF)
        from secret in Gen.Byte.Array[SessionRules.SecretBytes(version)]
        from ticket in Gen.Byte.Array[1, 400]
        from hasId in Gen.Bool
        from id in Gen.Byte.Array[1, 32]
        from hasTicket in Gen.Bool
        from serverName in s_maybeText
        from protocol in s_maybeText
        from received in Gen.Long[0, long.MaxValue]
        from lifetime in Gen.Int[1, int.MaxValue]
        from ageAdd in Gen.UInt
        from early in Gen.Int[0, int.MaxValue]
        from flags in Gen.Int[0, 3]
        from fragment in Gen.Int[0, 4]
        from limit in Gen.Frequency((1, Gen.Const(0)), (2, Gen.Int[64, 65535]))
        from until in Gen.Long[0, long.MaxValue]
        from hash in Gen.Byte.Array[32]
        from namedGroup in Gen.Int[0, 65535]
        select new TlsSession
        {
            Version = version,
            CipherSuite = suite,
            Secret = secret,
            Ticket = hasTicket || version == ProtocolVersion.Tls13 || !hasId ? ticket : null,
            SessionId = hasId ? id : null,
            ServerName = serverName,
            ApplicationProtocol = protocol,
            ReceivedUtcMs = received,
            LifetimeSeconds = lifetime,
            AgeAdd = ageAdd,
            MaxEarlyDataBytes = early,
            ExtendedMasterSecret = version != ProtocolVersion.Tls13 || (flags & 1) != 0,
            MaxFragmentLengthCode = fragment,
            PeerRecordSizeLimit = limit,
            Authenticated = (flags & 2) != 0,
            AuthenticatedUntilUtcSeconds = until,
            PeerKeyHash = (flags & 1) != 0 ? hash : null,
            Group = namedGroup,
        };

    /// <summary>Fails where two sessions differ in any public field.</summary>
    internal static void AssertSame(TlsSession expected, TlsSession actual)
    {
        foreach (System.Reflection.FieldInfo field in typeof(TlsSession).GetFields())
            Xunit.Assert.Equal(field.GetValue(expected), field.GetValue(actual));
    }
}
