using System;
using System.Collections.Generic;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>A client's and a server's configuration, the server's state and the time that their connections share.</summary>
internal sealed class PairSetup
{
    private readonly SeededRandomSource _clientRandom;
    private int _connections;

    public PairSetup(int seed = 1, string backEnds = BackEnds.Usual)
    {
        Seed = seed;
        _clientRandom = new SeededRandomSource(seed);
        ClientCrypto = BackEnds.Provider(backEnds[0], _clientRandom);
        ServerCrypto = BackEnds.Provider(backEnds[1], new SeededRandomSource(seed + 1_000_000));
        State = new ServerState(ServerCrypto);
        Client = new TlsClientOptions
        {
            ServerName = PairKeys.Name,
            Verifier = new SpkiPinVerifier([PairKeys.Pin(PairKeys.Ecdsa)], ClientCrypto.CreateSha256()),
        };
        Server = new TlsServerOptions { Credentials = [PairKeys.Ecdsa] };
    }

    public int Seed { get; }

    public VirtualClock Clock { get; } = new();

    public ICryptoProvider ClientCrypto { get; }

    public ICryptoProvider ServerCrypto { get; }

    public ServerState State { get; }

    public TlsClientOptions Client { get; }

    public TlsServerOptions Server { get; }

    public TlsServerFaults Faults => Server.Faults;

    /// <summary>One-way latency.</summary>
    public int LatencyMs { get; set; } = 10;

    public Fragmentation Fragmentation { get; set; }

    public int ReceiveBufferBytes { get; set; } = TlsClient.FullReceiveBufferBytes;

    public int SendBufferBytes { get; set; } = 8192;

    /// <summary>Text that the client sends as soon as it may, and again where early data was rejected; empty for none.</summary>
    public string Greeting { get; set; } = "";

    /// <summary>Whether the greeting goes out as early data where that is allowed.</summary>
    public bool GreetEarly { get; set; }

    /// <summary>Changes the records from the server on their way; null for none.</summary>
    public Func<byte[], IEnumerable<byte[]>>? RewriteDown { get; set; }

    /// <summary>A client of its own for each connection, with the shared options.</summary>
    public TlsClient NewClient()
    {
        return new TlsClient(Client, ClientCrypto, new byte[ReceiveBufferBytes], new byte[SendBufferBytes]);
    }

    public DuplexLink NewLink()
    {
        DuplexLink link = new(Clock, LatencyMs, Seed + ++_connections);
        link.Fragment(Fragmentation);
        return link;
    }

    /// <summary>Makes a connection and starts its handshake; nothing has moved yet.</summary>
    public TlsPair Start(TlsSession? session = null)
    {
        return new TlsPair(this, session);
    }

    /// <summary>Makes a connection and runs it until nothing moves any more.</summary>
    public TlsPair Connect(TlsSession? session = null)
    {
        TlsPair pair = Start(session);
        pair.Run();
        return pair;
    }

    /// <summary>Uses an external PSK in place of certificates, at both ends.</summary>
    public PairSetup WithPsk()
    {
        Client.Verifier = null;
        Client.Psk = PairKeys.Psk;
        Client.PskIdentity = PairKeys.PskIdentity;
        Server.Credentials = [];
        State.Psks.Add(new ServerPsk(PairKeys.PskIdentity, PairKeys.Psk));
        return this;
    }

    /// <summary>Uses another key and certificate, pinned by the client.</summary>
    public PairSetup WithCredential(ServerCredential credential)
    {
        Client.Verifier = new SpkiPinVerifier([PairKeys.Pin(credential)], ClientCrypto.CreateSha256());
        Server.Credentials = [credential];
        return this;
    }

    /// <summary>Limits both ends to one version.</summary>
    public PairSetup WithVersion(int version)
    {
        Client.MinVersion = version;
        Client.MaxVersion = version;
        Server.Tls12 = version == ProtocolVersion.Tls12;
        Server.Tls13 = version == ProtocolVersion.Tls13;
        return this;
    }
}
