using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>What the server's handshakes of TLS 1.2, DTLS 1.2 and TLS 1.3 share: transcript, choices made from a ClientHello, key exchange.</summary>
internal abstract class ServerHandshake
{
    private const int X509 = 0;
    private const int RawPublicKey = 2;
    private readonly byte[] _messageBuffer = new byte[128 * 1024];
    private readonly byte[] _longHeader = new byte[DtlsHandshakeHeader.Bytes];

    /// <summary>Makes one for a connection.</summary>
    protected ServerHandshake(TlsServerBase server)
    {
        Server = server;
        Options = server.Options;
        Faults = server.Options.Faults;
        Crypto = server.Crypto;
        Transcript = server.Crypto.CreateSha256();
    }

    /// <summary>Whether application data may come now.</summary>
    public abstract bool AcceptsApplicationData { get; }

    /// <summary>Whether the server may send application data now.</summary>
    public abstract bool CanSend { get; }

    /// <summary>The connection.</summary>
    protected TlsServerBase Server { get; }

    /// <summary>Its options.</summary>
    protected TlsServerOptions Options { get; }

    /// <summary>Its faults.</summary>
    protected TlsServerFaults Faults { get; }

    /// <summary>Its primitives.</summary>
    protected ICryptoProvider Crypto { get; }

    /// <summary>The hash of the handshake messages.</summary>
    protected IHash Transcript { get; }

    /// <summary>Writes the message in work.</summary>
    protected ByteWriter Writer { get; } = new();

    /// <summary>The server random.</summary>
    protected byte[] ServerRandom { get; } = new byte[32];

    /// <summary>Takes a handshake message.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="message">The message with its 4-byte header.</param>
    public abstract void Message(int type, byte[] message);

    /// <summary>Takes a change_cipher_spec.</summary>
    public abstract void ChangeCipherSpec();

    /// <summary>Takes note of application data.</summary>
    /// <returns>False where it was too much and the connection failed.</returns>
    public virtual bool CountApplicationData(int bytes)
    {
        return true;
    }

    /// <summary>Whether a protected record that does not belong here or does not open is skipped as rejected early data.</summary>
    public virtual bool SkipsRecord(int recordBytes)
    {
        return false;
    }

    /// <summary>Zeroes the secrets.</summary>
    public abstract void Clear();

    /// <summary>Begins a message in <see cref="Writer"/>.</summary>
    protected void BeginMessage(int type)
    {
        Writer.Reset(_messageBuffer, 0, _messageBuffer.Length - 1);
        Writer.U8(type);
        Writer.Begin(3);
    }

    /// <summary>Ends the message, hashes it and sends it, with the stage's faults.</summary>
    /// <returns>False where the connection ended here.</returns>
    protected bool EndMessage(TlsStage stage, bool hash = true)
    {
        Writer.End(1, 3);
        if (Writer.Failed)
        {
            Server.Fail(TlsError.SendBufferTooSmall);
            return false;
        }

        TlsFaultAction action = Server.Fault(stage, ContentType.Handshake);
        if (Server.Ended)
            return false;

        if (action == TlsFaultAction.Omit)
            return true;

        int bytes = Writer.Position;
        if (action == TlsFaultAction.TrailingByte)
        {
            _messageBuffer[bytes++] = 0;
            int length = bytes - 4;
            _messageBuffer[1] = (byte)(length >> 16);
            _messageBuffer[2] = (byte)(length >> 8);
            _messageBuffer[3] = (byte)length;
        }

        for (int i = action == TlsFaultAction.Repeat ? 2 : 1; i > 0; i--)
        {
            if (hash)
                Hash(_messageBuffer, bytes, true);

            Server.SendHandshake(_messageBuffer.AsSpan(0, bytes));
        }

        return true;
    }

    /// <summary>Hashes a message; in DTLS with its header as if it were one fragment. Source: RFC 6347 section 4.2.6.</summary>
    protected void Hash(byte[] message, int count, bool sent)
    {
        int start = 0;
        if (Server.IsDatagram)
        {
            start = 4;
            DtlsHandshakeHeader.Write(_longHeader, 0, message[0], count - 4, sent ? Server.SendSequence : Server.ReceiveSequence, 0, count - 4);
            Transcript.Update(_longHeader, 0, _longHeader.Length);
        }

        Transcript.Update(message, start, count - start);
    }

    /// <summary>The transcript hash so far.</summary>
    protected byte[] TranscriptHash()
    {
        byte[] hash = new byte[32];
        Transcript.Snapshot(hash, 0);
        return hash;
    }

    /// <summary>Random bytes.</summary>
    protected byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        Crypto.Random.Fill(bytes, 0, count);
        return bytes;
    }

    /// <summary>Chooses the application protocol.</summary>
    /// <returns>False where the connection failed with no_application_protocol.</returns>
    protected bool ChooseApplicationProtocol(ClientHello hello)
    {
        Server.ApplicationProtocol = null;
        if (hello.ApplicationProtocols == null || Options.ApplicationProtocols.Length == 0)
            return true;

        Server.ApplicationProtocol = Options.ApplicationProtocols.FirstOrDefault(hello.ApplicationProtocols.Contains);
        if (Server.ApplicationProtocol != null)
            return true;

        Server.Fail(TlsError.BadApplicationProtocol, AlertDescription.NoApplicationProtocol);
        return false;
    }

    /// <summary>Looks at the name that the client wants.</summary>
    /// <returns>False where the connection failed with unrecognized_name.</returns>
    protected bool CheckServerName(ClientHello hello)
    {
        Server.ServerName = hello.ServerName;
        Server.ServerNameKnown = hello.ServerName != null
            && (Options.ServerNames == null || Options.ServerNames.Contains(hello.ServerName, StringComparer.OrdinalIgnoreCase));
        if (hello.ServerName == null || Server.ServerNameKnown || !Options.UnknownNameIsFatal)
            return true;

        Server.Fail(TlsError.NameMismatch, AlertDescription.UnrecognizedName);
        return false;
    }

    /// <summary>Chooses between certificate and raw public key.</summary>
    /// <param name="hello">The ClientHello.</param>
    /// <returns>True for a raw public key, false for a certificate, null where neither fits and the connection failed.</returns>
    protected bool? ChooseRawPublicKey(ClientHello hello)
    {
        byte[] accepted = hello.ServerCertificateTypes ?? [X509];
        bool x509 = accepted.Contains((byte)X509) && Options.Credentials.Any(c => c.Chain.Length > 0);
        bool raw = accepted.Contains((byte)RawPublicKey) && Options.Credentials.Length > 0;
        if (x509 || raw)
            return raw && (Options.PreferRawPublicKey || !x509);

        Server.Fail(TlsError.UnsupportedKey, hello.ServerCertificateTypes != null ? AlertDescription.UnsupportedCertificate : AlertDescription.HandshakeFailure);
        return null;
    }

    /// <summary>Adds the extensions that TLS 1.2's ServerHello and TLS 1.3's EncryptedExtensions have in common, and sets the record limits.</summary>
    protected void AddCommonExtensions(ExtensionList list, ClientHello hello, bool resumed)
    {
        if (Server.ServerNameKnown && !resumed)
            list.Add(ExtensionType.ServerName);

        string? protocol = Faults.WrongApplicationProtocol ?? Server.ApplicationProtocol;
        if (protocol != null)
        {
            byte[] name = Encoding.Latin1.GetBytes(protocol);
            list.Add(ExtensionType.ApplicationLayerProtocolNegotiation, [0, (byte)(name.Length + 1), (byte)name.Length, .. name]);
        }

        if (hello.RecordSizeLimit > 0 && Options.RecordSizeLimit > 0)
        {
            int most = Server.Version == ProtocolVersion.Tls13 ? RecordProtection.MaxPlaintextBytes + 1 : RecordProtection.MaxPlaintextBytes;
            int limit = Math.Min(Options.RecordSizeLimit, most);
            list.AddU16(ExtensionType.RecordSizeLimit, limit);
            Server.LimitRecords(0, Math.Min(hello.RecordSizeLimit, most));
            Server.OwnRecordSizeLimit = limit;
        }
        else if (hello.MaxFragmentLengthCode > 0 && Options.MaxFragmentLength)
        {
            list.Add(ExtensionType.MaxFragmentLength, (byte)hello.MaxFragmentLengthCode);
            Server.MaxFragmentLengthCode = hello.MaxFragmentLengthCode;
            Server.LimitRecords(256 << hello.MaxFragmentLengthCode, 0);
        }
    }

    /// <summary>Adds server_certificate_type.</summary>
    protected static void AddCertificateType(ExtensionList list, bool rawPublicKey)
    {
        list.Add(ExtensionType.ServerCertificateType, (byte)(rawPublicKey ? RawPublicKey : X509));
    }

    /// <summary>Makes a key pair for a group, agrees on the secret with the client's value and writes the server's value.</summary>
    /// <param name="group">The group.</param>
    /// <param name="peer">The client's value.</param>
    /// <param name="own">The server's value, with <see cref="TlsServerFaults.BadKeyShare"/>.</param>
    /// <returns>The shared secret, or null where the connection failed.</returns>
    protected byte[]? AgreeAtOnce(int group, byte[] peer, out byte[] own)
    {
        IKeyAgreement agreement = NewKeyPair(group, out own);
        byte[] secret = new byte[32];
        bool valid = agreement.Agree(peer, 0, peer.Length, secret, 0);
        agreement.Clear();
        if (valid)
            return secret;

        Server.Fail(TlsError.BadKeyShare);
        return null;
    }

    /// <summary>Makes a key pair for a group.</summary>
    protected IKeyAgreement NewKeyPair(int group, out byte[] own)
    {
        IKeyAgreement agreement = Crypto.CreateKeyAgreement(group);
        own = new byte[agreement.PublicBytes];
        agreement.Generate(Crypto.Random, own, 0);
        Server.Group = group;
        if (Faults.BadKeyShare)
        {
            Array.Clear(own);
            if (group == NamedGroup.Secp256r1)
                own[0] = 4;
        }

        return agreement;
    }

    /// <summary>Signs, with <see cref="TlsServerFaults.BadSignature"/>.</summary>
    protected byte[] Sign(ServerCredential credential, int scheme, byte[] message)
    {
        if (Faults.BadSignature)
            message[^1] ^= 1;

        return credential.Signer.Sign(scheme, message, 0, message.Length);
    }

    /// <summary>The verify_data as it is sent, with <see cref="TlsServerFaults.WrongFinished"/>.</summary>
    protected void SpoilFinished(byte[] verifyData)
    {
        if (Faults.WrongFinished)
            verifyData[0] ^= 1;
    }

    /// <summary>The names of authorities in a request for a certificate, with their length: one name of the size that the options say.</summary>
    protected void WriteAuthorities()
    {
        int list = Writer.Begin(2);
        if (Options.CertificateRequestAuthorityBytes > 2)
        {
            int name = Writer.Begin(2);
            byte[] filler = new byte[Options.CertificateRequestAuthorityBytes - 2];
            Writer.Bytes(filler, 0, filler.Length);
            Writer.End(name, 2);
        }

        Writer.End(list, 2);
    }

    /// <summary>Takes the client's Certificate, which must be an empty list.</summary>
    protected void ClientCertificate(byte[] message, int emptyBytes)
    {
        bool empty = message.Length == 4 + emptyBytes;
        for (int i = 4; i < message.Length; i++)
            empty &= message[i] == 0;

        if (!empty)
        {
            Server.Fail(TlsError.UnsupportedKey);
            return;
        }

        Hash(message, message.Length, false);
        Server.ClientDeclinedCertificate = true;
    }

    /// <summary>The session id as it is sent, with <see cref="TlsServerFaults.WrongSessionIdEcho"/>.</summary>
    protected byte[] SpoilSessionId(byte[] sessionId)
    {
        if (!Faults.WrongSessionIdEcho)
            return sessionId;

        if (sessionId.Length == 0)
            return RandomBytes(32);

        byte[] wrong = (byte[])sessionId.Clone();
        wrong[^1] ^= 1;
        return wrong;
    }

    /// <summary>The most preferred common group; 0 where there is none.</summary>
    protected int CommonGroup(IEnumerable<int>? clientGroups)
    {
        return clientGroups == null ? 0 : Options.Groups.FirstOrDefault(clientGroups.Contains);
    }
}
