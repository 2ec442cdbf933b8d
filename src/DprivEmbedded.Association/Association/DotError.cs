using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

/// <summary>Errors of the DNS conversation, beside those of <see cref="TlsError"/>: 200..249.</summary>
public static class DotError
{
    /// <summary>No answer came in time.</summary>
    public const int QueryTimeout = 200;

    /// <summary>The answer does not fit into the answer buffer.</summary>
    public const int AnswerTooLarge = 201;

    /// <summary>A length prefix that no DNS message can have (under 12). The connection is given up.</summary>
    public const int MalformedFrame = 202;

    /// <summary>The message with the query's ID does not parse, or answers another question.</summary>
    public const int MalformedAnswer = 203;

    /// <summary>The query was sent as often as allowed, and each connection was lost before the answer.</summary>
    public const int TooManyAttempts = 204;

    /// <summary>The caller withdrew the query.</summary>
    public const int Cancelled = 205;

    /// <summary>The query does not fit into a datagram.</summary>
    public const int QueryTooLarge = 206;

    /// <summary>Says an error in words.</summary>
    /// <param name="error">An error number of this class or of <see cref="TlsError"/>.</param>
    /// <returns>A sentence without a full stop.</returns>
    public static string Describe(int error)
    {
        switch (error)
        {
            case QueryTimeout: return "no answer came in time";
            case AnswerTooLarge: return "the answer does not fit into the answer buffer; use a larger one";
            case MalformedFrame: return "the server sent a length prefix that no DNS message can have";
            case MalformedAnswer: return "the server's answer does not parse or answers another question";
            case TooManyAttempts: return "the connection was lost before the answer as often as allowed";
            case Cancelled: return "the query was cancelled";
            case QueryTooLarge: return "the query does not fit into a datagram";
            default: return TlsError.Describe(error);
        }
    }
}
