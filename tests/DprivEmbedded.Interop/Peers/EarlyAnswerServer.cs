using System;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// A small DNS-over-TLS front on OpenSSL's libssl, before an unbound, that answers early data before the client's Finished: a lookup in one round trip. No stock server does that here
/// (haproxy 2.6 takes early data, yet reads on until EndOfEarlyData before it asks its backend). OpenSSL's replay protection is on: a ticket gives early data once.
/// </summary>
public sealed class EarlyAnswerServer : IAsyncDisposable
{
    private readonly IPEndPoint _backend;
    private readonly IntPtr _context;
    private readonly Socket _listener;
    private readonly Thread _accepting;
    private readonly ConcurrentDictionary<Socket, Thread> _connections = new();
    private int _earlyAnswers;
    private int _lateAnswers;
    private int _resumptions;
    private volatile bool _stopping;

    private EarlyAnswerServer(PeerCertificate certificate, IPEndPoint backend, uint maxEarlyDataBytes)
    {
        _backend = backend;
        _context = LibSsl.SSL_CTX_new(LibSsl.TLS_server_method());
        Check(LibSsl.SSL_CTX_use_certificate_chain_file(_context, certificate.ChainPath) == 1, "certificate");
        Check(LibSsl.SSL_CTX_use_PrivateKey_file(_context, certificate.KeyPath, LibSsl.FileTypePem) == 1, "key");
        Check(LibSsl.SSL_CTX_set_max_early_data(_context, maxEarlyDataBytes) == 1, "early data");
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        Tls = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = new Thread(Accept) { IsBackground = true };
        _accepting.Start();
    }

    public IPEndPoint Tls { get; }

    /// <summary>Answers sent before the client's Finished.</summary>
    public int EarlyAnswers => Volatile.Read(ref _earlyAnswers);

    public int LateAnswers => Volatile.Read(ref _lateAnswers);

    /// <summary>Connections whose handshake was complete and a resumption.</summary>
    public int Resumptions => Volatile.Read(ref _resumptions);

    /// <param name="certificate">The P-256 one when null.</param>
    /// <param name="backend">The shared unbound when null.</param>
    /// <param name="maxEarlyDataBytes">What its tickets promise to take.</param>
    public static async Task<EarlyAnswerServer> StartAsync(PeerCertificate? certificate = null, IPEndPoint? backend = null, uint maxEarlyDataBytes = 16384) =>
        new(certificate ?? PeerCertificates.Shared.Ecdsa, backend ?? await Backend.ForAsync(new PeerOptions()).ConfigureAwait(false), maxEarlyDataBytes);

    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        // A thread in accept or read wakes up from a shutdown, not from a close.
        Shutdown(_listener);
        await Task.Run(_accepting.Join).ConfigureAwait(false);
        _listener.Dispose();
        foreach (var (socket, thread) in _connections)
        {
            Shutdown(socket);
            await Task.Run(thread.Join).ConfigureAwait(false);
        }

        LibSsl.SSL_CTX_free(_context);
    }

    private static void Check(bool condition, string what)
    {
        if (!condition)
            throw new InvalidOperationException("OpenSSL refuses the " + what);
    }

    private static void Shutdown(Socket socket)
    {
        try
        {
            _ = ShutdownFile((int)socket.Handle, 2);
        }
        catch (ObjectDisposedException)
        {
            // Its connection ended by itself.
        }
    }

    [DllImport("libc", EntryPoint = "shutdown")]
    private static extern int ShutdownFile(int file, int how);

    private void Accept()
    {
        while (!_stopping)
        {
            Socket socket;
            try
            {
                socket = _listener.Accept();
            }
            catch (SocketException)
            {
                return;
            }

            socket.NoDelay = true;
            var thread = new Thread(() => Serve(socket)) { IsBackground = true };
            _connections[socket] = thread;
            thread.Start();
        }
    }

    private void Serve(Socket socket)
    {
        var ssl = LibSsl.SSL_new(_context);
        try
        {
            Check(LibSsl.SSL_set_fd(ssl, (int)socket.Handle) == 1, "socket");
            var pending = new List<byte>();
            var buffer = new byte[4096];
            int state;
            while ((state = LibSsl.SSL_read_early_data(ssl, buffer, (nuint)buffer.Length, out var count)) == LibSsl.ReadEarlyDataSuccess)
            {
                pending.AddRange(buffer.AsSpan(0, (int)count));
                while (Answer(pending) is { } answer && LibSsl.SSL_write_early_data(ssl, answer, (nuint)answer.Length, out _) == 1)
                    Interlocked.Increment(ref _earlyAnswers);
            }

            if (state == LibSsl.ReadEarlyDataError || LibSsl.SSL_accept(ssl) != 1)
                return;
            if (LibSsl.SSL_session_reused(ssl) == 1)
                Interlocked.Increment(ref _resumptions);
            while (LibSsl.SSL_read_ex(ssl, buffer, (nuint)buffer.Length, out var count) == 1)
            {
                pending.AddRange(buffer.AsSpan(0, (int)count));
                while (Answer(pending) is { } answer && LibSsl.SSL_write_ex(ssl, answer, (nuint)answer.Length, out _) == 1)
                    Interlocked.Increment(ref _lateAnswers);
            }

            _ = LibSsl.SSL_shutdown(ssl);
        }
        catch (SocketException)
        {
            // The backend is gone; the client sees a close.
        }
        finally
        {
            LibSsl.SSL_free(ssl);
            _connections.TryRemove(socket, out _);
            socket.Dispose();
        }
    }

    // Takes one whole framed query off the front and asks the backend over TCP; null when there is none yet.
    private byte[]? Answer(List<byte> pending)
    {
        if (pending.Count < 2)
            return null;
        var length = 2 + ((pending[0] << 8) | pending[1]);
        if (pending.Count < length)
            return null;
        var query = pending.GetRange(0, length).ToArray();
        pending.RemoveRange(0, length);
        using var backend = new Socket(_backend.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 3000 };
        backend.Connect(_backend);
        using var stream = new NetworkStream(backend);
        stream.Write(query);
        var head = new byte[2];
        stream.ReadExactly(head);
        var answer = new byte[2 + BinaryPrimitives.ReadUInt16BigEndian(head)];
        head.CopyTo(answer, 0);
        stream.ReadExactly(answer, 2, answer.Length - 2);
        return answer;
    }
}
