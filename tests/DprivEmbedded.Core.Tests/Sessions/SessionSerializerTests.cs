using System;
using CsCheck;
using DprivEmbedded.Sessions;
using Xunit;

namespace DprivEmbedded.Core.Tests.Sessions;

public class SessionSerializerTests
{
    private readonly SessionSerializer _serializer = new SessionSerializer();

    [Fact]
    public void AnySessionComesBackTheSame()
    {
        Gen.Select(Samples.Text, Samples.Any).Sample((server, session) =>
        {
            SessionSerializer serializer = new SessionSerializer();
            byte[] bytes = Write(server, session);
            Assert.Equal(bytes.Length, SessionSerializer.RecordBytes(bytes, 0, bytes.Length));
            Assert.Equal(SessionStoreError.None, serializer.Read(bytes, 0, bytes.Length));
            Assert.Equal(server, serializer.Server);
            Samples.AssertSame(session, serializer.Session);
        });
    }

    /// <summary>The documented layout, byte by byte: docs/formats/session-store.md carries the same example.</summary>
    [Fact]
    public void TheLayoutIsTheDocumentedOne()
    {
        TlsSession session = Samples.Tls12(0x11);
        session.Ticket = new byte[] { 0xAA, 0xBB };
        session.SessionId = new byte[] { 0xCC };
        session.ServerName = "a.b";
        session.ApplicationProtocol = "dot";
        session.AgeAdd = 0x01020304;
        session.MaxEarlyDataBytes = 5;
        session.PeerRecordSizeLimit = 64;
        session.Authenticated = true;
        session.AuthenticatedUntilUtcSeconds = 1800864000;
        session.PeerKeyHash = Samples.Filled(32, 0xDD);
        string expected = "4453" + "01" + "07" + "00008F" + "0303" + "C02B" + "000001A3185C5000" + "00000E10" + "01020304" + "00000005"
            + "02" + "0040" + "000000006B570100" + "0017" + "03732E31" + "03612E62" + "03646F74" + "30" + new string('1', 96)
            + "0002AABB" + "01CC" + string.Concat(System.Linq.Enumerable.Repeat("DD", 32));
        Assert.Equal(expected, Convert.ToHexString(Write("s.1", session)));
    }

    [Fact]
    public void TooSmallABufferIsLeftAloneAndTheSizeTold()
    {
        TlsSession session = Samples.Tls13();
        int size = SessionSerializer.Size("s", session);
        byte[] buffer = new byte[size + 4];
        Assert.Equal(size, _serializer.Write("s", session, null, 0, 0));
        Assert.Equal(size, _serializer.Write("s", session, buffer, 2, size - 1));
        Assert.Equal(new byte[size + 4], buffer);
        Assert.Equal(size, _serializer.Write("s", session, buffer, 2, size));
        Assert.Equal(0, buffer[0] | buffer[1] | buffer[^1] | buffer[^2]);
        Assert.Equal(SessionStoreError.None, _serializer.Read(buffer, 2, size));
    }

    [Fact]
    public void TheLargestTicketFits()
    {
        TlsSession session = Samples.Tls13();
        session.Ticket = Samples.Filled(65535, 3);
        byte[] bytes = Write(new string('s', 255), session);
        Assert.Equal(SessionStoreError.None, _serializer.Read(bytes, 0, bytes.Length));
        Assert.Equal(session.Ticket, _serializer.Session.Ticket);
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        foreach (TlsSession session in new[] { Samples.Tls12(), Samples.Tls13() })
        {
            byte[] bytes = Write("server", session);
            for (int count = 0; count < bytes.Length; count++)
            {
                byte[] cut = bytes.AsSpan(0, count).ToArray();
                Assert.Equal(SessionStoreError.Truncated, _serializer.Read(cut, 0, count));
                Assert.Equal(-1, SessionSerializer.RecordBytes(cut, 0, count));
                Assert.Null(_serializer.Session);
            }
        }
    }

    [Fact]
    public void TrailingBytesAreRefused()
    {
        byte[] bytes = Write("server", Samples.Tls13());
        byte[] longer = new byte[bytes.Length + 1];
        bytes.CopyTo(longer, 0);
        Assert.Equal(SessionStoreError.TrailingBytes, _serializer.Read(longer, 0, longer.Length));

        // The same with a length field that includes them.
        longer[6]++;
        Assert.Equal(SessionStoreError.TrailingBytes, _serializer.Read(longer, 0, longer.Length));
    }

    [Theory]
    [InlineData(0, 0x45, SessionStoreError.BadMagic)]
    [InlineData(2, 0, SessionStoreError.UnknownVersion)]
    [InlineData(2, 2, SessionStoreError.UnknownVersion)]
    [InlineData(3, 0x0F, SessionStoreError.BadField)] // an unknown flag
    [InlineData(4, 0xFF, SessionStoreError.Truncated)] // a length of 16 MB allocates nothing
    [InlineData(7, 0x02, SessionStoreError.BadField)] // version
    [InlineData(9, 0xC0, SessionStoreError.BadField)] // a suite of another version
    [InlineData(11, 0x80, SessionStoreError.BadField)] // a time before the epoch
    [InlineData(19, 0x80, SessionStoreError.BadField)] // a lifetime above 2^31
    [InlineData(31, 5, SessionStoreError.BadField)] // max_fragment_length
    [InlineData(34, 0xFF, SessionStoreError.BadField)] // an end of authentication before the epoch
    [InlineData(45, 0x0A, SessionStoreError.BadField)] // a control character in the server's key
    public void BadFieldsAreRefused(int position, int value, int error)
    {
        byte[] bytes = Write("server", Samples.Tls13());
        bytes[position] = (byte)value;
        Assert.Equal(error, _serializer.Read(bytes, 0, bytes.Length));
        Assert.Null(_serializer.Session);
        Assert.Null(_serializer.Server);
    }

    [Fact]
    public void NoSizeIsGivenToWhatCannotBeWritten()
    {
        Assert.Equal(-1, SessionSerializer.Size("s", null));
        Assert.Equal(-1, SessionSerializer.Size(string.Empty, Samples.Tls13()));
        Assert.Equal(-1, _serializer.Write("\u00FC", Samples.Tls13(), new byte[2000], 0, 2000));
    }

    /// <summary>Whatever is read from changed bytes is a session that the rules allow, and its record is what was read: there is one encoding only.</summary>
    [Fact]
    public void ChangedBytesAreRefusedOrMeanWhatTheySay()
    {
        Gen.Select(Samples.Text, Samples.Any, Gen.Select(Gen.Int[0, 2000], Gen.Byte).Array[1, 4]).Sample((server, session, changes) =>
        {
            SessionSerializer serializer = new SessionSerializer();
            byte[] bytes = Write(server, session);
            foreach ((int position, byte value) in changes)
                bytes[position % bytes.Length] = value;

            if (serializer.Read(bytes, 0, bytes.Length) == SessionStoreError.None)
                Assert.Equal(bytes, Write(serializer.Server, serializer.Session));
        }, iter: 20000);
    }

    [Fact]
    public void RandomBytesNeverThrowAndAllocateLittle()
    {
        Gen.Byte.Array[0, 300].Sample(tail =>
        {
            byte[] bytes = new byte[7 + tail.Length];
            new byte[] { 0x44, 0x53, 1, (byte)(tail.Length & 7), 0, (byte)(bytes.Length >> 8), (byte)bytes.Length }.CopyTo(bytes, 0);
            tail.CopyTo(bytes, 7);
            SessionSerializer serializer = new SessionSerializer();
            long before = GC.GetAllocatedBytesForCurrentThread();
            int error = serializer.Read(bytes, 0, bytes.Length);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            // A session, and for each of its fields an object header; text has two bytes a character, twice.
            return error >= 0 && allocated < 600 + (4 * bytes.Length);
        }, iter: 20000);
    }

    private static byte[] Write(string server, TlsSession session)
    {
        byte[] bytes = new byte[SessionSerializer.Size(server, session)];
        Assert.Equal(bytes.Length, new SessionSerializer().Write(server, session, bytes, 0, bytes.Length));
        return bytes;
    }
}
