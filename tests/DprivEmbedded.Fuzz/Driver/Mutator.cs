using System;
using System.Collections.Generic;

namespace DprivEmbedded.Fuzz;

/// <summary>Makes inputs out of others: bytes changed, put in, taken out, doubled, spliced; where the framing is known, record by record with the lengths put right afterwards.</summary>
internal sealed class Mutator(Lot lot)
{
    private static readonly byte[] s_interesting = [0, 1, 2, 3, 4, 7, 8, 11, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24, 25, 31, 32, 33, 63, 64, 127, 128, 0xC0, 0xFD, 0xFE, 0xFF];

    private static readonly string[] s_words =
    [
        "@", "$ORIGIN ", "$TTL ", "IN ", "SOA ", "TXT ", "SVCB ", "HTTPS ", "AAAA ", "\\# ", "\\255", "(", ")", "\"", ";", "\n", " 1 ", "alpn=", "ipv6hint=::1", "mandatory=", "key65535=", "1h30m", "4294967295", ".",
    ];

    // Extensions that a server may send, each with a body that is right or nearly so; more come out of other inputs.
    private static readonly byte[][] s_extensions =
    [
        [0, 43, 0, 2, 3, 4], [0, 51, 0, 2, 0, 23], [0, 41, 0, 2, 0, 0], [0, 42, 0, 0], [0, 16, 0, 6, 0, 4, 3, 100, 111, 116], [0, 28, 0, 2, 0, 64], [0, 1, 0, 1, 4], [0, 20, 0, 1, 2], [0, 0, 0, 0],
        [0xFF, 1, 0, 1, 0], [0, 23, 0, 0], [0, 35, 0, 0], [0, 54, 0, 3, 2, 1, 2], [0, 15, 0, 1, 1], [0, 44, 0, 4, 0, 2, 1, 2],
    ];

    private static readonly byte[][] s_records =
    [
        [20, 3, 3, 0, 1, 1], [21, 3, 3, 0, 2, 1, 0], [21, 3, 3, 0, 2, 2, 40], [22, 3, 3, 0, 4, 0, 0, 0, 0], [23, 3, 3, 0, 22, 24, 0, 0, 1, 1, 22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [23, 3, 3, 0, 19, 1, 90, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ];

    public byte[] Mutate(byte[] input, byte[] other, Framing framing, int maxBytes)
    {
        byte[] result = input;
        int rounds = 1 << lot.Below(5);
        bool framed = framing is Framing.TlsRecords or Framing.Datagrams && lot.Below(10) < 7;
        if (framed)
            result = Framed(input, other, framing, rounds);
        else
        {
            for (int i = 0; i < rounds; i++)
                result = One(result, other, framing);
        }

        if (framing is Framing.TlsRecords or Framing.Datagrams && result.Length >= 2 && lot.OneIn(8))
        {
            result = (byte[])result.Clone();
            result[lot.Below(2)] ^= (byte)(1 << lot.Below(8));
        }

        return result.Length > maxBytes ? result[..maxBytes] : result;
    }

    /// <summary>Takes the input apart into its pieces, changes some, and puts it together with right lengths.</summary>
    private byte[] Framed(byte[] input, byte[] other, Framing framing, int rounds)
    {
        List<byte[]> pieces = Split(input, framing);
        for (int i = 0; i < rounds; i++)
        {
            int at = lot.Below(pieces.Count);
            switch (lot.Below(10))
            {
                case 0 when pieces.Count > 1:
                    pieces.RemoveAt(at);
                    break;
                case 1 when pieces.Count > 0 && pieces.Count < 200:
                    pieces.Insert(lot.Below(pieces.Count + 1), pieces[at]);
                    break;
                case 2 when pieces.Count > 1:
                    int second = lot.Below(pieces.Count);
                    (pieces[at], pieces[second]) = (pieces[second], pieces[at]);
                    break;
                case 3:
                    List<byte[]> others = Split(other, framing);
                    if (others.Count > 0)
                        pieces.Insert(lot.Below(pieces.Count + 1), others[lot.Below(others.Count)]);

                    break;
                case 4 when framing == Framing.TlsRecords:
                    pieces.Insert(lot.Below(pieces.Count + 1), s_records[lot.Below(s_records.Length)]);
                    break;
                case 4:
                    // Time goes by.
                    pieces.Insert(lot.Below(pieces.Count + 1), [(byte)(0x80 | lot.Below(64)), (byte)lot.Below(256)]);
                    break;
                default:
                    if (pieces.Count > 0)
                        pieces[at] = Inside(pieces[at], other, framing);

                    break;
            }
        }

        List<byte> joined = [.. input.AsSpan(0, Math.Min(2, input.Length))];
        foreach (byte[] piece in pieces)
        {
            if (framing == Framing.Datagrams && (piece.Length == 0 || piece[0] < 0x80))
                joined.AddRange([(byte)((piece.Length >> 8) & 0x7F), (byte)piece.Length]);

            joined.AddRange(piece);
        }

        return [.. joined];
    }

    /// <summary>Changes the inside of a record and puts its lengths, and mostly its handshake message's, right.</summary>
    private byte[] Inside(byte[] piece, byte[] other, Framing framing)
    {
        int header = framing == Framing.TlsRecords ? 5 : 13;
        if (piece.Length <= header)
            return One(piece, other, Framing.None);

        byte[] body = piece[header..];
        byte[] changed;
        if (lot.OneIn(6) && body.Length > 8)
        {
            // An extension put in at a place where one may stand, the block's length raised where the place looks like it.
            byte[] extension = s_extensions[lot.Below(s_extensions.Length)];
            int at = lot.Below(body.Length + 1);
            changed = [.. body[..at], .. extension, .. body[at..]];
        }
        else
            changed = One(body, other, Framing.None);

        byte[] result = [.. piece[..header], .. changed];
        result[header - 2] = (byte)(changed.Length >> 8);
        result[header - 1] = (byte)changed.Length;
        int difference = changed.Length - body.Length;
        if (difference != 0 && !lot.OneIn(4))
        {
            // The message's length, behind the explicit nonce where there is one; and with some luck the length of the block of extensions that ends with the message.
            int start = header + (lot.OneIn(3) ? 8 : 0);
            Add(result, start + 1, 3, difference);
            if (framing == Framing.Datagrams)
                Add(result, start + 9, 3, difference);
            if (lot.OneIn(2))
                FixBlock(result, start, difference);
        }

        return result;
    }

    /// <summary>Raises the 2-byte length whose end is that of the message, if any place has one.</summary>
    private static void FixBlock(byte[] piece, int start, int difference)
    {
        for (int at = start + 4; at + 2 < piece.Length; at++)
        {
            int length = (piece[at] << 8) | piece[at + 1];
            int end = at + 2 + length + difference;
            if (length > 3 && (end == piece.Length || end == piece.Length - 17 || end == piece.Length - 16))
            {
                Add(piece, at, 2, difference);
                return;
            }
        }
    }

    private static void Add(byte[] buffer, int at, int bytes, int difference)
    {
        if (at + bytes > buffer.Length)
            return;

        int value = 0;
        for (int i = 0; i < bytes; i++)
            value = (value << 8) | buffer[at + i];

        value += difference;
        for (int i = bytes - 1; i >= 0; i--)
        {
            buffer[at + i] = (byte)value;
            value >>= 8;
        }
    }

    private static List<byte[]> Split(byte[] input, Framing framing)
    {
        List<byte[]> pieces = [];
        int at = 2;
        while (at < input.Length)
        {
            int length;
            if (framing == Framing.TlsRecords)
                length = at + 5 <= input.Length ? 5 + ((input[at + 3] << 8) | input[at + 4]) : input.Length - at;
            else if (input[at] >= 0x80 || at + 2 > input.Length)
                length = 2;
            else
            {
                length = (input[at] << 8) | (at + 1 < input.Length ? input[at + 1] : 0);
                at += 2;
                if (at >= input.Length)
                    break;
            }

            length = Math.Min(length, input.Length - at);
            pieces.Add(input[at..(at + length)]);
            at += length;
        }

        return pieces;
    }

    private byte[] One(byte[] input, byte[] other, Framing framing)
    {
        int length = input.Length;
        if (length == 0)
            return [(byte)lot.Below(256)];

        int at = lot.Below(length);
        byte[] copy;
        switch (lot.Below(framing == Framing.Text ? 14 : 12))
        {
            case 0:
                copy = (byte[])input.Clone();
                copy[at] ^= (byte)(1 << lot.Below(8));
                return copy;
            case 1:
                copy = (byte[])input.Clone();
                copy[at] = (byte)lot.Below(256);
                return copy;
            case 2:
                copy = (byte[])input.Clone();
                copy[at] = s_interesting[lot.Below(s_interesting.Length)];
                return copy;
            case 3:
                copy = (byte[])input.Clone();
                copy[at] += (byte)(lot.Below(33) - 16);
                return copy;
            case 4:
                copy = (byte[])input.Clone();
                Add(copy, at, 1 + lot.Below(3), lot.Below(65) - 32);
                return copy;
            case 5:
                int cut = 1 + lot.Below(Math.Min(64, length - at));
                return [.. input[..at], .. input[(at + cut)..]];
            case 6:
                byte[] put = new byte[1 + lot.Below(16)];
                byte value = (byte)lot.Below(256);
                for (int i = 0; i < put.Length; i++)
                    put[i] = lot.OneIn(2) ? value : s_interesting[lot.Below(s_interesting.Length)];

                return [.. input[..at], .. put, .. input[at..]];
            case 7:
                int twice = 1 + lot.Below(Math.Min(64, length - at));
                return [.. input[..(at + twice)], .. input[at..]];
            case 8 when other.Length > 0:
                int from = lot.Below(other.Length);
                int count = 1 + lot.Below(Math.Min(64, other.Length - from));
                return [.. input[..at], .. other[from..(from + count)], .. input[at..]];
            case 9 when other.Length > 0:
                return [.. input[..at], .. other[lot.Below(other.Length)..]];
            case 10:
                copy = (byte[])input.Clone();
                for (int i = at; i < Math.Min(length, at + 1 + lot.Below(16)); i++)
                    copy[i] = (byte)lot.Next();

                return copy;
            case 12 or 13:
                string word = s_words[lot.Below(s_words.Length)];
                copy = new byte[word.Length];
                for (int i = 0; i < word.Length; i++)
                    copy[i] = (byte)word[i];

                return [.. input[..at], .. copy, .. input[at..]];
            default:
                return input[..at];
        }
    }
}
