using System.Net;

namespace DprivEmbedded.Harness;

/// <summary>A client's address as a <see cref="DodtlsServerHost"/> tells them apart.</summary>
/// <param name="Socket">The index of the server's own address.</param>
/// <param name="EndPoint">The client's.</param>
public sealed record UdpPeer(int Socket, IPEndPoint EndPoint);
