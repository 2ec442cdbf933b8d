using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>A parsed ClientHello. Source: RFC 8446 section 4.1.2 and RFC 5246 section 7.4.1.2. Extensions that nobody here knows are skipped.</summary>
internal sealed class ClientHello
{
    /// <summary>The legacy_version.</summary>
    public int LegacyVersion;

    /// <summary>The 32-byte random.</summary>
    public byte[] Random = [];

    /// <summary>The session id, 0..32 bytes.</summary>
    public byte[] SessionId = [];

    /// <summary>The cipher suites in the client's order.</summary>
    public int[] CipherSuites = [];

    /// <summary>The compression methods.</summary>
    public byte[] CompressionMethods = [];

    /// <summary>The types of all extensions in their order.</summary>
    public readonly List<int> Extensions = [];

    /// <summary>server_name's host name; null where absent.</summary>
    public string? ServerName;

    /// <summary>max_fragment_length's code; 0 where absent.</summary>
    public int MaxFragmentLengthCode;

    /// <summary>supported_groups; null where absent.</summary>
    public int[]? Groups;

    /// <summary>ec_point_formats; null where absent.</summary>
    public byte[]? PointFormats;

    /// <summary>signature_algorithms; null where absent.</summary>
    public int[]? SignatureSchemes;

    /// <summary>The application protocols; null where absent.</summary>
    public string[]? ApplicationProtocols;

    /// <summary>server_certificate_type; null where absent.</summary>
    public byte[]? ServerCertificateTypes;

    /// <summary>record_size_limit; 0 where absent.</summary>
    public int RecordSizeLimit;

    /// <summary>session_ticket's content; null where absent.</summary>
    public byte[]? SessionTicket;

    /// <summary>supported_versions; null where absent.</summary>
    public int[]? SupportedVersions;

    /// <summary>cookie; null where absent.</summary>
    public byte[]? Cookie;

    /// <summary>psk_key_exchange_modes; null where absent.</summary>
    public byte[]? PskModes;

    /// <summary>The groups of key_share; null where the extension is absent.</summary>
    public int[]? KeyShareGroups;

    /// <summary>The values of key_share, beside <see cref="KeyShareGroups"/>.</summary>
    public byte[][] KeyShares = [];

    /// <summary>The identities of pre_shared_key; null where absent.</summary>
    public byte[][]? PskIdentities;

    /// <summary>Their obfuscated ages.</summary>
    public uint[] PskAges = [];

    /// <summary>Their binders.</summary>
    public byte[][] PskBinders = [];

    /// <summary>Bytes of the message (with its header) before the list of binders: what the binders cover.</summary>
    public int TruncatedBytes;

    /// <summary>DTLS: the cookie, empty for none. Source: RFC 6347 section 4.2.1.</summary>
    public byte[] VerifyCookie = [];

    /// <summary>connection_id: what the client wants in records to it; null where absent. Source: RFC 9146 section 3.</summary>
    public byte[]? ConnectionId;

    /// <summary>heartbeat: 1 where the client answers requests, 2 where it wants none; 0 where absent. Source: RFC 6520 section 2.</summary>
    public int HeartbeatMode;

    /// <summary>renegotiation_info's content; null where absent.</summary>
    public byte[]? RenegotiationInfo;

    private readonly ByteReader _reader = new();
    private int _messageStart;

    /// <summary>Whether the extended_master_secret extension is there.</summary>
    public bool ExtendedMasterSecret => Extensions.Contains(ExtensionType.ExtendedMasterSecret);

    /// <summary>Whether the early_data extension is there.</summary>
    public bool EarlyData => Extensions.Contains(ExtensionType.EarlyData);

    /// <summary>Parses a message.</summary>
    /// <param name="buffer">Holds the message.</param>
    /// <param name="offset">First byte of its 4-byte header.</param>
    /// <param name="count">Number of bytes with the header.</param>
    /// <param name="datagram">Whether it is one of DTLS, with a cookie.</param>
    /// <returns><see cref="TlsError.None"/> or the error.</returns>
    public int Parse(byte[] buffer, int offset, int count, bool datagram = false)
    {
        _messageStart = offset;
        ByteReader r = _reader;
        r.Reset(buffer, offset + 4, count - 4);
        LegacyVersion = r.U16();
        Random = Take(32);
        int sessionIdBytes = r.U8();
        if (sessionIdBytes > 32)
            return TlsError.DecodeError;

        SessionId = Take(sessionIdBytes);
        if (datagram)
            VerifyCookie = Take(r.U8());

        CipherSuites = TakeU16s(r.U16());
        CompressionMethods = Take(r.U8());
        if (r.Failed || CipherSuites.Length == 0 || CompressionMethods.Length == 0)
            return TlsError.DecodeError;

        if (r.Remaining == 0)
            return TlsError.None;

        int outer = r.Enter(r.U16());
        while (r.Remaining > 0 && !r.Failed)
        {
            int type = r.U16();
            int inner = r.Enter(r.U16());
            if (r.Failed)
                return TlsError.DecodeError;

            if (Extensions.Contains(type))
                return TlsError.DuplicateExtension;

            if (PskIdentities != null)
                return TlsError.IllegalParameter;

            Extensions.Add(type);
            int error = ParseExtension(type);
            if (error != TlsError.None)
                return error;

            r.Leave(inner);
        }

        r.Leave(outer);
        return r.AtEnd ? TlsError.None : TlsError.DecodeError;
    }

    /// <summary>Checks what every ClientHello of TLS 1.3 must keep to. Source: RFC 8446 sections 4.1.2 and 9.2.</summary>
    /// <returns><see cref="TlsError.None"/> or the error.</returns>
    public int Check13()
    {
        bool unsharedGroup = KeyShareGroups != null && Groups != null && KeyShareGroups.Any(g => !Groups.Contains(g));
        if (CompressionMethods.Length != 1 || CompressionMethods[0] != 0 || unsharedGroup)
            return TlsError.IllegalParameter;

        if ((Groups == null) != (KeyShareGroups == null) || (PskIdentities != null && PskModes == null))
            return TlsError.MissingExtension;

        if (PskIdentities == null && (SignatureSchemes == null || Groups == null))
            return TlsError.MissingExtension;

        return EarlyData && PskIdentities == null ? TlsError.IllegalParameter : TlsError.None;
    }

    /// <summary>Whether this is a lawful answer to a HelloRetryRequest. Source: RFC 8446 section 4.1.2.</summary>
    /// <param name="first">The first ClientHello.</param>
    /// <param name="cookie">The cookie that was sent, or null.</param>
    /// <param name="group">The group that was asked for, or 0.</param>
    public bool FollowsRetryOf(ClientHello first, byte[]? cookie, int group)
    {
        bool sameCookie = cookie == null ? Cookie == null : Cookie != null && Cookie.AsSpan().SequenceEqual(cookie);
        bool share = group == 0 || (KeyShareGroups is { Length: 1 } && KeyShareGroups[0] == group);
        return sameCookie && share && !EarlyData
            && Random.AsSpan().SequenceEqual(first.Random)
            && SessionId.AsSpan().SequenceEqual(first.SessionId)
            && CipherSuites.AsSpan().SequenceEqual(first.CipherSuites)
            && (SupportedVersions?.Contains(ProtocolVersion.Tls13) ?? false);
    }

    private int ParseExtension(int type)
    {
        ByteReader r = _reader;
        switch (type)
        {
            case ExtensionType.ServerName:
                return ParseServerName();
            case ExtensionType.MaxFragmentLength:
                MaxFragmentLengthCode = r.U8();
                return r.Failed || MaxFragmentLengthCode is >= 1 and <= 4 ? TlsError.None : TlsError.IllegalParameter;
            case ExtensionType.SupportedGroups:
                Groups = TakeU16s(r.U16());
                return Groups.Length == 0 ? TlsError.DecodeError : TlsError.None;
            case ExtensionType.EcPointFormats:
                PointFormats = Take(r.U8());
                return PointFormats.Length == 0 ? TlsError.DecodeError : TlsError.None;
            case ExtensionType.SignatureAlgorithms:
                SignatureSchemes = TakeU16s(r.U16());
                return SignatureSchemes.Length == 0 ? TlsError.DecodeError : TlsError.None;
            case ExtensionType.ApplicationLayerProtocolNegotiation:
                return ParseApplicationProtocols();
            case ExtensionType.ServerCertificateType:
                ServerCertificateTypes = Take(r.U8());
                return ServerCertificateTypes.Length == 0 ? TlsError.DecodeError : TlsError.None;
            case ExtensionType.ExtendedMasterSecret:
            case ExtensionType.EarlyData:
                return TlsError.None;
            case ExtensionType.RecordSizeLimit:
                RecordSizeLimit = r.U16();
                return r.Failed || RecordSizeLimit >= 64 ? TlsError.None : TlsError.IllegalParameter;
            case ExtensionType.SessionTicket:
                SessionTicket = Take(r.Remaining);
                return TlsError.None;
            case ExtensionType.SupportedVersions:
                SupportedVersions = TakeU16s(r.U8());
                return SupportedVersions.Length == 0 ? TlsError.DecodeError : TlsError.None;
            case ExtensionType.Cookie:
                Cookie = Take(r.U16());
                return Cookie.Length == 0 ? TlsError.DecodeError : TlsError.None;
            case ExtensionType.PskKeyExchangeModes:
                PskModes = Take(r.U8());
                return PskModes.Length == 0 ? TlsError.DecodeError : TlsError.None;
            case ExtensionType.KeyShare:
                return ParseKeyShare();
            case ExtensionType.PreSharedKey:
                return ParsePreSharedKey();
            case ExtensionType.ConnectionId:
                ConnectionId = Take(r.U8());
                return TlsError.None;
            case ExtensionType.Heartbeat:
                HeartbeatMode = r.U8();
                return r.Failed || HeartbeatMode is 1 or 2 ? TlsError.None : TlsError.IllegalParameter;
            case ExtensionType.RenegotiationInfo:
                RenegotiationInfo = Take(r.U8());
                return TlsError.None;
            default:
                r.Skip(r.Remaining);
                return TlsError.None;
        }
    }

    private int ParseServerName()
    {
        ByteReader r = _reader;
        int list = r.Enter(r.U16());
        if (r.Remaining == 0)
            return TlsError.DecodeError;

        while (r.Remaining > 0 && !r.Failed)
        {
            int nameType = r.U8();
            byte[] name = Take(r.U16());
            if (r.Failed || name.Length == 0)
                return TlsError.DecodeError;

            if (nameType != 0)
                continue;

            if (ServerName != null || name.Contains((byte)0))
                return TlsError.IllegalParameter;

            ServerName = Encoding.Latin1.GetString(name).ToLowerInvariant();
        }

        r.Leave(list);
        return TlsError.None;
    }

    private int ParseApplicationProtocols()
    {
        ByteReader r = _reader;
        int list = r.Enter(r.U16());
        List<string> protocols = [];
        while (r.Remaining > 0 && !r.Failed)
        {
            byte[] name = Take(r.U8());
            if (name.Length == 0)
                return TlsError.DecodeError;

            protocols.Add(Encoding.Latin1.GetString(name));
        }

        r.Leave(list);
        ApplicationProtocols = [.. protocols];
        return protocols.Count == 0 ? TlsError.DecodeError : TlsError.None;
    }

    private int ParseKeyShare()
    {
        ByteReader r = _reader;
        int list = r.Enter(r.U16());
        List<int> groups = [];
        List<byte[]> shares = [];
        while (r.Remaining > 0 && !r.Failed)
        {
            int group = r.U16();
            byte[] share = Take(r.U16());
            if (r.Failed || share.Length == 0)
                return TlsError.DecodeError;

            if (groups.Contains(group))
                return TlsError.IllegalParameter;

            groups.Add(group);
            shares.Add(share);
        }

        r.Leave(list);
        KeyShareGroups = [.. groups];
        KeyShares = [.. shares];
        return TlsError.None;
    }

    private int ParsePreSharedKey()
    {
        ByteReader r = _reader;
        List<byte[]> identities = [];
        List<uint> ages = [];
        int list = r.Enter(r.U16());
        while (r.Remaining > 0 && !r.Failed)
        {
            byte[] identity = Take(r.U16());
            uint age = r.U32();
            if (r.Failed || identity.Length == 0)
                return TlsError.DecodeError;

            identities.Add(identity);
            ages.Add(age);
        }

        r.Leave(list);
        TruncatedBytes = r.Position - _messageStart;
        List<byte[]> binders = [];
        list = r.Enter(r.U16());
        while (r.Remaining > 0 && !r.Failed)
        {
            byte[] binder = Take(r.U8());
            if (r.Failed || binder.Length < 32)
                return TlsError.DecodeError;

            binders.Add(binder);
        }

        r.Leave(list);
        PskIdentities = [.. identities];
        PskAges = [.. ages];
        PskBinders = [.. binders];
        if (r.Failed || identities.Count == 0)
            return TlsError.DecodeError;

        return binders.Count == identities.Count ? TlsError.None : TlsError.IllegalParameter;
    }

    private byte[] Take(int count)
    {
        int start = _reader.Skip(count);
        return _reader.Failed ? [] : _reader.Buffer[start..(start + count)];
    }

    private int[] TakeU16s(int bytes)
    {
        if (bytes % 2 != 0)
            _reader.Failed = true;

        int outer = _reader.Enter(bytes);
        int[] values = new int[_reader.Remaining / 2];
        for (int i = 0; i < values.Length; i++)
            values[i] = _reader.U16();

        _reader.Leave(outer);
        return _reader.Failed ? [] : values;
    }
}
