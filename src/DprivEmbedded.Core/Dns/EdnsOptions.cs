using System;

namespace DprivEmbedded.Dns;

/// <summary>What a query says in its OPT record. Source: RFC 6891 section 6.1.</summary>
public sealed class EdnsOptions
{
    /// <summary>The block that RFC 8467 section 4.1 recommends for queries, in bytes.</summary>
    public const int DefaultPaddingBlockBytes = 128;

    private int _udpPayloadBytes = 1232;
    private int _paddingBlockBytes = DefaultPaddingBlockBytes;
    private int _clientSubnetFamily = 1;

    /// <summary>The largest answer that fits into a datagram, in bytes, 512..65535; 1232 by default, which fits the IPv6 minimum MTU. Source: RFC 6891 section 6.2.3, RFC 9715.</summary>
    public int UdpPayloadBytes
    {
        get
        {
            return _udpPayloadBytes;
        }

        set
        {
            if (value < 512 || value > 65535)
                throw new ArgumentOutOfRangeException("value", "UdpPayloadBytes must be 512..65535; 1232 is a good choice.");

            _udpPayloadBytes = value;
        }
    }

    /// <summary>Whether DNSSEC records are wanted (the DO bit). Source: RFC 3225.</summary>
    public bool DnssecOk { get; set; }

    /// <summary>The message is padded to a multiple of this many bytes, 0..4096; 128 by default, 0 for no padding. Source: RFC 7830, RFC 8467 section 4.1.</summary>
    public int PaddingBlockBytes
    {
        get
        {
            return _paddingBlockBytes;
        }

        set
        {
            if (value < 0 || value > 4096)
                throw new ArgumentOutOfRangeException("value", "PaddingBlockBytes must be 0..4096; 128 is what RFC 8467 recommends, 0 means no padding.");

            _paddingBlockBytes = value;
        }
    }

    /// <summary>Whether to ask for the server's idle time by an empty edns-tcp-keepalive option. Only for stream transports, never over UDP or DTLS. Source: RFC 7828 sections 3.2.1 and 3.4.</summary>
    public bool TcpKeepalive { get; set; }

    /// <summary>Whether to ask that no part of the client's address be passed on (a client subnet option with a source prefix of length 0). Source: RFC 7871 section 7.1.2.</summary>
    public bool ClientSubnetOptOut { get; set; }

    /// <summary>The address family in that option: 1 for IPv4 (the default), 2 for IPv6: that of the transport. The choice matters only to servers that refuse the option otherwise. Source: RFC 7871 sections 6 and 7.1.2.</summary>
    public int ClientSubnetFamily
    {
        get
        {
            return _clientSubnetFamily;
        }

        set
        {
            if (value != 1 && value != 2)
                throw new ArgumentOutOfRangeException("value", "ClientSubnetFamily must be 1 (IPv4) or 2 (IPv6).");

            _clientSubnetFamily = value;
        }
    }
}
