using System;
using System.IO;

namespace DprivEmbedded.Harness.Bench;

/// <summary>The query with its length, and its answer, for peers that have only a stream.</summary>
internal static class FramedQuery
{
    /// <summary>The query with its length; one for all, so that no client's heap has it.</summary>
    public static byte[] Bytes { get; } = Make();

    /// <summary>Room for an answer, likewise.</summary>
    public static byte[] Answer { get; } = new byte[2048];

    public static void ReadAnswer(Stream stream) => ReadAnswer(stream, Answer);

    private static byte[] Make()
    {
        byte[] query = BenchServer.Query;
        var framed = new byte[2 + query.Length];
        framed[0] = (byte)(query.Length >> 8);
        framed[1] = (byte)query.Length;
        query.CopyTo(framed, 2);
        return framed;
    }

    private static void ReadAnswer(Stream stream, byte[] buffer)
    {
        int have = 0;
        while (have < 2 || have < 2 + ((buffer[0] << 8) | buffer[1]))
        {
            int count = stream.Read(buffer, have, buffer.Length - have);
            if (count <= 0)
                throw new InvalidOperationException("no answer");

            have += count;
        }
    }
}
