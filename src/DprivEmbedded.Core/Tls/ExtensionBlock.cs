namespace DprivEmbedded.Tls;

/// <summary>An index of the extensions in one message: where each known one lies, and whether any came twice.</summary>
internal sealed class ExtensionBlock
{
    private const int Known = 19;

    private readonly int[] _offsets = new int[Known];
    private readonly int[] _lengths = new int[Known];
    private int _seen;

    /// <summary>Reads a block with its 2-byte length, up to its end.</summary>
    /// <param name="reader">Stands at the block; stands behind it afterwards.</param>
    /// <param name="ignoreUnknown">Whether unknown extensions are passed over (messages that may carry any) or unsolicited (answers).</param>
    /// <returns><see cref="TlsError.None"/> or the error.</returns>
    public int Read(ByteReader reader, bool ignoreUnknown)
    {
        _seen = 0;
        int block = reader.Enter(reader.U16());
        while (reader.Remaining > 0)
        {
            int type = reader.U16();
            int length = reader.U16();
            int offset = reader.Skip(length);
            if (reader.Failed)
                return TlsError.DecodeError;

            int index = Index(type);
            if (index < 0)
            {
                if (!ignoreUnknown)
                    return TlsError.UnsolicitedExtension;

                continue;
            }

            if ((_seen & (1 << index)) != 0)
                return TlsError.DuplicateExtension;

            _seen |= 1 << index;
            _offsets[index] = offset;
            _lengths[index] = length;
        }

        reader.Leave(block);
        return reader.Failed ? TlsError.DecodeError : TlsError.None;
    }

    /// <summary>Forgets everything: a message without extensions.</summary>
    public void Clear()
    {
        _seen = 0;
    }

    /// <summary>Whether an extension is there.</summary>
    public bool Has(int type)
    {
        return (_seen & (1 << Index(type))) != 0;
    }

    /// <summary>Sets a reader on an extension's body.</summary>
    public void Open(int type, ByteReader reader, byte[] buffer)
    {
        int index = Index(type);
        reader.Reset(buffer, _offsets[index], _lengths[index]);
    }

    /// <summary>Takes an extension off the list of those that nobody asked for.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Take(int type)
    {
        int bit = 1 << Index(type);
        bool there = (_seen & bit) != 0;
        _seen &= ~bit;
        return there;
    }

    /// <summary>Whether all extensions were taken.</summary>
    public bool IsEmpty { get { return _seen == 0; } }

    private static int Index(int type)
    {
        switch (type)
        {
            case ExtensionType.ServerName: return 0;
            case ExtensionType.MaxFragmentLength: return 1;
            case ExtensionType.SupportedGroups: return 2;
            case ExtensionType.EcPointFormats: return 3;
            case ExtensionType.SignatureAlgorithms: return 4;
            case ExtensionType.ApplicationLayerProtocolNegotiation: return 5;
            case ExtensionType.ServerCertificateType: return 6;
            case ExtensionType.ExtendedMasterSecret: return 7;
            case ExtensionType.RecordSizeLimit: return 8;
            case ExtensionType.SessionTicket: return 9;
            case ExtensionType.PreSharedKey: return 10;
            case ExtensionType.EarlyData: return 11;
            case ExtensionType.SupportedVersions: return 12;
            case ExtensionType.Cookie: return 13;
            case ExtensionType.KeyShare: return 14;
            case ExtensionType.RenegotiationInfo: return 15;
            case ExtensionType.ConnectionId: return 16;
            case ExtensionType.Heartbeat: return 17;
            case ExtensionType.StatusRequest: return 18;
            default: return -1;
        }
    }
}
