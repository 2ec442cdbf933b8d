using System.Collections.Generic;

namespace DprivEmbedded.Interop.Wire;

/// <summary>A record's header as it passed, and what of it is readable without keys.</summary>
/// <param name="Direction">Who sent it.</param>
/// <param name="Type">Its content type; 25 with a connection id.</param>
/// <param name="Epoch">0 is plain.</param>
/// <param name="Length">Bytes of its content; -1 behind a connection id, whose size the wire does not tell.</param>
/// <param name="Messages">The types of the handshake messages in it, where it is plain.</param>
public sealed record DtlsWireRecord(WireDirection Direction, int Type, int Epoch, int Length, IReadOnlyList<int> Messages)
{
    public const int ChangeCipherSpec = 20;
    public const int Alert = 21;
    public const int Handshake = 22;
    public const int ApplicationData = 23;
    public const int Heartbeat = 24;
    public const int WithConnectionId = 25;
}
