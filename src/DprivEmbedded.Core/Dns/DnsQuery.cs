using System;

namespace DprivEmbedded.Dns;

/// <summary>Writes queries. Source: RFC 1035 section 4.1, RFC 6891 section 6.1.</summary>
public static class DnsQuery
{
    private const int HeaderBytes = 12;
    private const int OptBytes = 11;
    private const int OptionHeaderBytes = 4;

    /// <summary>Writes a query for one name with recursion desired, without allocating.</summary>
    /// <param name="buffer">Takes the message, without a length prefix.</param>
    /// <param name="offset">Where the first byte goes.</param>
    /// <param name="capacity">Bytes that may be written; 512 are enough for any name with padding to 128.</param>
    /// <param name="id">The message ID, 0..65535.</param>
    /// <param name="name">The name asked for.</param>
    /// <param name="type">One of <see cref="DnsType"/>, 0..65535.</param>
    /// <param name="dnsClass">One of <see cref="DnsClass"/>, 0..65535.</param>
    /// <param name="edns">What goes into the OPT record; null for none, which also means no padding.</param>
    /// <returns>Bytes written; or, where <paramref name="capacity"/> is too small, minus the number of bytes needed, and nothing is written.</returns>
    /// <exception cref="ArgumentException">An argument out of its range.</exception>
    /// <remarks>
    /// The size that is padded is that of the DNS message alone, without the 2-byte length prefix of stream transports. Padding is the last option and occurs once.
    /// Source: RFC 7830 section 3, RFC 8467 section 4.1.
    /// </remarks>
    public static int Write(byte[] buffer, int offset, int capacity, int id, DnsName name, int type, int dnsClass, EdnsOptions edns)
    {
        if (buffer == null)
            throw new ArgumentNullException("buffer");

        if (name == null)
            throw new ArgumentNullException("name");

        if (offset < 0 || capacity < 0 || offset > buffer.Length - capacity)
            throw new ArgumentOutOfRangeException("capacity", "offset and capacity must lie within the buffer.");

        if (id < 0 || id > 65535)
            throw new ArgumentOutOfRangeException("id", "The message ID must be 0..65535.");

        if (type < 0 || type > 65535)
            throw new ArgumentOutOfRangeException("type", "The type must be 0..65535.");

        if (dnsClass < 0 || dnsClass > 65535)
            throw new ArgumentOutOfRangeException("dnsClass", "The class must be 0..65535.");

        int needed = HeaderBytes + name.WireLength + 4;
        int optionBytes = 0;
        int padding = -1;
        if (edns != null)
        {
            if (edns.TcpKeepalive)
                optionBytes += OptionHeaderBytes;

            if (edns.ClientSubnetOptOut)
                optionBytes += OptionHeaderBytes + 4;

            int block = edns.PaddingBlockBytes;
            if (block > 0)
            {
                int unpadded = needed + OptBytes + optionBytes + OptionHeaderBytes;
                padding = (block - (unpadded % block)) % block;
                optionBytes += OptionHeaderBytes + padding;
            }

            needed += OptBytes + optionBytes;
        }

        if (needed > capacity)
            return -needed;

        int at = offset;
        at = WriteU16(buffer, at, id);
        at = WriteU16(buffer, at, 0x0100); // RD
        at = WriteU16(buffer, at, 1);
        at = WriteU16(buffer, at, 0);
        at = WriteU16(buffer, at, 0);
        at = WriteU16(buffer, at, edns != null ? 1 : 0);
        at += name.CopyTo(buffer, at);
        at = WriteU16(buffer, at, type);
        at = WriteU16(buffer, at, dnsClass);
        if (edns == null)
            return needed;

        buffer[at] = 0; // the root
        at = WriteU16(buffer, at + 1, DnsType.Opt);
        at = WriteU16(buffer, at, edns.UdpPayloadBytes);
        at = WriteU16(buffer, at, 0); // extended RCODE and version
        at = WriteU16(buffer, at, edns.DnssecOk ? 0x8000 : 0);
        at = WriteU16(buffer, at, optionBytes);
        if (edns.TcpKeepalive)
        {
            at = WriteU16(buffer, at, EdnsOptionCode.TcpKeepalive);
            at = WriteU16(buffer, at, 0);
        }

        if (edns.ClientSubnetOptOut)
        {
            at = WriteU16(buffer, at, EdnsOptionCode.ClientSubnet);
            at = WriteU16(buffer, at, 4);
            at = WriteU16(buffer, at, edns.ClientSubnetFamily);
            at = WriteU16(buffer, at, 0); // source and scope prefix lengths
        }

        if (padding >= 0)
        {
            at = WriteU16(buffer, at, EdnsOptionCode.Padding);
            at = WriteU16(buffer, at, padding);
            Array.Clear(buffer, at, padding);
        }

        return needed;
    }

    private static int WriteU16(byte[] buffer, int at, int value)
    {
        buffer[at] = (byte)(value >> 8);
        buffer[at + 1] = (byte)value;
        return at + 2;
    }
}
