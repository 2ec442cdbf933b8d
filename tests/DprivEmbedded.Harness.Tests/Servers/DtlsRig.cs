using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>DtlsServerSocket on a loopback port: answers "ping N" with "pong N served", and does what the line says.</summary>
internal sealed class DtlsRig : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _gate = new();
    private readonly Task _loop;

    public DtlsRig(Action<DtlsServerOptions>? configure = null)
    {
        Options = new DtlsServerOptions { Credentials = TestCertificates.Credentials };
        configure?.Invoke(Options);
        Server = new DtlsServerSocket(new BouncyCastleProvider(), Options);
        CaFile = Path.GetTempFileName();
        File.WriteAllText(CaFile, TestCertificates.Authority.ToPem());
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        _loop = Task.Run(Loop);
    }

    public DtlsServerOptions Options { get; }

    public DtlsServerSocket Server { get; }

    public int Port { get; }

    /// <summary>The authority of the server's certificates, PEM.</summary>
    public string CaFile { get; }

    /// <summary>The associations that have sent something, in that order.</summary>
    public List<DtlsServer> Seen { get; } = [];

    public DtlsServer Last => Seen[^1];

    /// <summary>All lines that came.</summary>
    public ConcurrentQueue<string> Lines { get; } = [];

    /// <summary>Whether a datagram from (true) or to the client is lost, and its number from 0.</summary>
    public Func<bool, int, bool> Lose { get; set; } = (_, _) => false;

    public void AddPsk()
    {
        Server.State.Psks.Add(new ServerPsk("sensor-1"u8.ToArray(), TlsRig.PskKey));
    }

    /// <summary>Does something while no datagram is taken.</summary>
    public T Do<T>(Func<DtlsServerSocket, T> work)
    {
        lock (_gate)
            return work(Server);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _socket.Dispose();
        _stop.Dispose();
        File.Delete(CaFile);
    }

    private async Task Loop()
    {
        byte[] buffer = new byte[65536];
        byte[] output = new byte[65536];
        int received = 0;
        int sent = 0;
        Task<SocketReceiveFromResult>? receive = null;
        while (!_stop.IsCancellationRequested)
        {
            lock (_gate)
            {
                Server.HandleTimeout(_clock.ElapsedMilliseconds);
                while (Server.TryRead(out DtlsServer? association, out byte[]? data))
                    Act(association, Encoding.ASCII.GetString(data).Trim());

                int count;
                while ((count = Server.Transmit(output, 0, output.Length, out object? address)) > 0)
                {
                    if (!Lose(false, sent++))
                        _socket.SendTo(output, 0, count, SocketFlags.None, (IPEndPoint)address!);
                }
            }

            try
            {
                receive ??= _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token).AsTask();
                await Task.WhenAny(receive, Task.Delay(10, _stop.Token));
                if (!receive.IsCompleted)
                    continue;

                SocketReceiveFromResult result = await receive;
                receive = null;
                lock (_gate)
                {
                    if (!Lose(true, received++))
                        Server.Receive(result.RemoteEndPoint, buffer, 0, result.ReceivedBytes, _clock.ElapsedMilliseconds);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // ICMP port unreachable of a client that has gone.
                receive = null;
            }
        }
    }

    private void Act(DtlsServer association, string line)
    {
        if (!Seen.Contains(association))
            Seen.Add(association);

        Lines.Enqueue(line);
        if (line.StartsWith("heartbeat", StringComparison.Ordinal))
            association.SendHeartbeat();

        byte[] answer = Encoding.ASCII.GetBytes(line.Replace("ping", "pong", StringComparison.Ordinal) + " served\n");
        if (association.CanSend)
            association.Send(answer, 0, answer.Length);
    }
}
