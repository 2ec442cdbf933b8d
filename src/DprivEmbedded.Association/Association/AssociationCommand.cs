namespace DprivEmbedded.Association;

/// <summary>What <see cref="ServerAssociation.NextCommand"/> asks of the driver. The path is <see cref="ServerAssociation.CommandPath"/>.</summary>
public static class AssociationCommand
{
    /// <summary>Nothing more.</summary>
    public const int None = 0;

    /// <summary>
    /// Open a socket for the path: a TCP connection (with Fast Open where <see cref="ServerAssociation.CommandFastOpen"/>), or a UDP socket on a fresh port.
    /// Then <see cref="ServerAssociation.PathOpened"/>: for UDP and Fast Open at once, for TCP when the SYN-ACK is there; or <see cref="ServerAssociation.PathClosed"/>.
    /// </summary>
    public const int OpenPath = 1;

    /// <summary>Close the path's socket. What <see cref="ServerAssociation.Transmit"/> still has for it goes out first. No more inputs for the path until it is opened again.</summary>
    public const int ClosePath = 2;

    /// <summary>Replace the path's UDP socket by a new one: the device's address changed and the association goes on by its connection id (RFC 9146).</summary>
    public const int MovePath = 3;

    /// <summary>Send a TCP keepalive segment now. The answer, where the system shows it, is <see cref="ServerAssociation.PathAlive"/>.</summary>
    public const int ProbePath = 4;
}
