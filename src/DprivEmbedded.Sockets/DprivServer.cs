using System;
using System.Collections.Generic;
using System.Net;

namespace DprivEmbedded.Sockets;

/// <summary>One DNS server: where it is, and how it is authenticated.</summary>
/// <remarks>The address is never looked up: resolving a private resolver's name in the clear would give the game away.</remarks>
public sealed class DprivServer
{
    /// <summary>The port of DNS over TLS (RFC 7858 section 3.1).</summary>
    public const int DefaultPort = 853;

    /// <summary>Makes one.</summary>
    /// <param name="address">Its IPv4 or IPv6 address.</param>
    /// <param name="port">Its port, 1..65535 except 53, which is never used for TLS (RFC 7858 section 3.1).</param>
    public DprivServer(IPAddress address, int port = DefaultPort)
    {
        Address = address ?? throw new ArgumentNullException(nameof(address));
        Port = port;
    }

    /// <summary>The address.</summary>
    public IPAddress Address { get; }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>How the server is asked: over TLS, or over DTLS first.</summary>
    public DprivTransport Transport { get; set; } = DprivTransport.Dot;

    /// <summary>The UDP port for DTLS where it is not <see cref="Port"/>.</summary>
    public int? DatagramPort { get; set; }

    /// <summary>DTLS: whether a 2-byte length goes before each message. RFC 8094 section 3.3 has none, but some servers want it; replies are recognised in both forms.</summary>
    public bool LengthPrefix { get; set; }

    /// <summary>The authentication domain name (RFC 8310 section 2), also sent as server_name; or an IP address that the certificate must name. Null for none.</summary>
    public string? AuthenticationName { get; set; }

    /// <summary>SPKI pins (RFC 7858 section 4.2): SHA-256 of the SubjectPublicKeyInfo, 32 bytes each; one must match. Give a backup pin as well. With <see cref="AuthenticationName"/> set, both must match.</summary>
    public IList<byte[]> Pins { get; } = new List<byte[]>();

    /// <summary>The identity of a pre-shared key, 1..256 bytes; null for none.</summary>
    public byte[]? PskIdentity { get; set; }

    /// <summary>The pre-shared key, 1..256 bytes.</summary>
    public byte[]? Psk { get; set; }

    /// <summary>Whether the certificate's path is checked against <see cref="DprivResolverOptions.TrustAnchors"/> for <see cref="AuthenticationName"/>. Without it the name is sent but only pins or the PSK authenticate.</summary>
    public bool ValidateCertificate { get; set; } = true;

    /// <summary>The address and port, "192.0.2.1:853" or "[2001:db8::1]:853".</summary>
    public override string ToString() => new IPEndPoint(Address, Port).ToString();

    /// <summary>Reads "ADDRESS", "ADDRESS:PORT", "[IPV6]" or "[IPV6]:PORT".</summary>
    /// <param name="text">The text.</param>
    /// <returns>The server.</returns>
    /// <exception cref="FormatException">The text is none of these; the message says what would be right.</exception>
    public static DprivServer Parse(string text)
    {
        if (text == null)
            throw new ArgumentNullException(nameof(text));
        // The framework also reads "[::1]:853" as an address, dropping the port, and "1" as 0.0.0.1.
        if (IPAddress.TryParse(text, out IPAddress? plain) && text[0] != '[' && (text.Contains('.') || text.Contains(':')))
            return new DprivServer(plain);

        int colon = text.LastIndexOf(':');
        string host = colon > 0 && text[text.Length - 1] != ']' ? text.Substring(0, colon) : text;
        string port = host.Length == text.Length ? "853" : text.Substring(colon + 1);
        if (host.Length > 2 && host[0] == '[' && host[host.Length - 1] == ']')
            host = host.Substring(1, host.Length - 2);
        if (!IPAddress.TryParse(host, out IPAddress? address) || !(host.Contains('.') || host.Contains(':')))
            throw new FormatException($"'{text}' is no server: give an IP address, with a port if it is not 853, such as 192.0.2.1, 192.0.2.1:8853 or [2001:db8::1]:853. A host name is not looked up: that would be a lookup in the clear.");
        if (!int.TryParse(port, out int number) || number < 1 || number > 65535)
            throw new FormatException($"'{port}' is no port: give a number from 1 to 65535.");

        return new DprivServer(address, number);
    }

    internal string? Validate(DprivProfile profile)
    {
        if (Port < 1 || Port > 65535)
            return $"The port of {Address} must be 1 to 65535.";
        if (Port == 53)
            return $"Port 53 of {Address} is for DNS in the clear and never used for TLS (RFC 7858 section 3.1); DNS over TLS has port 853.";
        if (DatagramPort is < 1 or > 65535 or 53)
            return $"DatagramPort of {Address} must be 1 to 65535, and not 53.";
        foreach (byte[] pin in Pins)
        {
            if (pin == null || pin.Length != 32)
                return $"A pin of {this} must have 32 bytes, the SHA-256 of the server's SubjectPublicKeyInfo.";
        }

        if ((Psk == null) != (PskIdentity == null))
            return $"Psk and PskIdentity of {this} belong together: set both or neither.";
        if (Psk != null && (Psk.Length is 0 or > 256 || PskIdentity!.Length is 0 or > 256))
            return $"Psk and PskIdentity of {this} must have 1 to 256 bytes each.";
        if (profile == DprivProfile.Strict && Pins.Count == 0 && Psk == null && (AuthenticationName == null || !ValidateCertificate))
            return $"Nothing can authenticate {this}: the strict profile needs an AuthenticationName, pins or a PSK. (DprivProfile.Opportunistic goes on without.)";

        return null;
    }
}
