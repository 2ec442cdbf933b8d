using System;
using System.Collections.Generic;
using DprivEmbedded.Harness;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Fuzz;

/// <summary>Records the lives of associations with the harness's servers: what happened, and what the servers sent.</summary>
internal static class AssociationRecorder
{
    /// <summary>The inputs.</summary>
    public static IEnumerable<(string Target, string Name, byte[] Input)> Inputs(ServerCredential credential)
    {
        (string Name, int First, int Second, string Script)[] lives =
        [
            ("tls-reset", 0x00, 0x00, "qsrqs"),
            ("tls-resumed", 0x04, 0x10, "qsttqs"),
            ("tls-early-fast-open", 0x2C, 0x06, "qstqs"),
            ("tls-one-path", 0x10, 0x00, "qqsttrqsz"),
            ("tls-sleep", 0x40, 0x10, "qszwqs"),
            ("dtls", 0x01, 0x10, "qsttqs"),
            ("dtls-signal", 0x01, 0x00, "qsuqus"),
            ("dtls-hedge", 0x05, 0x0E, "qsttqs"),
            ("dtls-network", 0x01, 0x00, "qsnqs"),
            ("dtls-probe", 0x01, 0x10, "qspstttts"),
        ];
        foreach ((string name, int first, int second, string script) in lives)
            yield return ("association", name, Record(first, second, script, credential));
    }

    private static byte[] Record(int first, int second, string script, ServerCredential credential)
    {
        bool datagram = (first & 1) != 0;
        NullCryptoProvider crypto = new(2);
        List<byte> input = [(byte)first, (byte)second];
        Queue<(int Path, byte[] Bytes)> up = new();
        List<int> opened = [];
        FuzzAssociation fuzz = new(first, second) { OnSend = (path, bytes) => up.Enqueue((path, bytes)), OnOpen = opened.Add };
        DotServer dot = new(crypto, new ZoneResponder(DemoZone.Create()), new DotServerOptions { Tls = { Credentials = [credential], StatefulTickets = true, EarlyData = EarlyDataMode.Accept }, IdleTimeoutMs = -1 });
        DodtlsServer dod = new(crypto, new ZoneResponder(DemoZone.Create()), new DodtlsServerOptions { Dtls = { Credentials = [credential], StatefulTickets = true, Cookie = false, ConnectionIdBytes = 2 } });
        CorpusMaker.KnowSession(dot.State, ProtocolVersion.Tls13, new byte[40], CipherSuite.Aes128GcmSha256);
        CorpusMaker.KnowSession(dod.State, ProtocolVersion.Dtls12, new byte[40], CipherSuite.EcdheEcdsaAes128GcmSha256);
        DotConnection?[] connections = new DotConnection?[2];
        byte[] wire = new byte[20_000];
        foreach (char step in script)
        {
            switch (step)
            {
                case 'q':
                    Happen(AssociationTarget.Ask, 0, fuzz.Ask);
                    break;
                case 't':
                    Happen(AssociationTarget.Time, 2000, () => fuzz.Pass(2000));
                    break;
                case 'r':
                    connections = new DotConnection?[2];
                    int main = Math.Max(fuzz.Association.MainPath, 0);
                    Happen(AssociationTarget.Closed, 2 | main, () => fuzz.Association.PathClosed(main, true, fuzz.NowMs));
                    break;
                case 'u':
                    int path = Math.Max(fuzz.Association.MainPath, 0);
                    Happen(AssociationTarget.Signal, path, () => fuzz.Association.PathUnreachable(path, fuzz.NowMs));
                    break;
                case 'n':
                    Happen(AssociationTarget.Network, 0, () => fuzz.Association.NetworkChanged(fuzz.NowMs));
                    break;
                case 'z':
                    Happen(AssociationTarget.Sleep, 3, () => fuzz.Association.PrepareSleep(30, true, fuzz.NowMs));
                    break;
                case 'w':
                    Happen(AssociationTarget.Sleep, 0, () => fuzz.Association.Wake(fuzz.NowMs));
                    break;
                case 'p':
                    Happen(AssociationTarget.Other, 0, () => fuzz.Association.Probe(fuzz.NowMs));
                    break;
                default:
                    Serve();
                    break;
            }
        }

        if (fuzz.Answers == 0)
            throw new InvalidOperationException("A recorded association had no answer: " + script + " " + first);

        return [.. input];

        void Happen(int what, int how, Action act)
        {
            input.AddRange(AssociationTarget.Item(what, how));
            act();
            fuzz.Drain();
        }

        void Serve()
        {
            for (int quiet = 0; quiet < 3;)
            {
                quiet++;
                foreach (int path in opened)
                    connections[path] = null;

                opened.Clear();
                while (up.TryDequeue(out (int Path, byte[] Bytes) sent))
                {
                    quiet = 0;
                    if (datagram)
                    {
                        dod.Receive("path " + sent.Path, sent.Bytes, 0, sent.Bytes.Length, 1000);
                        continue;
                    }

                    connections[sent.Path] ??= dot.Accept(1000);
                    connections[sent.Path]!.Receive(sent.Bytes, 0, sent.Bytes.Length, 1000);
                }

                int count;
                if (datagram)
                {
                    while ((count = dod.Transmit(wire, 0, wire.Length, out object? address)) > 0)
                        Down(address!.ToString()!.EndsWith('1') ? 1 : 0, wire[..count]);

                    continue;
                }

                for (int path = 0; path < 2; path++)
                {
                    while (connections[path] != null && (count = connections[path]!.Transmit(wire, 0, wire.Length)) > 0)
                        Down(path, wire[..count]);
                }
            }
        }

        void Down(int path, byte[] bytes)
        {
            if (fuzz.Target != path)
            {
                input.AddRange(AssociationTarget.Item(AssociationTarget.Other, 4 | (path << 3)));
                fuzz.Target = path;
            }

            input.AddRange([(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes]);
            fuzz.Give(bytes);
        }
    }
}
