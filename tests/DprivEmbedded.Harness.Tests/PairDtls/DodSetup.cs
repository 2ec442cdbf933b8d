using System;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Harness.Tests.Pair;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>A client's and a server's configuration, one server, and the time that its clients share.</summary>
internal sealed class DodSetup
{
    private DodtlsServer? _server;
    private int _paths;

    /// <param name="seed">Seeds everything that is drawn.</param>
    /// <param name="backEnds">The crypto of client and server, letters of <see cref="BackEnds"/>.</param>
    /// <param name="wrap">Puts something before the client's crypto.</param>
    public DodSetup(int seed = 1, string backEnds = BackEnds.UsualDtls, Func<ICryptoProvider, ICryptoProvider>? wrap = null)
    {
        Seed = seed;
        ClientCrypto = BackEnds.Provider(backEnds[0], new SeededRandomSource(seed));
        if (wrap != null)
            ClientCrypto = wrap(ClientCrypto);

        ServerCrypto = BackEnds.Provider(backEnds[1], new SeededRandomSource(seed + 1_000_000));
        Client = new DtlsClientOptions
        {
            ServerName = PairKeys.Name,
            ApplicationProtocol = null!,
            Verifier = new SpkiPinVerifier([PairKeys.Pin(PairKeys.Ecdsa)], ClientCrypto.CreateSha256()),
            Groups = [NamedGroup.Secp256r1],
        };
        Dod = new DodtlsServerOptions { Seed = seed + 7 };
        Dtls.Credentials = [PairKeys.Ecdsa];
        Dtls.Cookie = false;
    }

    public int Seed { get; }

    public VirtualClock Clock { get; } = new(1000);

    public ICryptoProvider ClientCrypto { get; }

    public ICryptoProvider ServerCrypto { get; }

    public DtlsClientOptions Client { get; }

    public DodSessionOptions Session { get; } = new();

    public DodtlsServerOptions Dod { get; }

    public DtlsServerOptions Dtls => Dod.Dtls;

    /// <summary>One-way latency.</summary>
    public int LatencyMs { get; set; } = 100;

    public int ReassemblyBytes { get; set; } = 4096;

    public int FlightBytes { get; set; } = 2048;

    public int SendBytes { get; set; } = 2048;

    /// <summary>What answers the queries.</summary>
    public IDnsResponder Responder { get; init; } = new ZoneResponder(DemoZone.Create());

    /// <summary>The server; made with its first use, after which PSKs go to its state.</summary>
    public DodtlsServer Server => _server ??= new DodtlsServer(ServerCrypto, Responder, Dod);

    public DtlsServerCounters Counters => Server.Socket.Counters;

    public DodSession NewSession()
    {
        return new DodSession(Session, new DtlsClient(Client, ClientCrypto, new byte[ReassemblyBytes], new byte[FlightBytes], new byte[SendBytes]), ClientCrypto);
    }

    public DatagramPath NewPath()
    {
        DatagramPath path = new(Clock, LatencyMs, Seed + ++_paths);

        // Each client has a network of its own.
        for (int i = 0; i < _paths % 200; i++)
            path.ChangeAddress();

        return path;
    }

    /// <summary>A client that has asked a question and opened an association; nothing has moved yet.</summary>
    public DodPair Start(TlsSession? session = null, bool ask = true)
    {
        DodPair pair = new(this);
        if (ask)
            pair.Ask();

        pair.Open(session);
        return pair;
    }

    /// <summary>A client whose association is open and whose question is answered, on a path without faults.</summary>
    public DodPair Connect(TlsSession? session = null)
    {
        DodPair pair = Start(session);
        pair.RunFor(4000);
        pair.AssertConnected();
        pair.AssertAnswered(1);
        return pair;
    }

    /// <summary>Lets the server forget all associations, but no tickets and sessions.</summary>
    public void ForgetAssociations()
    {
        foreach (DtlsServer association in new System.Collections.Generic.List<DtlsServer>(Server.Socket.Associations))
            association.Forget();
    }

    /// <summary>Uses an external PSK in place of certificates, at both ends.</summary>
    public DodSetup WithPsk(int suite = CipherSuite.PskAes128Ccm8)
    {
        Client.Verifier = null;
        Client.ServerName = null;
        Client.Psk = PairKeys.Psk;
        Client.PskIdentity = PairKeys.PskIdentity;
        Client.CipherSuites = [suite];
        Dtls.Credentials = [];
        Server.State.Psks.Add(new ServerPsk(PairKeys.PskIdentity, PairKeys.Psk));
        return this;
    }

    /// <summary>Uses another key and certificate, pinned by the client.</summary>
    public DodSetup WithCredential(ServerCredential credential)
    {
        Client.Verifier = new SpkiPinVerifier([PairKeys.Pin(credential)], ClientCrypto.CreateSha256());
        Dtls.Credentials = [credential];
        return this;
    }
}
