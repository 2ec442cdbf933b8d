using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using DprivEmbedded.Dns;
using DprivEmbedded.Harness.Tests.Pair;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>How many bytes of UDP payload handshakes, queries and answers cost, counted on the link and computed from the RFCs.</summary>
public class DtlsBytesTests(ITestOutputHelper output)
{
    private const int Record = 13;
    private const int Message = 12;

    // Nonce, message, verify_data, tag.
    private const int FinishedRecord = Record + 8 + Message + 12 + 8;
    private const int ChangeCipherSpecRecord = Record + 1;

    // Version, random, length of the session id, length of the cookie, one suite, one compression method.
    private const int LeastHello = Record + Message + 2 + 32 + 1 + 1 + (2 + 2) + 2;

    // Version, random, length of the session id, suite, compression method.
    private const int LeastServerHello = Record + Message + 2 + 32 + 1 + 2 + 1;

    // What the hellos of this client have beside the least: the renegotiation SCSV, the length of extensions, extended_master_secret. RFC 9325 demands the first and the last.
    private const int OwnInHello = 2 + 2 + 4;

    // The length of extensions, renegotiation_info, extended_master_secret.
    private const int OwnInServerHello = 2 + 5 + 4;

    /// <summary>PSK with AES-128-CCM-8 and a cookie: no more than the 470 bytes that RIOT's client costs against its server, although three things are in it that RIOT's has not.</summary>
    [Fact]
    public void FullPskHandshake()
    {
        DodSetup setup = Small();
        setup.Dtls.Cookie = true;
        List<(bool Up, byte[] Bytes)> datagrams = Handshake(setup, null, out _);
        int cookie = setup.Dtls.VerifyCookieBytes;
        int identity = PairKeys.PskIdentity.Length;
        int[] expected =
        [
            LeastHello + OwnInHello,
            Record + Message + 2 + 1 + cookie,
            LeastHello + OwnInHello + cookie,
            LeastServerHello + OwnInServerHello + Message, // with ServerHelloDone in the same record
            Record + Message + 2 + identity + ChangeCipherSpecRecord + FinishedRecord,
            ChangeCipherSpecRecord + FinishedRecord,
        ];
        Print("PSK with AES-128-CCM-8, cookie", datagrams);
        Assert.Equal(expected, datagrams.Select(d => d.Bytes.Length));
        int total = expected.Sum();
        Assert.InRange(total, 1, 470);

        // What is demanded beside, and what the comparison leaves when it is taken off.
        int own = 2 * OwnInHello + OwnInServerHello;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{total} bytes, {own} of them for extended_master_secret and renegotiation_info; cookie of {cookie}, identity of {identity} bytes."));
        Assert.Equal(465, total);
        Assert.Equal(27, own);

        // With ServerHelloDone in a record of its own.
        setup.Dtls.CoalesceHandshake = false;
        Assert.Equal(total + Record, Handshake(setup, null, out _).Sum(d => d.Bytes.Length));
    }

    /// <summary>
    /// A resumption. Half of 470 bytes cannot be had in DTLS 1.2: the mandatory fields of two hellos, two change_cipher_specs and two Finished alone are more than that.
    /// What the client sends, and what the server sends, is under half each.
    /// </summary>
    [Theory]
    [InlineData(8, 299)]
    [InlineData(32, 347)]
    public void ResumedHandshake(int sessionIdBytes, int total)
    {
        DodSetup setup = Small();
        setup.Dtls.SessionIds = true;
        setup.Dtls.SessionIdBytes = sessionIdBytes;
        TlsSession session = Assert.Single(setup.Connect().Sessions);
        List<(bool Up, byte[] Bytes)> datagrams = Handshake(setup, session, out DodPair pair);
        Print("resumed by a session id of " + sessionIdBytes, datagrams);
        Assert.True(pair.Dtls.IsResumed);
        int flight = ChangeCipherSpecRecord + FinishedRecord;
        int[] expected = [LeastHello + OwnInHello + sessionIdBytes, LeastServerHello + OwnInServerHello + sessionIdBytes + flight, flight];
        Assert.Equal(expected, datagrams.Select(d => d.Bytes.Length));
        Assert.Equal(total, expected.Sum());
        Assert.Equal(264, LeastHello + LeastServerHello + 2 * flight);
        Assert.True(LeastHello + LeastServerHello + 2 * flight > 470 / 2);
        Assert.InRange(datagrams.Where(d => d.Up).Sum(d => d.Bytes.Length), 1, 470 / 2);
        Assert.InRange(datagrams.Where(d => !d.Up).Sum(d => d.Bytes.Length), 1, 470 / 2);
    }

    /// <summary>What a record adds to a DNS message: RFC 6347 section 4.1 and RFC 6655 make 29 bytes; RFC 9146 section 4 adds the connection id and one byte for the real content type.</summary>
    [Theory]
    [InlineData(-1, 29)]
    [InlineData(0, 29)]
    [InlineData(1, 31)]
    [InlineData(8, 38)]
    public void QueryAndAnswer(int connectionIdBytes, int overhead)
    {
        Assert.Equal(connectionIdBytes <= 0 ? Record + 8 + 8 : Record + connectionIdBytes + 8 + 1 + 8, overhead);
        DodSetup setup = Small();
        setup.Client.ConnectionId = DtlsMatrixTests.Id(connectionIdBytes);
        setup.Dtls.ConnectionIdBytes = connectionIdBytes;
        DodPair pair = setup.Connect();
        List<(bool Up, byte[] Bytes)> datagrams = Watch(pair);
        byte[] buffer = new byte[512];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0, DnsName.Parse("www.example"), DnsType.Aaaa, DnsClass.Internet, null!);
        Assert.Equal(29, count);
        pair.Session.Query(buffer, 0, count, pair.Clock.NowMs);
        pair.Pump();
        pair.RunFor(1000);
        pair.AssertAnswered(2);
        byte[] answer = pair.Answers.Last().Answer;
        Assert.Equal([count + overhead, answer.Length + overhead], datagrams.Select(d => d.Bytes.Length));
        Assert.Equal(overhead, pair.Dtls.RecordOverheadBytes);
    }

    /// <summary>Only what is needed: no name, no application protocol, no tickets, no heartbeat; a server that puts messages together in records.</summary>
    private static DodSetup Small()
    {
        DodSetup setup = new DodSetup().WithPsk();
        setup.Client.Tickets = false;
        setup.Client.Heartbeat = false;
        setup.Dtls.CoalesceHandshake = true;
        setup.Dtls.SessionIds = false;
        return setup;
    }

    private static List<(bool Up, byte[] Bytes)> Handshake(DodSetup setup, TlsSession? session, out DodPair pair)
    {
        pair = new DodPair(setup);
        List<(bool Up, byte[] Bytes)> datagrams = Watch(pair);
        pair.Open(session);
        pair.RunFor(2000);
        pair.AssertConnected();
        return datagrams;
    }

    private static List<(bool Up, byte[] Bytes)> Watch(DodPair pair)
    {
        List<(bool Up, byte[] Bytes)> datagrams = [];
        pair.Path.Up.Observer = (_, bytes) => datagrams.Add((true, bytes));
        pair.Path.Down.Observer = (_, bytes) => datagrams.Add((false, bytes));
        return datagrams;
    }

    private void Print(string what, List<(bool Up, byte[] Bytes)> datagrams)
    {
        output.WriteLine(what + ": " + string.Join(", ", datagrams.Select(d => string.Create(CultureInfo.InvariantCulture, $"{(d.Up ? "->" : "<-")} {d.Bytes.Length}"))) + " = "
            + datagrams.Sum(d => d.Bytes.Length).ToString(CultureInfo.InvariantCulture));
    }
}
