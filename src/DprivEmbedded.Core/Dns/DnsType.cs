namespace DprivEmbedded.Dns;

/// <summary>Record types. Source: RFC 1035 section 3.2.2 and the IANA registry "Resource Record (RR) TYPEs".</summary>
public static class DnsType
{
    /// <summary>A: an IPv4 address. Source: RFC 1035 section 3.4.1.</summary>
    public const int A = 1;

    /// <summary>NS: a name server of a zone. Source: RFC 1035 section 3.3.11.</summary>
    public const int Ns = 2;

    /// <summary>CNAME: the canonical name behind an alias. Source: RFC 1035 section 3.3.1.</summary>
    public const int Cname = 5;

    /// <summary>SOA: the start of a zone of authority. Source: RFC 1035 section 3.3.13.</summary>
    public const int Soa = 6;

    /// <summary>PTR: a pointer to a name. Source: RFC 1035 section 3.3.12.</summary>
    public const int Ptr = 12;

    /// <summary>HINFO: host information. Source: RFC 1035 section 3.3.2, RFC 8482.</summary>
    public const int Hinfo = 13;

    /// <summary>MX: a mail exchange. Source: RFC 1035 section 3.3.9.</summary>
    public const int Mx = 15;

    /// <summary>TXT: text strings. Source: RFC 1035 section 3.3.14.</summary>
    public const int Txt = 16;

    /// <summary>AAAA: an IPv6 address. Source: RFC 3596 section 2.1.</summary>
    public const int Aaaa = 28;

    /// <summary>LOC: a location. Source: RFC 1876.</summary>
    public const int Loc = 29;

    /// <summary>SRV: the location of a service. Source: RFC 2782.</summary>
    public const int Srv = 33;

    /// <summary>NAPTR: a naming authority pointer. Source: RFC 3403 section 4.</summary>
    public const int Naptr = 35;

    /// <summary>DNAME: an alias for a whole subtree. Source: RFC 6672.</summary>
    public const int Dname = 39;

    /// <summary>OPT: the EDNS(0) pseudo-record. Source: RFC 6891 section 6.1.</summary>
    public const int Opt = 41;

    /// <summary>DS: a delegation signer. Source: RFC 4034 section 5.</summary>
    public const int Ds = 43;

    /// <summary>SSHFP: an SSH key fingerprint. Source: RFC 4255.</summary>
    public const int Sshfp = 44;

    /// <summary>RRSIG: a signature over a record set. Source: RFC 4034 section 3.</summary>
    public const int Rrsig = 46;

    /// <summary>NSEC: a denial of existence. Source: RFC 4034 section 4.</summary>
    public const int Nsec = 47;

    /// <summary>DNSKEY: a zone's public key. Source: RFC 4034 section 2.</summary>
    public const int Dnskey = 48;

    /// <summary>NSEC3: a hashed denial of existence. Source: RFC 5155 section 3.</summary>
    public const int Nsec3 = 50;

    /// <summary>NSEC3PARAM: the parameters of NSEC3. Source: RFC 5155 section 4.</summary>
    public const int Nsec3param = 51;

    /// <summary>TLSA: a certificate association. Source: RFC 6698 section 2.</summary>
    public const int Tlsa = 52;

    /// <summary>SMIMEA: an S/MIME certificate association. Source: RFC 8162.</summary>
    public const int Smimea = 53;

    /// <summary>CDS: a child's DS. Source: RFC 7344.</summary>
    public const int Cds = 59;

    /// <summary>CDNSKEY: a child's DNSKEY. Source: RFC 7344.</summary>
    public const int Cdnskey = 60;

    /// <summary>OPENPGPKEY: an OpenPGP key. Source: RFC 7929.</summary>
    public const int Openpgpkey = 61;

    /// <summary>CSYNC: child-to-parent synchronisation. Source: RFC 7477.</summary>
    public const int Csync = 62;

    /// <summary>ZONEMD: a digest over a zone. Source: RFC 8976.</summary>
    public const int Zonemd = 63;

    /// <summary>SVCB: a service binding. Source: RFC 9460.</summary>
    public const int Svcb = 64;

    /// <summary>HTTPS: the service binding of an HTTPS origin. Source: RFC 9460 section 9.</summary>
    public const int Https = 65;

    /// <summary>SPF: a sender policy, obsolete. Source: RFC 7208 section 3.1.</summary>
    public const int Spf = 99;

    /// <summary>TKEY: a transaction key. Source: RFC 2930.</summary>
    public const int Tkey = 249;

    /// <summary>TSIG: a transaction signature. Source: RFC 8945.</summary>
    public const int Tsig = 250;

    /// <summary>IXFR: a request for an incremental zone transfer. Source: RFC 1995.</summary>
    public const int Ixfr = 251;

    /// <summary>AXFR: a request for a zone transfer. Source: RFC 5936.</summary>
    public const int Axfr = 252;

    /// <summary>ANY: a request for any records. Source: RFC 8482.</summary>
    public const int Any = 255;

    /// <summary>URI: a URI. Source: RFC 7553.</summary>
    public const int Uri = 256;

    /// <summary>CAA: which authorities may issue certificates. Source: RFC 8659.</summary>
    public const int Caa = 257;

    private static readonly int[] Codes =
    {
        A, Ns, Cname, Soa, Ptr, Hinfo, Mx, Txt, Aaaa, Loc, Srv, Naptr, Dname, Opt, Ds, Sshfp, Rrsig, Nsec, Dnskey, Nsec3, Nsec3param, Tlsa,
        Smimea, Cds, Cdnskey, Openpgpkey, Csync, Zonemd, Svcb, Https, Spf, Tkey, Tsig, Ixfr, Axfr, Any, Uri, Caa,
    };

    private static readonly string[] Names =
    {
        "A", "NS", "CNAME", "SOA", "PTR", "HINFO", "MX", "TXT", "AAAA", "LOC", "SRV", "NAPTR", "DNAME", "OPT", "DS", "SSHFP", "RRSIG",
        "NSEC", "DNSKEY", "NSEC3", "NSEC3PARAM", "TLSA", "SMIMEA", "CDS", "CDNSKEY", "OPENPGPKEY", "CSYNC", "ZONEMD", "SVCB", "HTTPS",
        "SPF", "TKEY", "TSIG", "IXFR", "AXFR", "ANY", "URI", "CAA",
    };

    /// <summary>The mnemonic of a number, or <c>TYPEnnn</c> where it has none. Source: RFC 3597 section 5.</summary>
    /// <param name="type">The number, 0..65535.</param>
    /// <returns>The text.</returns>
    public static string ToText(int type)
    {
        string name = DnsText.NameOf(type, Codes, Names);
        return name != null ? name : "TYPE" + type.ToString();
    }

    /// <summary>The number behind a mnemonic or <c>TYPEnnn</c>, whatever the case.</summary>
    /// <param name="text">For example <c>AAAA</c>.</param>
    /// <returns>0..65535; -1 where the text is neither.</returns>
    public static int FromText(string text)
    {
        return DnsText.CodeOf(text, Codes, Names, "TYPE", 65535);
    }
}
