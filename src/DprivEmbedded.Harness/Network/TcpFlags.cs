using System;

namespace DprivEmbedded.Harness.Network;

/// <summary>The flags of a TCP segment. Source: RFC 9293 section 3.1.</summary>
[Flags]
public enum TcpFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The last segment of its direction.</summary>
    Fin = 1,

    /// <summary>Opens a connection.</summary>
    Syn = 2,

    /// <summary>Tears a connection down.</summary>
    Rst = 4,

    /// <summary>Push.</summary>
    Psh = 8,

    /// <summary>The acknowledgement number counts.</summary>
    Ack = 16,
}
