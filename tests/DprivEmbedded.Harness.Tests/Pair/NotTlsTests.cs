using System;
using System.Collections.Generic;
using System.Text;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>Ports that speak something else.</summary>
public class NotTlsTests
{
    public static TheoryData<string> Banners()
    {
        return
        [
            "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
            "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
            "220 mail.example ESMTP ready\r\n",
            "+OK ready\r\n",
            "* OK IMAP4rev1\r\n",
            "\0\x0c\x16\x03\x80\x01\0\0\0\0\0\0\0\0",
            "\0\0\0\0\0\0",
            "\x16\x02\0\0\x30",
            "\x16\xfe\xff\0\0\0\0\0\0\0\0\0\x01\0",
            "\x80\x2e\x01\x03\x01",
            "\xff\xff\xff\xff\xff\xff",
        ];
    }

    [Theory]
    [MemberData(nameof(Banners))]
    public void AnotherProtocolIsSaidToBeNoTls(string banner)
    {
        foreach (Fragmentation fragmentation in Enum.GetValues<Fragmentation>())
        {
            PairSetup setup = new() { Fragmentation = fragmentation };
            TlsPair pair = setup.Start();
            byte[] bytes = Encoding.Latin1.GetBytes(banner);
            pair.Link.Up.Cut();
            pair.Link.Down.Send(bytes, 0, bytes.Length);
            pair.Run();
            pair.AssertFailed(TlsError.NotTls);
            Assert.Equal(-1, pair.Client.AlertSent);
        }
    }

    [Fact]
    public void EveryFirstByteThatIsNoRecordTypeIsNoTls()
    {
        for (int first = 0; first < 256; first++)
        {
            PairSetup setup = new();
            TlsPair pair = setup.Start();
            pair.Link.Up.Cut();
            pair.Link.Down.Send([(byte)first, 3, 3, 0, 2, 2, 40], 0, 7);
            pair.Run();
            int expected = first switch
            {
                ContentType.Alert => TlsError.AlertReceived + AlertDescription.HandshakeFailure,
                ContentType.ChangeCipherSpec or ContentType.ApplicationData => TlsError.UnexpectedMessage,
                ContentType.Handshake => TlsError.None, // the beginning of a ServerHello
                _ => TlsError.NotTls,
            };
            Assert.Equal((first, expected), (first, pair.Client.Error));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void FewerBytesThanARecordHeaderAndThenTheEnd(int count)
    {
        PairSetup setup = new();
        TlsPair pair = setup.Start();
        pair.Link.Up.Cut();
        pair.Link.Down.Send(Encoding.Latin1.GetBytes("nope"), 0, count);
        pair.Link.Down.SendEnd(TransportEnd.Fin);
        pair.Run();
        pair.AssertFailed(TlsError.ClosedInHandshake);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void RandomBytesNeverThrowHangOrConnect(int seed)
    {
        Random random = new(seed);
        HashSet<int> errors = [];
        for (int i = 0; i < 2000; i++)
        {
            PairSetup setup = new() { Fragmentation = (Fragmentation)(i % 4) };
            TlsPair pair = setup.Start();
            pair.Link.Up.Cut();
            byte[] bytes = new byte[random.Next(1, 400)];
            random.NextBytes(bytes);
            if (i % 2 == 0)
            {
                // Well begun: a record header in front.
                byte[] header = [(byte)random.Next(20, 24), 3, (byte)random.Next(0, 5), 0, (byte)random.Next(256), (byte)random.Next(0, 25)];
                header.AsSpan(0, Math.Min(header.Length, bytes.Length)).CopyTo(bytes);
            }

            pair.Link.Down.Send(bytes, 0, bytes.Length);
            pair.Link.Down.SendEnd(TransportEnd.Fin);
            pair.RunToEnd();
            Assert.NotEqual(TlsError.None, pair.Client.Error);
            errors.Add(pair.Client.Error);
        }

        Assert.True(errors.Count >= 4);
    }
}
