namespace DprivEmbedded.Harness;

/// <summary>What is to be done with the transport once everything was transmitted.</summary>
public enum TransportEnd
{
    /// <summary>It stays open.</summary>
    Open,

    /// <summary>It is ended in order (TCP: FIN).</summary>
    Fin,

    /// <summary>It is torn down (TCP: RST); bytes not transmitted yet are lost.</summary>
    Reset,
}
