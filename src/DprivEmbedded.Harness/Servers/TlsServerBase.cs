using System;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>What the server's sides of a TLS connection and of a DTLS association have in common: what was negotiated, and what a handshake asks of the record layer beneath it.</summary>
public abstract class TlsServerBase
{
    private readonly int[] _faultCounts = new int[Enum.GetValues<TlsStage>().Length];

    private protected TlsServerBase(ICryptoProvider crypto, TlsServerOptions options, ServerState state)
    {
        Crypto = crypto;
        Options = options;
        State = state;
    }

    /// <summary>The error that ended the connection, <see cref="TlsError.None"/> while there is none. Sticky.</summary>
    public int Error { get; private protected set; }

    /// <summary>The last alert that was sent; -1 for none.</summary>
    public int AlertSent { get; private protected set; } = -1;

    /// <summary>The last alert that came, warnings included; -1 for none.</summary>
    public int AlertReceived { get; private protected set; } = -1;

    /// <summary>Whether the client's Finished was verified.</summary>
    public bool HandshakeComplete { get; private protected set; }

    /// <summary>Whether the client's close_notify came.</summary>
    public bool PeerClosed { get; private protected set; }

    /// <summary>The negotiated version, one of <see cref="ProtocolVersion"/>; 0 before.</summary>
    public int Version { get; internal set; }

    /// <summary>The negotiated suite, one of <see cref="Tls.CipherSuite"/>; 0 before.</summary>
    public int CipherSuite { get; internal set; }

    /// <summary>The group of the key exchange; 0 where there was none.</summary>
    public int Group { get; internal set; }

    /// <summary>Whether the handshake resumes a session (by ticket or session id).</summary>
    public bool Resumed { get; internal set; }

    /// <summary>Whether an external pre-shared key authenticates the handshake.</summary>
    public bool UsedPsk { get; internal set; }

    /// <summary>Whether the client answered a request for a certificate with an empty list.</summary>
    public bool ClientDeclinedCertificate { get; internal set; }

    /// <summary>Whether a raw public key was sent.</summary>
    public bool UsedRawPublicKey { get; internal set; }

    /// <summary>Version 1.2: whether the extended master secret is used.</summary>
    public bool ExtendedMasterSecret { get; internal set; }

    /// <summary>The name that the client asked for, in lower case; null for none.</summary>
    public string? ServerName { get; internal set; }

    /// <summary>The negotiated application protocol; null for none.</summary>
    public string? ApplicationProtocol { get; internal set; }

    /// <summary>The negotiated max_fragment_length code (RFC 6066 section 4), 1..4; 0 for none.</summary>
    public int MaxFragmentLengthCode { get; internal set; }

    internal ICryptoProvider Crypto { get; }

    internal TlsServerOptions Options { get; }

    internal ServerState State { get; }

    internal long NowMs { get; private protected set; }

    internal bool ServerNameKnown { get; set; }

    internal int OwnRecordSizeLimit { get; set; }

    internal bool Ended { get; private protected set; }

    /// <summary>Whether handshake messages are hashed with DTLS's header.</summary>
    internal virtual bool IsDatagram => false;

    /// <summary>DTLS: the message_seq of the message that is sent next.</summary>
    internal virtual int SendSequence => 0;

    /// <summary>DTLS: the message_seq of the message that is being taken.</summary>
    internal virtual int ReceiveSequence => 0;

    internal virtual void Complete()
    {
        HandshakeComplete = true;
    }

    /// <summary>Ends the connection with an error and its alert; the first error is kept.</summary>
    internal abstract void Fail(int error, int alert = -1);

    internal abstract void SendAlert(int level, int description);

    /// <summary>Runs the fault of a stage.</summary>
    /// <returns>What is left for the caller to do: None, Omit, Repeat or TrailingByte. The connection may have ended.</returns>
    internal abstract TlsFaultAction Fault(TlsStage stage, int contentType);

    /// <summary>Counts a record that carries nothing; too many end the connection.</summary>
    internal abstract bool Idle();

    /// <summary>Sends a handshake message, given with the 4-byte header of TLS.</summary>
    internal abstract void SendHandshake(ReadOnlySpan<byte> message);

    internal abstract void SendChangeCipherSpec();

    /// <summary>Sets the client's limits of what is sent to it; 0 leaves one as it is.</summary>
    internal abstract void LimitRecords(int maxFragmentBytes, int peerRecordSizeLimit);

    /// <summary>Version 1.2: makes the keys of both directions out of a key block, for later.</summary>
    internal abstract void SetNextKeys(byte[] block);

    /// <summary>Version 1.2: opens what comes from now on with the new keys.</summary>
    internal abstract void ChangeReadKeys();

    /// <summary>Version 1.2: seals what goes out from now on with the new keys.</summary>
    internal abstract void ChangeWriteKeys();

    /// <summary>Adds extensions to the ServerHello that only this kind of transport has.</summary>
    internal virtual void AddOwnExtensions(ExtensionList list, ClientHello hello)
    {
    }

    /// <summary>Whether the fault of a stage happens now; counts it.</summary>
    private protected bool TakeFault(TlsStage stage)
    {
        TlsServerFaults faults = Options.Faults;
        if (faults.At != stage || faults.Action == TlsFaultAction.None || Ended)
            return false;

        if (faults.Times > 0 && _faultCounts[(int)stage] >= faults.Times)
            return false;

        _faultCounts[(int)stage]++;
        return true;
    }
}
