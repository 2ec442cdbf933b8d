using System.Collections.Generic;
using System.Linq;

namespace DprivEmbedded.Harness.Bench;

/// <summary>What this library has set itself, as ratios in one run.</summary>
internal static class BenchTargets
{
    public static List<BenchTarget> Of(IReadOnlyList<BenchRow> rows)
    {
        var targets = new List<BenchTarget>();
        foreach (string version in (string[])["tls13", "tls12"])
        {
            Cpu(rows, targets, "query-" + version, BenchPeers.SslStream, 1);
            Cpu(rows, targets, "query-" + version, BenchPeers.BouncyCastle, 0.5);
        }

        Cpu(rows, targets, "resumed-tls13", BenchPeers.SslStream, 1);
        Cpu(rows, targets, "resumed-dtls12", BenchPeers.BouncyCastle, 0.5);
        foreach (BenchRow own in rows.Where(row => row.Peer == BenchPeers.Own && row.BytesUp != null))
        {
            foreach (BenchRow peer in rows.Where(row => row.Name == own.Name && row.Peer is BenchPeers.SslStream or BenchPeers.BouncyCastle && row.Name == own.Name))
                targets.Add(new BenchTarget($"{own.Name} bytes: dpriv / {peer.Peer}", 1, Ratio(own.BytesUp + own.BytesDown, peer.BytesUp + peer.BytesDown)));
        }

        foreach (BenchRow row in rows.Where(row => row.Peer == BenchPeers.OwnSystem && row.Name is "query-tls13" or "query-tls12" && row.Peer == BenchPeers.OwnSystem))
            targets.Add(new BenchTarget(row.Name + " allocated bytes: core alone", 0, row.AllocatedBytes!.Value));

        foreach (BenchRow own in rows.Where(row => row.Peer == BenchPeers.Own && row.HeapBytes != null))
        {
            BenchRow? peer = rows.FirstOrDefault(row => row.Name == own.Name && row.Peer == BenchPeers.SslStream);
            if (peer != null)
                targets.Add(new BenchTarget($"{own.Name}: dpriv / sslstream", 0.1, Ratio(own.HeapBytes, peer.HeapBytes)));
        }

        return targets;
    }

    private static void Cpu(IReadOnlyList<BenchRow> rows, List<BenchTarget> targets, string name, string peer, double limit)
    {
        foreach (string own in (string[])[BenchPeers.Own, BenchPeers.OwnSystem, BenchPeers.OwnPskKe])
        {
            BenchRow? ours = rows.FirstOrDefault(row => row.Name == name && row.Peer == own);
            BenchRow? theirs = rows.FirstOrDefault(row => row.Name == name && row.Peer == peer);
            if (ours != null && theirs != null)
                targets.Add(new BenchTarget($"{name} CPU: {own} / {peer}", limit, System.Math.Round(ours.CpuMicroseconds!.Value / System.Math.Max(0.001, theirs.CpuMicroseconds!.Value), 3)));
        }
    }

    private static double Ratio(long? ours, long? theirs) => System.Math.Round(ours!.Value / (double)System.Math.Max(1, theirs!.Value), 3);
}
