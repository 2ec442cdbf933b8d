using System;
using System.Collections.Generic;
using DprivEmbedded.Dtls;

namespace DprivEmbedded.Harness;

/// <summary>One handshake message that is put together from fragments, in any order and overlapping. Source: RFC 6347 section 4.2.3.</summary>
internal sealed class DtlsReassembly
{
    private readonly byte[] _message;
    private readonly bool[] _have;
    private int _missing;

    private DtlsReassembly(int type, int length, int epoch)
    {
        Epoch = epoch;
        Length = length;
        _message = new byte[4 + length];
        _message[0] = (byte)type;
        _message[1] = (byte)(length >> 16);
        _message[2] = (byte)(length >> 8);
        _message[3] = (byte)length;
        _have = new bool[length];
        _missing = length;
    }

    /// <summary>The epoch of its records.</summary>
    public int Epoch { get; }

    /// <summary>Size of the body in bytes.</summary>
    public int Length { get; }

    /// <summary>Whether all of it is there.</summary>
    public bool IsComplete => _missing == 0;

    /// <summary>The message, with a header of 4 bytes as in TLS.</summary>
    public byte[] Message => _message;

    /// <summary>Begins a message with its first fragment to come.</summary>
    public static DtlsReassembly Begin(DtlsFragment fragment, int epoch)
    {
        return new DtlsReassembly(fragment.Type, fragment.Length, epoch);
    }

    /// <summary>Adds a fragment.</summary>
    /// <returns>False where it contradicts the others.</returns>
    public bool Add(DtlsFragment fragment, ReadOnlySpan<byte> content)
    {
        if (fragment.Type != _message[0] || fragment.Length != Length)
            return false;

        content.CopyTo(_message.AsSpan(4 + fragment.Offset));
        for (int i = fragment.Offset; i < fragment.Offset + content.Length; i++)
        {
            if (!_have[i])
            {
                _have[i] = true;
                _missing--;
            }
        }

        return true;
    }
}
