using System.Collections.Generic;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>The extensions of one message that a server sends; the place where extension faults are put in.</summary>
internal sealed class ExtensionList
{
    private readonly List<(int Type, byte[] Content)> _entries = [];

    /// <summary>Adds an extension.</summary>
    public void Add(int type, params byte[] content)
    {
        _entries.Add((type, content));
    }

    /// <summary>Adds an extension whose content is one 16-bit number.</summary>
    public void AddU16(int type, int value)
    {
        Add(type, (byte)(value >> 8), (byte)value);
    }

    /// <summary>Writes the list with its length.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="stage">The message, for the faults.</param>
    /// <param name="faults">The faults.</param>
    /// <param name="omitEmpty">Whether an empty list is left out altogether, as in TLS 1.2.</param>
    public void Write(ByteWriter writer, TlsStage stage, TlsServerFaults faults, bool omitEmpty)
    {
        if (faults.ExtensionsAt == stage)
        {
            if (faults.UnsolicitedExtension >= 0)
                Add(faults.UnsolicitedExtension);

            if (faults.DuplicateExtension && _entries.Count > 0)
                _entries.Add(_entries[0]);
        }

        if (omitEmpty && _entries.Count == 0)
            return;

        int list = writer.Begin(2);
        foreach ((int type, byte[] content) in _entries)
        {
            writer.U16(type);
            int token = writer.Begin(2);
            writer.Bytes(content, 0, content.Length);
            writer.End(token, 2);
        }

        writer.End(list, 2);
    }
}
