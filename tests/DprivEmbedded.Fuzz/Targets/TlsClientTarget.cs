using System;
using DprivEmbedded.Association;

namespace DprivEmbedded.Fuzz;

/// <summary>A conversation over TLS 1.2 or 1.3 that reads a server's bytes, from the ServerHello to answers, tickets, key updates and the end. Whatever the bytes: they get past every check of a key.</summary>
internal sealed class TlsClientTarget : FuzzTarget
{
    public override string Name => "tls";

    public override string Description => "DNS over TLS 1.2 and 1.3, client in every state: DotSession, TlsClient, ClientHandshake, records, certificates, answers";

    public override Framing Framing => Framing.TlsRecords;

    // Buffers and engine of a client; the model of each answer of at most 2 KiB; a peer's tickets.
    public override long MaxAllocatedBytes(int inputBytes) => 65_536 + 32L * inputBytes;

    public override void Run(byte[] input)
    {
        if (input.Length < 2)
            return;

        TlsFuzzClient client = new(input[0], input[1]) { PaceMs = (input[1] & 0x10) != 0 ? 100 : 0 };
        client.Drain();
        client.Pass(0);
        int piece = (input[0] >> 6) switch { 0 => int.MaxValue, 1 => 1, 2 => 13, _ => 100 };
        for (int at = 2; at < input.Length; at += Math.Min(piece, input.Length - at))
        {
            if (!client.Give(input, at, Math.Min(piece, input.Length - at)))
                break;
        }

        DotSession session = client.Session;
        if ((input[1] & 0x60) != 0 && session.IsOpen)
        {
            session.TransportClosed((input[1] & 0x40) != 0, client.NowMs);
            client.Drain();
        }

        client.RunOut();
        FuzzFailure.Unless(!session.IsOpen, "The conversation does not end.");
        Answers = client.Answers;
        session.Clear();
    }
}
