using System;
using DprivEmbedded.Dtls;

namespace DprivEmbedded.Harness;

/// <summary>The header of a handshake message's fragment. Source: RFC 6347 section 4.2.2.</summary>
internal readonly record struct DtlsFragment(int Type, int Length, int Sequence, int Offset, int Count)
{
    /// <summary>Whether the fragment is the whole message.</summary>
    public bool IsWhole => Count == Length;

    /// <summary>Whether the message ends with this fragment.</summary>
    public bool IsLast => Offset + Count == Length;

    /// <summary>Reads the fragment at the front of a record's content.</summary>
    /// <returns>Whether it is well formed and all there.</returns>
    public static bool TryRead(ReadOnlySpan<byte> content, out DtlsFragment fragment)
    {
        fragment = default;
        if (content.Length < DtlsHandshakeHeader.Bytes)
            return false;

        fragment = new DtlsFragment(content[0], U24(content, 1), (content[4] << 8) | content[5], U24(content, 6), U24(content, 9));
        return fragment.Offset + fragment.Count <= fragment.Length && fragment.Count <= content.Length - DtlsHandshakeHeader.Bytes
            && (fragment.Count > 0 || fragment.Length == 0);
    }

    private static int U24(ReadOnlySpan<byte> content, int at)
    {
        return (content[at] << 16) | (content[at + 1] << 8) | content[at + 2];
    }
}
