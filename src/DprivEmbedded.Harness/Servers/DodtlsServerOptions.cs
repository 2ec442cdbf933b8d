namespace DprivEmbedded.Harness;

/// <summary>How a <see cref="DodtlsServer"/> behaves. May be changed while it runs.</summary>
public sealed class DodtlsServerOptions
{
    /// <summary>The DTLS side; its timeouts and its answer to unknown associations are there.</summary>
    public DtlsServerOptions Dtls { get; set; } = new();

    /// <summary>Whether messages have a length prefix.</summary>
    public PrefixMode Prefix { get; set; } = PrefixMode.Mirror;

    /// <summary>The largest answer in bytes, besides what the query's EDNS and the datagram allow. A longer one is sent as a question with TC.</summary>
    public int MaxAnswerBytes { get; set; } = 1232;

    /// <summary>How long each answer is held back, in milliseconds.</summary>
    public int AnswerDelayMs { get; set; }

    /// <summary>Up to how much longer, drawn for each answer, in milliseconds.</summary>
    public int AnswerJitterMs { get; set; }

    /// <summary>Whether answers may overtake each other: by their jitter, and by lot where several are due at once.</summary>
    public bool OutOfOrder { get; set; }

    /// <summary>Which part of the answers is never sent, by lot: 0..1.</summary>
    public double DropProbability { get; set; }

    /// <summary>Seed of all that is drawn.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>What is sent in place of answers. The faults of framing are: an empty record, a prefix of 65535, and half a message behind the whole one's prefix.</summary>
    public AnswerFault AnswerFault { get; set; }

    /// <summary>Every how many queries <see cref="AnswerFault"/> happens, beginning with the first: 1 for each.</summary>
    public int AnswerFaultEvery { get; set; } = 1;

    /// <summary>Whether the right answer follows the wrong one.</summary>
    public bool RightAnswerFollows { get; set; }
}
