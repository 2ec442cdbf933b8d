using System.Diagnostics;
using System.Net.Sockets;
using System.Threading;
using DprivEmbedded.Association;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sockets;

/// <summary>A server, its connection, and the memory of its failures (R2).</summary>
internal sealed class ServerState
{
    private long _passedOverUntil;

    public ServerState(DprivServer server, ServerConnection connection)
    {
        Server = server;
        Connection = connection;
    }

    public DprivServer Server { get; }

    public ServerConnection Connection { get; }

    public bool IsPassedOver => Interlocked.Read(ref _passedOverUntil) > Stopwatch.GetTimestamp();

    public void Succeeded() => Interlocked.Exchange(ref _passedOverUntil, 0);

    public void Failed(int error, SocketError socketError, DprivResolverOptions options)
    {
        // The answer was at fault, not the server's ability to give one.
        if (error == DotError.AnswerTooLarge || error == DotError.MalformedAnswer)
            return;

        bool refuses = error == TlsError.NotTls || socketError == SocketError.ConnectionRefused;
        int forMs = refuses ? options.RefusedServerRetryMs : options.FailedServerRetryMs;
        Interlocked.Exchange(ref _passedOverUntil, Stopwatch.GetTimestamp() + forMs * (Stopwatch.Frequency / 1000));
    }
}
