using System.Diagnostics;
using System.Net.Sockets;
using System.Threading;
using DprivEmbedded.Association;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sockets;

/// <summary>A server, its associations, and the memory of its failures (R2).</summary>
internal sealed class ServerState
{
    private long _passedOverUntil;
    private long _noDatagramsUntil;

    public ServerState(DprivServer server, AssociationDriver connection, AssociationDriver? datagrams)
    {
        Server = server;
        Connection = connection;
        Datagrams = datagrams;
    }

    public DprivServer Server { get; }

    /// <summary>The way over TLS.</summary>
    public AssociationDriver Connection { get; }

    /// <summary>The way over DTLS; null where the server is asked over TLS only.</summary>
    public AssociationDriver? Datagrams { get; }

    /// <summary>Whether DTLS is to be tried: not where the server did not answer a handshake lately.</summary>
    public bool UsesDatagrams => Datagrams != null && Interlocked.Read(ref _noDatagramsUntil) <= Stopwatch.GetTimestamp();

    /// <summary>The way that lookups take now.</summary>
    public AssociationDriver Preferred => UsesDatagrams ? Datagrams! : Connection;

    public void DatagramsFailed(DprivResolverOptions options)
    {
        Interlocked.Exchange(ref _noDatagramsUntil, Stopwatch.GetTimestamp() + options.DatagramRetryMs * (Stopwatch.Frequency / 1000));
    }

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
