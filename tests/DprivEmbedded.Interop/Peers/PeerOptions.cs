using System;
using System.Collections.Generic;
using System.Net;

namespace DprivEmbedded.Interop.Peers;

/// <summary>How a peer is started. What a peer has no setting for is refused by its StartAsync with <see cref="NotSupportedException"/>.</summary>
public sealed record PeerOptions
{
    /// <summary>The certificate that the peer shows; the P-256 one when null.</summary>
    public PeerCertificate? Certificate { get; init; }

    /// <summary>
    /// Commands of OpenSSL's system_default section, such as Groups, Options, MinProtocol, MaxProtocol, CipherString, Ciphersuites: for every peer on OpenSSL that
    /// does not set the same thing itself.
    /// </summary>
    public IReadOnlyDictionary<string, string> OpenSsl { get; init; } = new Dictionary<string, string>();

    /// <summary>After this much silence the peer closes; its own default when null.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>What edns-tcp-keepalive advertises; <see cref="IdleTimeout"/> when null. Only Dnsdist's backend lets the two differ.</summary>
    public TimeSpan? AdvertisedTimeout { get; init; }

    /// <summary>The plain DNS server behind a peer that has none of its own; the run's shared unbound when null.</summary>
    public IPEndPoint? Backend { get; init; }

    /// <summary>Also listen on [::1], where the peer can.</summary>
    public bool Ipv6 { get; init; }

    /// <summary>Start inside this network namespace, listening on <see cref="Address"/>.</summary>
    public string? NetworkNamespace { get; init; }

    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Lines added to the peer's configuration (Unbound: its server clause; Haproxy: its bind line; Stunnel: its service; Nginx: its server block).</summary>
    public string ExtraConfiguration { get; init; } = "";

    /// <summary>Arguments added to the command line.</summary>
    public IReadOnlyList<string> ExtraArguments { get; init; } = [];

    /// <summary>The bound on starting.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(20);
}
