using System;
using DprivEmbedded.Harness;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Fuzz;

/// <summary>The harness's own servers, which listen to anybody too: a TLS server reads a client's stream, a DTLS server a client's datagrams (each record as one).</summary>
internal sealed class ServerTarget : FuzzTarget
{
    private static readonly object s_address = "client";
    private readonly byte[] _wire = new byte[20_000];

    public override string Name => "server";

    public override string Description => "the harness's servers: TlsServer 1.2 and 1.3, DtlsServerSocket, ClientHello";

    public override Framing Framing => Framing.TlsRecords;

    public override long MaxAllocatedBytes(int inputBytes) => 3_000_000 + 400L * inputBytes;

    public override void Run(byte[] input)
    {
        if (input.Length < 2)
            return;

        NullCryptoProvider crypto = new(2);
        ServerState state = new(crypto);
        state.Psks.Add(new ServerPsk([1, 2, 3, 4], new byte[16]));
        if ((input[0] & 1) == 0)
            Stream(input, crypto, state);
        else
            Datagrams(input, crypto, state);
    }

    private void Stream(byte[] input, NullCryptoProvider crypto, ServerState state)
    {
        TlsServerOptions options = new() { EarlyData = EarlyDataMode.Accept, HelloRetry = (input[0] & 2) != 0 ? HelloRetryMode.Cookie : HelloRetryMode.WhenNeeded };
        TlsServer server = new(crypto, options, state);
        int piece = (input[1] & 3) switch { 0 => int.MaxValue, 1 => 1, 2 => 13, _ => 100 };
        for (int at = 2; at < input.Length; at += Math.Min(piece, input.Length - at))
        {
            server.Receive(input, at, Math.Min(piece, input.Length - at), 1000);
            while (server.Read(_wire, 0, _wire.Length) > 0)
            {
            }

            while (server.Transmit(_wire, 0, _wire.Length) > 0)
            {
            }

            if (server.End != TransportEnd.Open)
                break;
        }

        server.TransportClosed(false);
    }

    private void Datagrams(byte[] input, NullCryptoProvider crypto, ServerState state)
    {
        DtlsServerOptions options = new() { Cookie = (input[0] & 2) != 0, ConnectionIdBytes = (input[0] & 4) != 0 ? 4 : -1 };
        DtlsServerSocket socket = new(crypto, options, state);
        long now = 1000;
        int at = 2;
        while (at < input.Length)
        {
            // Records of DTLS: their length stands behind the longer header.
            int length = at + 13 <= input.Length ? 13 + ((input[at + 11] << 8) | input[at + 12]) : input.Length - at;
            length = Math.Min(length, input.Length - at);
            socket.Receive(s_address, input, at, length, now);
            at += length;
            while (socket.TryRead(out _, out _))
            {
            }

            int sent = 0;
            while (socket.Transmit(_wire, 0, _wire.Length, out _) > 0)
                FuzzFailure.Unless(++sent < 200, "Datagrams without end.");
        }

        for (int i = 0; i < 20 && socket.NextWakeMs != long.MaxValue; i++)
        {
            now = Math.Max(now, socket.NextWakeMs);
            socket.HandleTimeout(now);
            while (socket.Transmit(_wire, 0, _wire.Length, out _) > 0)
            {
            }
        }
    }
}
