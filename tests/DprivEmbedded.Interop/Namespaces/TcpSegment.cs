using System.Net;

namespace DprivEmbedded.Interop.Namespaces;

/// <summary>One captured TCP segment.</summary>
/// <param name="TimeMs">Since the first packet of the capture.</param>
public sealed record TcpSegment(double TimeMs, IPEndPoint Source, IPEndPoint Destination, bool Syn, bool Ack, bool Fin, bool Rst, int PayloadLength)
{
    /// <summary>A SYN that carries data (RFC 7413).</summary>
    public bool IsSynWithData => Syn && !Ack && PayloadLength > 0;
}
