namespace DprivEmbedded.Harness.Network;

/// <summary>The state of a TCP connection. Source: RFC 9293 section 3.3.2.</summary>
public enum TcpState
{
    /// <summary>It sent a SYN, or waits for the data to put into it.</summary>
    SynSent,

    /// <summary>It received a SYN and answered it.</summary>
    SynReceived,

    /// <summary>Open.</summary>
    Established,

    /// <summary>This end closed; its FIN is not acknowledged.</summary>
    FinWait1,

    /// <summary>This end closed, and the other has not.</summary>
    FinWait2,

    /// <summary>The other end closed, and this has not.</summary>
    CloseWait,

    /// <summary>Both closed at once.</summary>
    Closing,

    /// <summary>Both closed, the other first; this FIN is not acknowledged.</summary>
    LastAck,

    /// <summary>Both closed, this first.</summary>
    TimeWait,

    /// <summary>It is no more.</summary>
    Closed,
}
