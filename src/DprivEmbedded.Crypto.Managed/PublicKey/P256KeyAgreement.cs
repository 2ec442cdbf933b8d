namespace DprivEmbedded.Crypto.Managed;

/// <summary>ECDH on P-256 with uncompressed points. Source: RFC 8446 sections 4.2.8.2 and 7.4.2, RFC 8422 section 5.10.</summary>
internal sealed class P256KeyAgreement : IKeyAgreement
{
    private const int ScalarAttempts = 64;

    private readonly byte[] _private = new byte[FieldP256.Bytes];
    private bool _hasKey;

    public int Group { get { return NamedGroup.Secp256r1; } }

    public int PublicBytes { get { return P256Point.EncodedBytes; } }

    public void Generate(IRandomSource random, byte[] output, int offset)
    {
        _hasKey = false;
        for (int i = 0; i < ScalarAttempts && !_hasKey; i++)
        {
            // By rejection, so that the scalar depends on the source alone.
            random.Fill(_private, 0, FieldP256.Bytes);
            int any = 0;
            for (int k = 0; k < FieldP256.Bytes; k++)
                any |= _private[k];

            _hasKey = any != 0 && P256Point.IsBelow(_private, 0, P256Constants.Order);
        }

        if (!_hasKey)
            throw new System.InvalidOperationException("The random source gives no scalar of P-256.");

        P256Point point = new P256Point();
        point.SetBasePoint();
        new P256Calculator().Multiply(point, _private);
        point.Encode(output, offset);
    }

    public bool Agree(byte[] peer, int peerOffset, int peerCount, byte[] secret, int secretOffset)
    {
        if (!_hasKey)
            throw new System.InvalidOperationException("Generate a key pair first.");

        P256Point point = new P256Point();
        if (!point.Decode(peer, peerOffset, peerCount))
            return false;

        // The cofactor is 1 and the scalar below the order, so the product is never the point at infinity.
        new P256Calculator().Multiply(point, _private);
        point.EncodeX(secret, secretOffset);
        point.Clear();
        return true;
    }

    public void Clear()
    {
        ConstantTime.Clear(_private);
        _hasKey = false;
    }
}
