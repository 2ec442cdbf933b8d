using System;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Fuzz;

/// <summary>The record layers by themselves: opening of whole records of every suite, with padding and connection ids, and what was sealed opens again.</summary>
internal sealed class RecordsTarget : FuzzTarget
{
    private static readonly int[] s_suites =
    [
        CipherSuite.Aes128GcmSha256, CipherSuite.ChaCha20Poly1305Sha256, CipherSuite.Aes128Ccm8Sha256, CipherSuite.EcdheEcdsaAes128GcmSha256, CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256,
        CipherSuite.PskAes128Ccm8,
    ];

    private readonly ICryptoProvider _crypto = new NullCryptoProvider(1);
    private readonly byte[] _record = new byte[8192];
    private readonly byte[] _key = new byte[32];

    public override string Name => "records";

    public override string Description => "record layers: RecordProtection, DtlsRecordProtection, ReplayWindow";

    public override int MaxInputBytes => 2048;

    public override long MaxAllocatedBytes(int inputBytes) => 2048;

    public override void Run(byte[] input)
    {
        if (input.Length < 6)
            return;

        int suite = s_suites[input[0] % s_suites.Length];
        ReadOnlySpan<byte> body = input.AsSpan(1);
        body.CopyTo(_record);
        RecordProtection tls = new(_crypto, suite);
        tls.SetKey(_key, 0, _key, 0);
        if (tls.Open(_record, 0, body.Length) == TlsError.None)
            FuzzFailure.Unless(tls.OpenedOffset >= RecordProtection.HeaderBytes && tls.OpenedBytes >= 0 && tls.OpenedOffset + tls.OpenedBytes <= body.Length, "Content outside the record.");

        if (CipherSuite.IsTls13(suite))
            return;

        int cid = input[0] >> 5;
        DtlsRecordProtection dtls = new(_crypto, suite) { ConnectionId = new byte[cid] };
        dtls.SetKey(_key, 0, _key, 0);
        body.CopyTo(_record);
        if (body.Length >= DtlsRecordProtection.HeaderBytes + cid && dtls.Open(1, DtlsRecordProtection.ReadSequence(_record, 0), _record, 0, body.Length))
            FuzzFailure.Unless(dtls.OpenedBytes >= 0 && dtls.OpenedOffset + dtls.OpenedBytes <= body.Length, "Content outside the record.");

        int content = Math.Min(body.Length, 1024);
        body[..content].CopyTo(_record.AsSpan(dtls.ContentOffset));
        int bytes = dtls.Seal(ContentType.ApplicationData, 1, 7, _record, 0, content);
        FuzzFailure.Unless(dtls.Open(1, 7, _record, 0, bytes) && dtls.OpenedType == ContentType.ApplicationData && dtls.OpenedBytes == content, "A sealed record does not open.");
    }
}
