using System.Collections.Generic;
using DprivEmbedded.Tls;

namespace DprivEmbedded.BogoShim;

/// <summary>What the runner asks of one connection. The fields are named after its flags.</summary>
internal sealed class ShimConfig
{
    public bool Dtls;
    public int MinVersion = ProtocolVersion.Tls12;
    public int MaxVersion = ProtocolVersion.Tls13;
    public bool NoTls12;
    public bool NoTls13;
    public string? HostName;
    public string? Alpn;
    public List<int> Curves = [];
    public List<int> VerifyPrefs = [];
    public string? Psk;
    public string? PskIdentity;
    public bool VerifyPeer;
    public bool VerifyFail;
    public bool ReverifyOnResume;
    public bool CustomVerify;
    public bool EnableOcspStapling;
    public int MaxChainBytes = 65536;
    public bool FailOcspCallback;
    public byte[]? ExpectOcspResponse;
    public bool HandshakeNeverDone;
    public bool NoTicket;
    public bool EnableEarlyData;
    public bool FalseStart;
    public bool AllowFalseStartWithoutAlpn;
    public int Mtu;
    public int InitialTimeoutMs;

    public bool Async;
    public bool ImplicitHandshake;
    public bool ShimWritesFirst;
    public bool ShimShutsDown;
    public bool CheckCloseNotify;
    public bool ReadWithUnfinishedWrite;
    public bool WriteDifferentRecordSizes;
    public bool PeekThenRead;
    public bool KeyUpdate;
    public int ResumptionDelaySeconds;
    public int EarlyWriteAfterMessage;
    public bool ExportTrafficSecrets;
    public int ExportBytes;
    public string ExportLabel = string.Empty;
    public string ExportContext = string.Empty;
    public bool UseExportContext;

    public int ExpectVersion;
    public int ExpectCipher;
    public int ExpectCurve;
    public int ExpectPeerSignatureAlgorithm;
    public string? ExpectAlpn;
    public string? ExpectMessages;
    public string? ExpectPeerCertFile;
    public bool ExpectSessionMiss;
    public bool ExpectTicketRenewal;
    public bool ExpectNoSession;
    public bool ExpectVerifyResult;
    public bool ExpectHelloRetry;
    public bool ExpectNoHelloRetry;
    public bool ExpectTicketSupportsEarlyData;
    public bool ExpectAcceptEarlyData;
    public bool ExpectRejectEarlyData;
    public bool ExpectNoOfferEarlyData;
    public string? ExpectEarlyDataReason;
}
