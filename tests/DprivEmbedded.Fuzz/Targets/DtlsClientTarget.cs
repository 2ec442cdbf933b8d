using System;

namespace DprivEmbedded.Fuzz;

/// <summary>A conversation over DTLS 1.2 that reads a server's datagrams with time going by between them: handshake, fragments, timers, heartbeats, connection ids, answers.</summary>
internal sealed class DtlsClientTarget : FuzzTarget
{
    public override string Name => "dtls";

    public override string Description => "DNS over DTLS 1.2, client in every state: DodSession, DtlsClient, Reassembly, Flight, heartbeats, connection ids";

    public override Framing Framing => Framing.Datagrams;

    public override long MaxAllocatedBytes(int inputBytes) => 65_536 + 32L * inputBytes;

    public override void Run(byte[] input)
    {
        if (input.Length < 2)
            return;

        DtlsFuzzClient client = new(input[0], input[1]);
        client.Drain();
        client.Pass(0);
        int at = 2;
        while (at + 2 <= input.Length && client.Session.IsOpen)
        {
            int head = (input[at] << 8) | input[at + 1];
            at += 2;
            if (head >= 0x8000)
            {
                client.Pass(head & 0x7FFF);
                continue;
            }

            int count = Math.Min(head, input.Length - at);
            client.Give(input.AsSpan(at, count));
            at += count;
        }

        if (client.Session.IsOpen && (input[1] & 0x40) != 0)
            client.Session.SendHeartbeat(1000);

        // Without a query and a heartbeat an association stays as it is: nothing is due then.
        client.RunOut();
        client.Session.Close();
        client.Drain();
        FuzzFailure.Unless(!client.Session.IsOpen, "The conversation does not end.");
        Answers = client.Answers;
        client.Session.Clear();
    }
}
