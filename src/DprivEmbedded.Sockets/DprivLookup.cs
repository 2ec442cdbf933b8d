using System;
using System.Collections.Generic;
using DprivEmbedded.Dns;

namespace DprivEmbedded.Sockets;

/// <summary>The result of one lookup: the answer, and what it cost.</summary>
public sealed class DprivLookup
{
    internal DprivLookup(DnsMessage message, byte[] bytes, DprivServer server)
    {
        Message = message;
        MessageBytes = bytes;
        Server = server;
    }

    /// <summary>The answer. Its response code may be an error of DNS, such as NXDOMAIN: that is a result, too.</summary>
    public DnsMessage Message { get; }

    /// <summary>The answer as it came.</summary>
    public byte[] MessageBytes { get; }

    /// <summary>The server that answered.</summary>
    public DprivServer Server { get; }

    /// <summary>The transport: "dot" or "dodtls".</summary>
    public string Transport { get; internal set; } = "dot";

    /// <summary>The protocol version, one of <see cref="Tls.ProtocolVersion"/>.</summary>
    public int Version { get; internal set; }

    /// <summary>The cipher suite, one of <see cref="Tls.CipherSuite"/>.</summary>
    public int CipherSuite { get; internal set; }

    /// <summary>What handshake this lookup waited for.</summary>
    public DprivHandshake Handshake { get; internal set; }

    /// <summary>Whether the server is authenticated. Always true in the strict profile.</summary>
    public bool IsAuthenticated { get; internal set; }

    /// <summary>Why it is not; 0 where it is. One of <see cref="Tls.TlsError"/>.</summary>
    public int AuthenticationError { get; internal set; }

    /// <summary>Round trips from the query to its answer: TCP's handshake (unless it carried data), TLS's, and the query's own.</summary>
    public int RoundTrips { get; internal set; }

    /// <summary>Bytes sent on the TLS stream between query and answer, those of a handshake and of other lookups at the same time included.</summary>
    public long BytesUp { get; internal set; }

    /// <summary>Bytes received likewise.</summary>
    public long BytesDown { get; internal set; }

    /// <summary>Time from the call to the answer.</summary>
    public TimeSpan Elapsed { get; internal set; }

    /// <summary>What the lookup did when it came, as the policy decided, one of <see cref="Association.QueryAction"/>.</summary>
    public int Action { get; internal set; }

    /// <summary>What happened to the paths to the server while the lookup was under way, in order. Empty where it went out and came back over what was there.</summary>
    public IReadOnlyList<PathEvent> PathEvents { get; internal set; } = Array.Empty<PathEvent>();

    /// <summary>How often the query was sent.</summary>
    public int Attempts { get; internal set; }

    /// <summary>Whether the first flight travelled in the SYN and the server took it there (RFC 7413).</summary>
    public bool UsedFastOpen { get; internal set; }
}
