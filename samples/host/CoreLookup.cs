using System;
using System.Net.Sockets;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Dns;
using DprivEmbedded.Sessions;
using DprivEmbedded.Sockets;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Samples.Host;

/// <summary>The same on the core alone, with a blocking socket: how a firmware drives it.</summary>
internal static class CoreLookup
{
    private static readonly byte[] Input = new byte[1460];
    private static readonly byte[] Output = new byte[1460];
    private static TlsSession? _session;

    private static long NowMs => Environment.TickCount64;

    private static long UtcMs => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public static int Run(string name, DprivServer server)
    {
        if (server.Pins.Count == 0)
        {
            Console.Error.WriteLine("--core needs a pin");
            return 2;
        }

        var crypto = new BouncyCastleProvider();
        var tls = new TlsClient(
            new TlsClientOptions { ServerName = server.AuthenticationName, Verifier = new SpkiPinVerifier([.. server.Pins], crypto.CreateSha256()) },
            crypto,
            receiveBuffer: new byte[2048],
            sendBuffer: new byte[2048]);
        var dot = new DotSession(new DotSessionOptions { MaxQueries = 2 }, tls, crypto, answerBuffer: new byte[4096]);
        byte[] query = new byte[512];
        int count = DnsQuery.Write(query, 0, query.Length, 0, DnsName.Parse(name), DnsType.Aaaa, DnsClass.Internet, new EdnsOptions { TcpKeepalive = true });
        for (int i = 0; i < 2; i++)
        {
            using var socket = new Socket(server.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(server.Address, server.Port);
            int error = LookUp(dot, socket, query, count);
            if (error != TlsError.None)
            {
                Console.Error.WriteLine(DotError.Describe(error));
                return 1;
            }

            DnsMessage? message = DnsMessage.Parse(dot.AnswerBuffer, dot.AnswerOffset, dot.AnswerCount);
            foreach (DnsRecord record in message!.Answers)
                Console.WriteLine(record);

            Console.WriteLine($"resumed: {tls.IsResumed}");
            dot.Close();
            socket.Send(Output, dot.Transmit(Output, 0, Output.Length), SocketFlags.None);
        }

        dot.Clear();
        return 0;
    }

    // README: core
    private static int LookUp(DotSession dot, Socket socket, byte[] query, int count)
    {
        dot.Query(query, 0, count, NowMs);
        dot.Open(_session, NowMs, UtcMs);
        _session = null;                                                // a session is used once
        int received = 0, taken = 0, sent;
        while (true)
        {
            while ((sent = dot.Transmit(Output, 0, Output.Length)) > 0) // 1. what the core has to send
                socket.Send(Output, sent, SocketFlags.None);

            switch (dot.NextEvent())                                    // 2. what happened
            {
                case DotEvent.Session: _session = dot.TakeSession(); continue;
                case DotEvent.Answer: return TlsError.None;             // it is in dot.AnswerBuffer
                case DotEvent.QueryFailed: return dot.EventError;
                case DotEvent.Closed: return dot.Error != TlsError.None ? dot.Error : TlsError.ConnectionReset;
                case DotEvent.Connected: continue;
            }

            if (taken < received)                                       // 3. the core may take a part: drain, give the rest
                taken += dot.Receive(Input, taken, received - taken, NowMs);
            else if (!socket.Poll(TimeSpan.FromMilliseconds(Math.Max(0, dot.WakeDueMs - NowMs)), SelectMode.SelectRead))
                dot.HandleTimeout(NowMs);                               // 4. the core wanted to wake
            else if ((received = socket.Receive(Input)) > 0)
                taken = 0;
            else
                dot.TransportClosed(false, NowMs);
        }
    }
    // README: end
}
