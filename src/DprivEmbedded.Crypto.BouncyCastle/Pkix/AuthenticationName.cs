using System;
using System.Net;
using System.Net.Sockets;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.X509;

namespace DprivEmbedded.Crypto.BouncyCastle.Pkix;

/// <summary>The name that a server's certificate must have: a DNS name or an IP address. Source: RFC 8310 section 8.1, RFC 6125 section 6.4.</summary>
internal sealed class AuthenticationName
{
    private const int MaxNameChars = 253;
    private const int MaxLabelChars = 63;

    private readonly string? _dnsName;
    private readonly byte[]? _address;

    /// <summary>Parses the name.</summary>
    /// <exception cref="ArgumentException">It is neither a DNS name in A-labels nor an IP address.</exception>
    public AuthenticationName(string name)
    {
        if (name == null)
            throw new ArgumentNullException(nameof(name));

        _address = ParseAddress(name);
        if (_address == null)
            _dnsName = ParseDnsName(name);
    }

    /// <summary>Whether a certificate has the name in its subjectAltName. The subject is never looked at.</summary>
    public bool Matches(X509Certificate certificate)
    {
        GeneralNames? names = certificate.GetSubjectAlternativeNameExtension();
        if (names == null)
            return false;

        foreach (GeneralName name in names.GetNames())
        {
            if (_address != null && name.TagNo == GeneralName.IPAddress && CertificateFacts.SameBytes(Asn1OctetString.GetInstance(name.Name).GetOctets(), _address))
                return true;
            if (_dnsName != null && name.TagNo == GeneralName.DnsName && DnsNameMatches(((IAsn1String)name.Name).GetString(), _dnsName))
                return true;
        }

        return false;
    }

    /// <summary>Compares a presented name with a reference name in lower case. A wildcard is the whole left-most label, stands for one label, and has two labels or more behind it.</summary>
    internal static bool DnsNameMatches(string presented, string reference)
    {
        string rest = presented;
        if (presented.StartsWith("*.", StringComparison.Ordinal))
        {
            int dot = reference.IndexOf('.');
            rest = presented.Substring(2);
            if (dot <= 0 || rest.IndexOf('.') < 0)
                return false;

            reference = reference.Substring(dot + 1);
        }

        // A "*" elsewhere equals no character of a reference name.
        if (rest.Length != reference.Length)
            return false;

        for (int i = 0; i < rest.Length; i++)
        {
            if (Lower(rest[i]) != reference[i])
                return false;
        }

        return true;
    }

    private static char Lower(char c) => c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;

    private static byte[]? ParseAddress(string name)
    {
        bool six = name.IndexOf(':') >= 0;
        if (!six && !IsDottedQuad(name))
            return null;
        if (name.IndexOf('%') >= 0 || name.IndexOf('[') >= 0 || !IPAddress.TryParse(name, out IPAddress? address) || (address.AddressFamily == AddressFamily.InterNetworkV6) != six)
            throw new ArgumentException("The authentication name \"" + name + "\" is no IP address.", nameof(name));

        return address.GetAddressBytes();
    }

    private static bool IsDottedQuad(string name)
    {
        string[] parts = name.Split('.');
        if (parts.Length != 4)
            return false;

        foreach (string part in parts)
        {
            if (part.Length == 0 || part.Length > 3)
                return false;

            foreach (char c in part)
            {
                if (c < '0' || c > '9')
                    return false;
            }
        }

        return true;
    }

    private static string ParseDnsName(string name)
    {
        string trimmed = name.EndsWith(".", StringComparison.Ordinal) ? name.Substring(0, name.Length - 1) : name;
        if (trimmed.Length == 0 || trimmed.Length > MaxNameChars)
            throw new ArgumentException("An authentication name has 1 to 253 characters.", nameof(name));

        foreach (string label in trimmed.Split('.'))
        {
            if (label.Length == 0 || label.Length > MaxLabelChars)
                throw new ArgumentException("The authentication name \"" + name + "\" has an empty or too long label.", nameof(name));

            foreach (char c in label)
            {
                if (c > 0x7f)
                    throw new ArgumentException("The authentication name \"" + name + "\" is not in ASCII; give an internationalised name as A-labels (xn--...).", nameof(name));
                if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
                    throw new ArgumentException("The authentication name \"" + name + "\" has a character that host names do not have.", nameof(name));
            }
        }

        char[] lower = trimmed.ToCharArray();
        for (int i = 0; i < lower.Length; i++)
            lower[i] = Lower(lower[i]);

        return new string(lower);
    }
}
