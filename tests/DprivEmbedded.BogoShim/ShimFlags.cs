using System;
using System.Collections.Generic;
using System.Globalization;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.BogoShim;

/// <summary>Reads the runner's command line. A flag that is not known here means something that the client does not have: nothing is accepted without effect.</summary>
internal sealed class ShimFlags
{
    public readonly ShimConfig Initial = new();
    public readonly ShimConfig Resume = new();
    public readonly ShimConfig Retry = new();
    public int Port;
    public int ResumeCount;
    public string? SettingsPrefix;
    public bool AsksForHandshaker;

    private readonly string[] _arguments;
    private int _next;

    public ShimFlags(string[] arguments)
    {
        _arguments = arguments;
        // First, so that a test whose flags are not known is still counted by its name.
        int settings = Array.IndexOf(arguments, "-write-settings");
        if (settings >= 0 && settings + 1 < arguments.Length)
            SettingsPrefix = arguments[settings + 1];
    }

    public void Parse()
    {
        while (_next < _arguments.Length)
        {
            string name = _arguments[_next++];
            if (Cut(ref name, "-on-initial"))
                Set(name, Initial);
            else if (Cut(ref name, "-on-resume"))
                Set(name, Resume);
            else if (Cut(ref name, "-on-retry"))
                Set(name, Retry);
            else
                Set(name, Initial, Resume, Retry);
        }

        foreach (ShimConfig config in new[] { Initial, Resume, Retry })
            ApplyVersions(config);
    }

    private static bool Cut(ref string name, string prefix)
    {
        if (!name.StartsWith(prefix + "-", StringComparison.Ordinal))
            return false;

        name = name[prefix.Length..];
        return true;
    }

    private static void ApplyVersions(ShimConfig config)
    {
        if (config.NoTls13 && config.MaxVersion == ProtocolVersion.Tls13)
            config.MaxVersion = ProtocolVersion.Tls12;
        if (config.NoTls12)
            config.MinVersion = ProtocolVersion.Tls13;
        if (config.Dtls)
            config.MaxVersion = ProtocolVersion.Tls12;
        if (config.Psk != null && string.IsNullOrEmpty(config.PskIdentity))
            throw new UnimplementedException("-psk without -psk-identity");
        if (config.MaxVersion < config.MinVersion)
            throw new UnimplementedException("-max-version below TLS 1.2");
    }

    private string Text() => _arguments[_next++];

    private int Number() => int.Parse(Text(), CultureInfo.InvariantCulture);

    private void Set(string name, params ShimConfig[] configs)
    {
        int at = _next;
        foreach (ShimConfig config in configs)
        {
            _next = at;
            SetOne(name, config);
        }
    }

    private void SetOne(string name, ShimConfig config)
    {
        switch (name)
        {
            case "-port": Port = Number(); break;
            case "-resume-count": ResumeCount = Number(); break;
            case "-write-settings": SettingsPrefix = Text(); break;
            case "-is-handshaker-supported": AsksForHandshaker = true; break;
            case "-dtls": config.Dtls = true; break;

            // Below TLS 1.2 nothing is offered whatever the runner says.
            case "-no-tls1": break;
            case "-no-tls11": break;
            case "-no-tls12": config.NoTls12 = true; break;
            case "-no-tls13": config.NoTls13 = true; break;
            case "-min-version": config.MinVersion = Math.Max(TlsVersion(Number()), ProtocolVersion.Tls12); break;
            case "-max-version": config.MaxVersion = TlsVersion(Number()); break;

            case "-host-name": config.HostName = Text(); break;
            case "-advertise-alpn": config.Alpn = OneProtocol(Text()); break;
            case "-curves": config.Curves.Add(Group(Number())); break;
            case "-verify-prefs": config.VerifyPrefs.Add(Scheme(Number())); break;
            case "-psk": config.Psk = Text(); break;
            case "-psk-identity": config.PskIdentity = Text(); break;
            case "-verify-peer": config.VerifyPeer = true; break;
            case "-verify-fail": config.VerifyFail = true; break;
            case "-use-custom-verify-callback": config.CustomVerify = true; break;
            case "-reverify-on-resume": config.ReverifyOnResume = true; break;
            case "-use-old-client-cert-callback": break; // where no certificate is given it has none to give
            case "-enable-ocsp-stapling": config.EnableOcspStapling = true; break;
            case "-enforce-rsa-key-usage": break; // it always is
            case "-max-cert-list": config.MaxChainBytes = Number(); break;
            case "-early-write-after-message": config.EarlyWriteAfterMessage = Number(); break;
            case "-export-traffic-secrets": config.ExportTrafficSecrets = true; break;
            case "-use-ocsp-callback": break; // the verifier is asked whether a status came or not
            case "-fail-ocsp-callback": config.FailOcspCallback = true; break;
            case "-expect-ocsp-response": config.ExpectOcspResponse = Convert.FromBase64String(Text()); break;
            case "-no-ticket": config.NoTicket = true; break;
            case "-enable-early-data": config.EnableEarlyData = true; break;
            case "-false-start": config.FalseStart = true; break;
            case "-allow-false-start-without-alpn": config.AllowFalseStartWithoutAlpn = true; break;
            case "-mtu": config.Mtu = Number(); break;
            case "-initial-timeout-duration-ms": config.InitialTimeoutMs = Number(); break;

            case "-async": config.Async = true; break;
            case "-implicit-handshake": config.ImplicitHandshake = true; break;
            case "-shim-writes-first": config.ShimWritesFirst = true; break;
            case "-shim-shuts-down": config.ShimShutsDown = true; break;
            case "-check-close-notify": config.CheckCloseNotify = true; break;
            case "-read-with-unfinished-write": config.ReadWithUnfinishedWrite = true; break;
            case "-write-different-record-sizes": config.WriteDifferentRecordSizes = true; break;
            case "-partial-write": break; // Send takes what fits and says how much that was
            case "-peek-then-read": config.PeekThenRead = true; break;
            case "-key-update": config.KeyUpdate = true; break;
            case "-export-keying-material": config.ExportBytes = Number(); break;
            case "-export-label": config.ExportLabel = Text(); break;
            case "-export-context": config.ExportContext = Text(); break;
            case "-use-export-context": config.UseExportContext = true; break;
            case "-resumption-delay": config.ResumptionDelaySeconds = Number(); break;

            case "-expect-version": config.ExpectVersion = TlsVersion(Number()); break;
            case "-expect-cipher": config.ExpectCipher = Number(); break;
            case "-expect-curve-id": config.ExpectCurve = Number(); break;
            case "-expect-peer-signature-algorithm": config.ExpectPeerSignatureAlgorithm = Number(); break;
            case "-expect-msg-callback": config.ExpectMessages = Text(); break;
            case "-expect-alpn": config.ExpectAlpn = Text(); break;
            case "-expect-peer-cert-file": config.ExpectPeerCertFile = Text(); break;
            case "-handshake-never-done": config.HandshakeNeverDone = true; break;
            case "-renegotiate-ignore": break; // a request to renegotiate never does more than draw a warning
            case "-expect-session-miss": config.ExpectSessionMiss = true; break;
            case "-expect-ticket-renewal": config.ExpectTicketRenewal = true; break;
            case "-expect-no-session": config.ExpectNoSession = true; break;
            case "-expect-verify-result": config.ExpectVerifyResult = true; break;
            case "-expect-hrr": config.ExpectHelloRetry = true; break;
            case "-expect-no-hrr": config.ExpectNoHelloRetry = true; break;
            case "-expect-ticket-supports-early-data": config.ExpectTicketSupportsEarlyData = true; break;
            case "-expect-accept-early-data": config.ExpectAcceptEarlyData = true; break;
            case "-expect-reject-early-data": config.ExpectRejectEarlyData = true; break;
            case "-expect-early-data-reason": config.ExpectEarlyDataReason = Text(); break;
            case "-expect-no-offer-early-data": config.ExpectNoOfferEarlyData = true; break;
            // Both are demanded of every TLS 1.2 server, so a handshake that succeeds has them.
            case "-expect-extended-master-secret": break;
            case "-expect-secure-renegotiation": break;

            default: throw new UnimplementedException(name);
        }
    }

    private static int TlsVersion(int version) => version switch
    {
        0x0301 or 0x0302 or 0xFEFF => 0x0302,
        0xFEFD => ProtocolVersion.Tls12,
        _ => version,
    };

    private static int Group(int group)
    {
        if (group != NamedGroup.X25519 && group != NamedGroup.Secp256r1)
            throw new UnimplementedException("-curves " + group.ToString(CultureInfo.InvariantCulture));

        return group;
    }

    private static int Scheme(int scheme)
    {
        if (scheme != SignatureScheme.EcdsaSecp256r1Sha256 && scheme != SignatureScheme.RsaPssRsaeSha256 && scheme != SignatureScheme.RsaPkcs1Sha256)
            throw new UnimplementedException("-verify-prefs 0x" + scheme.ToString("x4", CultureInfo.InvariantCulture));

        return scheme;
    }

    /// <summary>The one protocol of a list in its wire form.</summary>
    private static string OneProtocol(string wire)
    {
        if (wire.Length == 0 || wire[0] != wire.Length - 1)
            throw new UnimplementedException("-advertise-alpn with several protocols");

        return wire[1..];
    }
}
