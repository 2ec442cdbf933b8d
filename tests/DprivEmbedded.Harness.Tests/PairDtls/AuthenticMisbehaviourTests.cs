using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>A server with the right keys that breaks rules: what is authentic is not discarded in silence but ends the association, and repetitions that nobody can forge are always answered.</summary>
public class AuthenticMisbehaviourTests
{
    /// <summary>The server's keys, learnt from its key log, and what it sent.</summary>
    private sealed class Keys : IKeyLog
    {
        private readonly List<byte[]> _datagrams = [];
        private readonly byte[] _clientRandom = new byte[32];
        private readonly byte[] _serverRandom = new byte[32];
        private byte[] _master = [];

        public Keys(DodSetup setup)
        {
            setup.Dtls.KeyLog = this;
        }

        public void Log(string label, byte[] clientRandom, byte[] secret, int secretBytes)
        {
            clientRandom.CopyTo(_clientRandom, 0);
            _master = secret[..secretBytes];
        }

        public void Watch(DodPair pair)
        {
            pair.Path.Down.Observer = (_, datagram) =>
            {
                _datagrams.Add([.. datagram]);
                if (datagram[0] == ContentType.Handshake && datagram[13] == HandshakeType.ServerHello)
                    Array.Copy(datagram, 27, _serverRandom, 0, 32);
            };
        }

        /// <summary>A record of the server's.</summary>
        public byte[] Record(DodSetup setup, int suite, int type, ulong sequence, byte[] content)
        {
            DtlsRecordProtection protection = Protection(setup, suite);
            byte[] record = new byte[content.Length + protection.OverheadBytes];
            content.CopyTo(record, protection.ContentOffset);
            Assert.Equal(record.Length, protection.Seal(type, 1, sequence, record, 0, content.Length));
            return record;
        }

        /// <summary>The content of the server's Finished.</summary>
        public byte[] Finished(DodSetup setup, int suite)
        {
            foreach (byte[] datagram in _datagrams)
            {
                for (int at = 0; at < datagram.Length;)
                {
                    int bytes = 13 + ((datagram[at + 11] << 8) | datagram[at + 12]);
                    if (datagram[at] == ContentType.Handshake && datagram[at + 4] == 1)
                    {
                        DtlsRecordProtection protection = Protection(setup, suite);
                        Assert.True(protection.Open(1, DtlsRecordProtection.ReadSequence(datagram, at), datagram, at, bytes));
                        return datagram[protection.OpenedOffset..(protection.OpenedOffset + protection.OpenedBytes)];
                    }

                    at += bytes;
                }
            }

            throw new InvalidOperationException("There was no Finished.");
        }

        private DtlsRecordProtection Protection(DodSetup setup, int suite)
        {
            byte[] block = new byte[88];
            int key = CipherSuite.KeyBytes(suite);
            int iv = CipherSuite.FixedIvBytes(suite);
            new KeySchedule12(setup.ServerCrypto).KeyBlock(_master, _clientRandom, _serverRandom, block, 2 * key + 2 * iv);
            DtlsRecordProtection protection = new(setup.ServerCrypto, suite);
            protection.SetKey(block, key, block, 2 * key + iv);
            return protection;
        }
    }

    [Theory]
    [InlineData("data of 16384 bytes", TlsError.None)]
    [InlineData("data of 16385 bytes", TlsError.RecordOverflow)]
    [InlineData("data of 20000 bytes", TlsError.None)]
    [InlineData("alert of level 3", TlsError.IllegalParameter)]
    [InlineData("another Finished", TlsError.UnexpectedMessage)]
    [InlineData("a ServerHello", TlsError.UnexpectedMessage)]
    [InlineData("a message far ahead", TlsError.None)]
    [InlineData("HelloRequest", TlsError.None)]
    public void AfterTheHandshake(string what, int error)
    {
        DodSetup setup = new();
        Keys keys = new(setup);
        DodPair pair = new(setup);
        keys.Watch(pair);
        pair.Ask();
        pair.Open(null);
        pair.RunFor(4000);
        pair.AssertConnected().AssertAnswered(1);
        byte[] finished = keys.Finished(setup, pair.Dtls.Suite);
        int next = ((finished[4] << 8) | finished[5]) + 1;
        (int type, byte[] content) = what switch
        {
            "data of 16384 bytes" => (ContentType.ApplicationData, new byte[16384]),
            "data of 16385 bytes" => (ContentType.ApplicationData, new byte[16385]),
            // Longer than any record may be: discarded before anything is computed.
            "data of 20000 bytes" => (ContentType.ApplicationData, new byte[20000]),
            "alert of level 3" => (ContentType.Alert, [3, AlertDescription.UserCanceled]),
            "another Finished" => (ContentType.Handshake, [.. finished[..5], (byte)next, .. finished[6..]]),
            "a ServerHello" => (ContentType.Handshake, [HandshakeType.ServerHello, .. finished[1..5], (byte)next, .. finished[6..]]),
            "a message far ahead" => (ContentType.Handshake, [.. finished[..5], (byte)(next + 1), .. finished[6..]]),
            _ => (ContentType.Handshake, new byte[] { HandshakeType.HelloRequest, 0, 0, 0, 0, (byte)next, 0, 0, 0, 0, 0, 0 }),
        };
        byte[] datagram = keys.Record(setup, pair.Dtls.Suite, type, 1000, content);
        // The pair's own buffer is smaller than these.
        pair.Session.Receive(datagram, 0, datagram.Length, pair.Clock.NowMs);
        while (pair.Session.NextEvent() != 0)
        {
        }

        Assert.Equal(TlsError.Describe(error), TlsError.Describe(pair.Dtls.Error));
        Assert.Equal(what == "data of 20000 bytes" ? 1 : 0, pair.Dtls.DiscardedRecords);
    }

    /// <summary>In a resumption ours is the last flight. A server whose Finished comes again has not got it: it is authentic, so that there is no limit as there is for repetitions in the clear.</summary>
    [Fact]
    public void EveryRepetitionOfTheFinishedIsAnswered()
    {
        DodSetup setup = new();
        Keys keys = new(setup);
        DodPair pair = new(setup);
        pair.Ask();
        pair.Open(null);
        pair.RunFor(4000);
        pair.AssertConnected();
        DodPair resumed = new(setup);
        keys.Watch(resumed);
        resumed.Open(pair.Sessions.Last());
        resumed.RunFor(4000);
        resumed.AssertConnected();
        Assert.True(resumed.Dtls.IsResumed);
        byte[] finished = keys.Finished(setup, resumed.Dtls.Suite);
        for (int i = 0; i < 20; i++)
        {
            int sent = resumed.Path.Up.Sent;
            resumed.GiveClient(keys.Record(setup, resumed.Dtls.Suite, ContentType.Handshake, (ulong)(1000 + i), finished));
            resumed.Pump();
            resumed.RunFor(1000);
            Assert.Equal((i + 1, sent + 1), (resumed.Dtls.Retransmissions, resumed.Path.Up.Sent));
        }
    }
}
