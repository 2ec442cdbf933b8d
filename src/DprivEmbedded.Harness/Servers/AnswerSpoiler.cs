using System;

namespace DprivEmbedded.Harness;

/// <summary>Makes the wrong answers of <see cref="AnswerFault"/> that do not depend on how messages are framed.</summary>
internal static class AnswerSpoiler
{
    /// <summary>The messages that are sent instead of a response.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="query">The query.</param>
    /// <param name="response">The right response.</param>
    /// <param name="lot">Where randomness comes from.</param>
    /// <returns>The messages, or null where the fault is one of framing.</returns>
    public static byte[][]? Spoil(AnswerFault fault, byte[] query, byte[] response, Random lot)
    {
        switch (fault)
        {
            case AnswerFault.None:
                return [response];
            case AnswerFault.Drop:
                return [];
            case AnswerFault.WrongId:
                byte[] wrongId = (byte[])response.Clone();
                wrongId[1] ^= 1;
                return [wrongId];
            case AnswerFault.WrongQuestion:
                // The first octet of the first label changes to another letter; the root name gets another type instead.
                byte[] wrongName = (byte[])response.Clone();
                int at = wrongName.Length > 13 && wrongName[12] > 0 ? 13 : 14;
                if (at < wrongName.Length)
                    wrongName[at] = (byte)(wrongName[at] is (byte)'z' or (byte)'Z' ? 'y' : 'z');

                return [wrongName];
            case AnswerFault.Echo:
                return [query];
            case AnswerFault.HalfMessage:
                return [response[..(response.Length / 2)]];
            case AnswerFault.Truncation:
                return [Truncate(response)];
            case AnswerFault.Garbage:
                byte[] garbage = new byte[64];
                lot.NextBytes(garbage);
                return [garbage];
            case AnswerFault.Duplicate:
                return [response, response];
            default:
                return null;
        }
    }

    private static byte[] Truncate(byte[] response)
    {
        int end = Math.Max(DnsReplies.QuestionEnd(response), 12);
        byte[] truncated = response[..end];
        truncated[2] |= 2;
        Array.Clear(truncated, 6, 6);
        return truncated;
    }
}
