namespace DprivEmbedded.Harness;

/// <summary>What a faulty DNS-over-TLS server sends in place of an answer.</summary>
public enum AnswerFault
{
    /// <summary>The answer as it should be.</summary>
    None,

    /// <summary>Nothing.</summary>
    Drop,

    /// <summary>The answer with another message ID.</summary>
    WrongId,

    /// <summary>The answer with another name in its question.</summary>
    WrongQuestion,

    /// <summary>The query, sent back as it came (QR is 0).</summary>
    Echo,

    /// <summary>A frame whose length is 0.</summary>
    EmptyFrame,

    /// <summary>The answer behind a length of 65535; nothing follows.</summary>
    OversizeFrame,

    /// <summary>A frame that is complete and holds only the first half of the answer.</summary>
    HalfMessage,

    /// <summary>The right length and only the first half of the answer; what comes later is taken for the rest.</summary>
    HalfFrame,

    /// <summary>The question alone with TC set.</summary>
    Truncation,

    /// <summary>A frame of 64 random bytes.</summary>
    Garbage,

    /// <summary>The answer twice.</summary>
    Duplicate,
}
