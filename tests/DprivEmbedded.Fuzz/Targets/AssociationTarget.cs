using System;

namespace DprivEmbedded.Fuzz;

/// <summary>The association with one server: queries, bytes on either path, resets, unreachable hosts, other networks, sleep, probes and time, in any order. Each query is reported once, and the association comes to rest.</summary>
internal sealed class AssociationTarget : FuzzTarget
{
    // A 2-byte item with its highest bit set: three bits of what happens, twelve of how.
    public const int Time = 0;
    public const int Ask = 1;
    public const int Closed = 2;
    public const int Signal = 3;
    public const int Network = 4;
    public const int Sleep = 5;
    public const int Power = 6;
    public const int Other = 7;

    public override string Name => "association";

    public override string Description => "the association over either transport, with its driver: ServerAssociation, DotSession, DodSession, SessionCache";

    public override Framing Framing => Framing.Datagrams;

    // Two paths; each of their handshakes makes keys anew.
    public override long MaxAllocatedBytes(int inputBytes) => 400_000 + 400L * inputBytes;

    public static byte[] Item(int what, int how) => [(byte)(0x80 | (what << 4) | (how >> 8)), (byte)how];

    public override void Run(byte[] input)
    {
        if (input.Length < 2)
            return;

        FuzzAssociation fuzz = new(input[0], input[1]);
        fuzz.Drain();
        int at = 2;
        while (at + 2 <= input.Length)
        {
            int head = (input[at] << 8) | input[at + 1];
            at += 2;
            if (head >= 0x8000)
            {
                Do(fuzz, (head >> 12) & 7, head & 0xFFF);
                continue;
            }

            int count = Math.Min(head, input.Length - at);
            fuzz.Give(input.AsSpan(at, count));
            at += count;
        }

        fuzz.Association.Wake(fuzz.NowMs);
        fuzz.RunOut();
        fuzz.Association.Close(fuzz.NowMs);
        fuzz.Drain();
        Answers = fuzz.Answers;
        fuzz.Association.Clear();
    }

    private static void Do(FuzzAssociation fuzz, int what, int how)
    {
        switch (what)
        {
            case Time:
                fuzz.Pass(how);
                break;
            case Ask:
                fuzz.Ask();
                break;
            case Closed:
                fuzz.Association.PathClosed(how & 1, (how & 2) != 0, fuzz.NowMs);
                break;
            case Signal:
                fuzz.Association.PathUnreachable(how & 1, fuzz.NowMs);
                break;
            case Network:
                fuzz.Association.NetworkChanged(fuzz.NowMs);
                break;
            case Sleep:
                if ((how & 1) != 0)
                    fuzz.Association.PrepareSleep(how * 10L, (how & 2) != 0, fuzz.NowMs);
                else
                    fuzz.Association.Wake(fuzz.NowMs);

                break;
            case Power:
                if ((how & 1) != 0)
                    fuzz.Association.RadioActive(fuzz.NowMs);
                else
                    fuzz.Association.SetPower((how >> 1) % 3, how % 1001, (how & 8) != 0, (how & 16) != 0 ? long.MaxValue : fuzz.NowMs + how, fuzz.NowMs);

                break;
            default:
                switch (how & 7)
                {
                    case 0:
                        fuzz.Association.Probe(fuzz.NowMs);
                        break;
                    case 1:
                        fuzz.Association.PathAlive((how >> 3) & 1, fuzz.NowMs);
                        break;
                    case 2:
                        fuzz.Cancel((how >> 3) & 3);
                        break;
                    case 3:
                        fuzz.Association.Close(fuzz.NowMs);
                        break;
                    default:
                        fuzz.Target = (how >> 3) & 1;
                        break;
                }

                break;
        }

        fuzz.Drain();
    }
}
