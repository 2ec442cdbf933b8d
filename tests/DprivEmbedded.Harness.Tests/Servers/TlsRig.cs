using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>TlsServer on a loopback port, one connection at a time: answers "ping N" with "pong N", and does what the line says.</summary>
internal sealed class TlsRig : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _loop;
    private volatile int _served;
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public TlsRig(Action<TlsServerOptions>? configure = null)
    {
        Crypto = new BouncyCastleProvider();
        State = new ServerState(Crypto);
        Options = new TlsServerOptions { Credentials = TestCertificates.Credentials };
        configure?.Invoke(Options);
        CaFile = Path.GetTempFileName();
        File.WriteAllText(CaFile, TestCertificates.Authority.ToPem());
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _loop = Loop();
    }

    public BouncyCastleProvider Crypto { get; }

    public ServerState State { get; }

    public TlsServerOptions Options { get; }

    public int Port { get; }

    public string Address => "127.0.0.1:" + Port;

    /// <summary>The authority of the server's certificates, PEM.</summary>
    public string CaFile { get; }

    /// <summary>Every connection so far.</summary>
    public List<TlsServer> Connections { get; } = [];

    public TlsServer Last => Connections[^1];

    /// <summary>Waits until the server has seen the end of all its connections.</summary>
    public async Task EndedAsync()
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (_served < Connections.Count || Connections.Count == 0)
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(15))
                throw new TimeoutException("A connection does not end.");

            await Task.Delay(5);
        }
    }

    /// <summary>All application data of the last connection.</summary>
    public string Received { get; private set; } = "";

    /// <summary>A key of the suite's code point for the tests' PSK.</summary>
    public static byte[] PskKey { get; } = Convert.FromHexString("00112233445566778899aabbccddeeff");

    public void AddPsk()
    {
        State.Psks.Add(new ServerPsk(Encoding.ASCII.GetBytes("sensor-1"), PskKey));
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _loop;
        File.Delete(CaFile);
    }

    private async Task Loop()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            using (socket)
            {
                TlsServer server = new(Crypto, Options, State);
                Connections.Add(server);
                Received = "";
                try
                {
                    await Serve(socket, server);
                }
                catch (SocketException)
                {
                    server.TransportClosed(true);
                }

                _served++;
            }
        }
    }

    private async Task Serve(Socket socket, TlsServer server)
    {
        byte[] buffer = new byte[4096];
        while (true)
        {
            int count = await socket.ReceiveAsync(buffer);
            if (count == 0)
                server.TransportClosed(false);
            else
                server.Receive(buffer, 0, count, _clock.ElapsedMilliseconds);

            int before = Received.Length;
            int bytes;
            while ((bytes = server.Read(buffer, 0, buffer.Length)) > 0)
                Received += Encoding.ASCII.GetString(buffer, 0, bytes);

            foreach (string line in Received[before..].Split('\n').Where(l => l.Length > 0))
                Act(server, line.Trim());

            if (server.PeerClosed)
                server.Close();

            while ((bytes = server.Transmit(buffer, 0, buffer.Length)) > 0)
                await socket.SendAsync(buffer.AsMemory(0, bytes));

            if (server.End == TransportEnd.Reset)
                socket.LingerState = new LingerOption(true, 0);

            if (server.End != TransportEnd.Open || count == 0)
                return;
        }
    }

    private static void Act(TlsServer server, string line)
    {
        switch (line)
        {
            case "ticket":
                server.SendTicket();
                break;
            case "update":
                server.SendKeyUpdate(true);
                break;
            case "big":
                byte[] much = Encoding.ASCII.GetBytes(new string('x', 5000) + "\n");
                server.Send(much, 0, much.Length);
                break;
            case "hellorequest":
                server.SendHelloRequest();
                break;
        }

        byte[] answer = Encoding.ASCII.GetBytes(line.Replace("ping", "pong", StringComparison.Ordinal) + " served\n");
        server.Send(answer, 0, answer.Length);
    }
}
