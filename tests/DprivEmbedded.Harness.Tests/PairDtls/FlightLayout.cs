using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>Which records are in which datagrams of a handshake without faults, read off the wire.</summary>
internal sealed class FlightLayout
{
    /// <summary>A record of application data.</summary>
    public const string Data = "23/1";

    private const int EarlyBytes = 640;

    public const int OvertakenMs = 40;

    public const int LateMs = 1530;

    public List<string[]> Client1 { get; } = [];

    public List<string[]> Client2 { get; } = [];

    public List<string[]> Client3 { get; } = [];

    public List<string[]> Server1 { get; } = [];

    public List<string[]> Server2 { get; } = [];

    public List<string[]> Server3 { get; } = [];

    /// <summary>Whether the query rides with the client's Finished before the server's.</summary>
    public bool FalseStart { get; private set; }

    public int Datagrams { get; private set; }

    /// <summary>How many answers fit the client's buffer for what comes before the end of the handshake.</summary>
    public int EarlyAnswers { get; private set; }

    public static bool IsProtected(string piece)
    {
        return piece.Split('/')[1] == "1";
    }

    /// <summary>Reads the layout off the datagrams of a run, each with its direction.</summary>
    public static FlightLayout Of(IReadOnlyList<(bool Up, byte[] Bytes)> datagrams)
    {
        FlightLayout layout = new() { Datagrams = datagrams.Count };
        List<List<string[]>> client = [];
        List<List<string[]>> server = [];
        bool lastUp = false;
        foreach ((bool up, byte[] bytes) in datagrams)
        {
            string[] pieces = Pieces(bytes);
            List<List<string[]>> side = up ? client : server;
            if (pieces.SequenceEqual([Data]))
            {
                // A query alone, or an answer.
                if (!up)
                    layout.EarlyAnswers = EarlyBytes / bytes.Length;

                continue;
            }

            if (up && pieces.Contains(Data))
            {
                layout.FalseStart = true;
                pieces = [.. pieces.Where(p => p != Data)];
            }

            if (side.Count == 0 || up != lastUp)
                side.Add([]);

            lastUp = up;
            side[^1].Add(pieces);
        }

        bool cookie = server[0][0][0].StartsWith("22/0/3/", StringComparison.Ordinal);
        int at = cookie ? 1 : 0;
        if (cookie)
        {
            layout.Client1.AddRange(client[0]);
            layout.Server1.AddRange(server[0]);
        }

        layout.Client2.AddRange(client[at]);
        layout.Client3.AddRange(client[at + 1]);
        layout.Server2.AddRange(server[at]);
        if (server.Count > at + 1)
            layout.Server3.AddRange(server[at + 1]);

        return layout;
    }

    /// <summary>The records of a datagram: type, epoch, and of handshake messages in the clear their type, number and offset.</summary>
    public static string[] Pieces(byte[] bytes)
    {
        List<string> pieces = [];
        for (int at = 0; at < bytes.Length;)
        {
            int body = at + DtlsRecordProtection.HeaderBytes;
            int length = (bytes[at + 11] << 8) | bytes[at + 12];
            string piece = string.Create(CultureInfo.InvariantCulture, $"{bytes[at]}/{bytes[at + 4]}");
            if (bytes[at] == ContentType.Handshake && bytes[at + 4] == 0)
                piece += string.Create(CultureInfo.InvariantCulture, $"/{bytes[body]}/{bytes[body + 5]}/{(bytes[body + 7] << 8) | bytes[body + 8]}");

            pieces.Add(piece);
            at = body + length;
        }

        return [.. pieces];
    }
}
