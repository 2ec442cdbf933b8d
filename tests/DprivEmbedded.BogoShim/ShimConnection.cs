using System;
using System.Net;
using System.Net.Sockets;
using DprivEmbedded.Sessions;

namespace DprivEmbedded.BogoShim;

/// <summary>A client of the engine on a TCP connection to the runner.</summary>
internal abstract class ShimConnection(ShimClock clock, int port) : IDisposable
{
    private readonly Socket _socket = Connect(port);

    protected ShimClock Clock { get; } = clock;

    public abstract int Error { get; }

    public abstract bool CanSend { get; }

    public abstract bool CanSendEarlyData { get; }

    public abstract bool IsConnected { get; }

    public abstract bool IsPeerClosed { get; }

    public abstract int Version { get; }

    public abstract int Suite { get; }

    public abstract int Group { get; }

    public abstract bool IsResumed { get; }

    public abstract bool IsEarlyDataAccepted { get; }

    public abstract bool WasHelloRetried { get; }

    public abstract bool IsAuthenticated { get; }

    public abstract string? ApplicationProtocol { get; }

    public abstract ReadOnlySpan<byte> Data { get; }

    /// <summary>The random value of the peer's ServerHello, as it came first on the wire.</summary>
    public byte[] ServerRandom { get; } = new byte[32];

    /// <summary>While set, of what is sent only one byte goes out.</summary>
    public bool HoldsWrites { get; set; }

    /// <summary>Starts the handshake.</summary>
    public abstract void Start(TlsSession? session);

    /// <summary>The next event, after waiting for the peer where need be.</summary>
    public ShimEvent Next()
    {
        while (true)
        {
            Flush();
            ShimEvent next = NextEvent();
            if (next != ShimEvent.None)
                return next;

            Flush();
            if (!ReceiveSome())
                return EndOfStream();

            HoldsWrites = false;
        }
    }

    /// <summary>Takes what comes next from the peer; its events wait.</summary>
    public void ReceiveOnce()
    {
        Flush();
        if (!ReceiveSome())
            throw new ShimFailure("the runner closed in the handshake");
    }

    /// <summary>Sends all of it.</summary>
    /// <returns>False where that cannot be.</returns>
    public abstract bool Send(ReadOnlySpan<byte> data);

    public abstract void DataTaken();

    public abstract TlsSession? TakeSession();

    public abstract bool UpdateKeys();

    public abstract void Close();

    public abstract void Abort(int error);

    public abstract void Flush();

    public void Dispose()
    {
        // What the peer still sends must not meet a closed socket: a reset would hide from it what we sent.
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            byte[] rest = new byte[4096];
            while (_socket.Receive(rest) > 0)
            {
            }
        }
        catch (SocketException)
        {
        }

        _socket.Dispose();
    }

    protected abstract ShimEvent NextEvent();

    /// <summary>Waits for bytes and hands them over.</summary>
    /// <returns>False at the end of the stream.</returns>
    protected abstract bool ReceiveSome();

    protected abstract ShimEvent EndOfStream();

    protected int ReadSocket(byte[] buffer, int offset, int count)
    {
        try
        {
            return _socket.Receive(buffer, offset, count, SocketFlags.None);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    protected void WriteSocket(byte[] buffer, int offset, int count)
    {
        try
        {
            while (count > 0)
            {
                int sent = _socket.Send(buffer, offset, count, SocketFlags.None);
                offset += sent;
                count -= sent;
            }
        }
        catch (SocketException)
        {
            // The next read tells.
        }
    }

    private static Socket Connect(int port)
    {
        foreach (IPAddress address in new[] { IPAddress.IPv6Loopback, IPAddress.Loopback })
        {
            Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                socket.Connect(address, port);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
            }
        }

        throw new InvalidOperationException("The runner does not listen.");
    }
}
