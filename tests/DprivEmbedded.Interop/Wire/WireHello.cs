using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace DprivEmbedded.Interop.Wire;

/// <summary>A ClientHello or ServerHello as read from the wire (RFC 8446 section 4.1).</summary>
public sealed class WireHello
{
    public const int PreSharedKey = 41;
    public const int EarlyData = 42;
    public const int SupportedVersions = 43;
    public const int Cookie = 44;
    public const int PskKeyExchangeModes = 45;
    public const int KeyShare = 51;
    public const int SessionTicket = 35;
    public const int ExtendedMasterSecret = 23;
    public const int Alpn = 16;
    public const int ServerName = 0;

    private static readonly byte[] s_retryRandom = Convert.FromHexString("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C");

    private readonly Dictionary<int, byte[]> _extensions = [];

    private WireHello(ReadOnlySpan<byte> message, bool client)
    {
        IsClient = client;
        Length = message.Length;
        var body = message[4..];
        IsRetryRequest = !client && body.Slice(2, 32).SequenceEqual(s_retryRandom);
        var at = 34;
        SessionId = body.Slice(at + 1, body[at]).ToArray();
        at += 1 + SessionId.Length;
        if (client)
        {
            var count = BinaryPrimitives.ReadUInt16BigEndian(body[at..]) / 2;
            CipherSuites = new int[count];
            for (var i = 0; i < count; i++)
                CipherSuites[i] = BinaryPrimitives.ReadUInt16BigEndian(body[(at + 2 + (2 * i))..]);
            at += 2 + (2 * count);
            at += 1 + body[at];
        }
        else
        {
            CipherSuites = [BinaryPrimitives.ReadUInt16BigEndian(body[at..])];
            at += 3;
        }

        if (at == body.Length)
            return;
        at += 2;
        while (at + 4 <= body.Length)
        {
            var type = BinaryPrimitives.ReadUInt16BigEndian(body[at..]);
            var length = BinaryPrimitives.ReadUInt16BigEndian(body[(at + 2)..]);
            _extensions[type] = body.Slice(at + 4, length).ToArray();
            Extensions.Add(type);
            at += 4 + length;
        }
    }

    public bool IsClient { get; }

    /// <summary>A ServerHello that is a HelloRetryRequest.</summary>
    public bool IsRetryRequest { get; }

    /// <summary>Bytes of the handshake message with its four-byte header.</summary>
    public int Length { get; }

    public byte[] SessionId { get; }

    /// <summary>Those offered, or the one chosen.</summary>
    public int[] CipherSuites { get; }

    /// <summary>The extensions' types in their order.</summary>
    public List<int> Extensions { get; } = [];

    public bool Has(int extension) => _extensions.ContainsKey(extension);

    public byte[]? Extension(int type) => _extensions.GetValueOrDefault(type);

    /// <summary>Null when the bytes are no whole hello.</summary>
    internal static WireHello? TryRead(ReadOnlySpan<byte> message, bool client)
    {
        try
        {
            return new WireHello(message, client);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
        catch (IndexOutOfRangeException)
        {
            return null;
        }
    }
}
