using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>Records that anybody could have sent, before there are keys: whatever their type, epoch and size, the handshake completes and the query is answered once.</summary>
public class ForgedRecordTests
{
    public static TheoryData<int, int> Rows()
    {
        TheoryData<int, int> rows = [];
        foreach (int connectionIdBytes in new[] { -1, 0, 8 })
        {
            for (int type = 19; type <= 26; type++)
                rows.Add(connectionIdBytes, type);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void BeforeThereAreKeys(int connectionIdBytes, int type)
    {
        DodSetup setup = new();
        setup.Client.ConnectionId = connectionIdBytes < 0 ? null! : DtlsMatrixTests.Id(connectionIdBytes);
        setup.Dtls.ConnectionIdBytes = 4;
        DodPair pair = setup.Start();
        int idBytes = type == ContentType.Tls12Cid && connectionIdBytes > 0 ? connectionIdBytes : 0;
        for (int bytes = 0; bytes <= 60; bytes += 4)
        {
            pair.GiveClient(Record(type, 1, idBytes, bytes));
            pair.GiveClient(Record(type, 2, idBytes, bytes));
        }

        pair.RunFor(4000);
        pair.AssertConnected();
        pair.AssertAnswered(1);
        Assert.Equal(32, pair.Dtls.DiscardedRecords);
    }

    private static byte[] Record(int type, int epoch, int idBytes, int bytes)
    {
        byte[] record = new byte[DtlsRecordProtection.HeaderBytes + idBytes + bytes];
        DtlsRecordProtection.WriteHeader(record, 0, type, epoch, 3, new byte[idBytes], bytes);
        return record;
    }
}
