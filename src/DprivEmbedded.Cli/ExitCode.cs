using DprivEmbedded.Association;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Cli;

/// <summary>The exit codes of <c>dpriv</c>; docs/cli.md has the same table.</summary>
public static class ExitCode
{
    /// <summary>Every lookup was answered (an answer such as NXDOMAIN is one).</summary>
    public const int Answered = 0;

    /// <summary>A defect of this program.</summary>
    public const int Internal = 1;

    /// <summary>Bad input: an argument, an option, a file.</summary>
    public const int BadInput = 2;

    /// <summary>The server could not be authenticated.</summary>
    public const int NotAuthenticated = 3;

    /// <summary>No connection: nothing listens, or nothing answers.</summary>
    public const int NoConnection = 4;

    /// <summary>The server does not speak TLS as it should, or refused.</summary>
    public const int TlsFailed = 5;

    /// <summary>No answer in time.</summary>
    public const int Timeout = 6;

    /// <summary>The server's answer is no answer: malformed, or too large.</summary>
    public const int BadAnswer = 7;

    /// <summary>Ended by a signal.</summary>
    public const int Interrupted = 130;

    /// <summary>The exit code for an error number.</summary>
    /// <param name="error">One of <see cref="TlsError"/> or <see cref="DotError"/>.</param>
    public static int For(int error)
    {
        switch (error)
        {
            case TlsError.None:
                return Answered;
            case TlsError.ConnectFailed:
                return NoConnection;
            case TlsError.HandshakeTimeout:
            case TlsError.SilentPeer:
            case DotError.QueryTimeout:
                return Timeout;
            case DotError.AnswerTooLarge:
            case DotError.MalformedAnswer:
            case DotError.MalformedFrame:
                return BadAnswer;
            case DotError.Cancelled:
                return Interrupted;
            default:
                return error is >= 100 and < 150 ? NotAuthenticated : TlsFailed;
        }
    }
}
