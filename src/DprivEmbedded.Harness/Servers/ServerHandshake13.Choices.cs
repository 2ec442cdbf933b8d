using System;
using System.Linq;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

// What a TLS 1.3 server makes of a ClientHello: the PSK, the suite, the key exchange, the early data.
internal sealed partial class ServerHandshake13
{
    private int MaxEarlyData => _externalPsk?.MaxEarlyDataBytes ?? _session?.MaxEarlyDataBytes ?? 0;

    private bool IsSameHello(ClientHello hello)
    {
        ClientHello first = _firstHello!;
        bool cookie = _cookie == null ? hello.Cookie == null : hello.Cookie != null && hello.Cookie.AsSpan().SequenceEqual(_cookie);
        bool share = _retryGroup == 0 || (hello.KeyShareGroups is { Length: 1 } && hello.KeyShareGroups[0] == _retryGroup);
        return cookie && share && !hello.EarlyData
            && hello.Random.AsSpan().SequenceEqual(first.Random)
            && hello.SessionId.AsSpan().SequenceEqual(first.SessionId)
            && hello.CipherSuites.AsSpan().SequenceEqual(first.CipherSuites)
            && (hello.SupportedVersions?.Contains(ProtocolVersion.Tls13) ?? false);
    }

    /// <summary>What every ClientHello of TLS 1.3 must keep to. Source: RFC 8446 sections 4.1.2 and 9.2.</summary>
    private bool CheckHello(ClientHello hello)
    {
        int error = TlsError.None;
        bool unsharedGroup = hello.KeyShareGroups != null && hello.Groups != null && hello.KeyShareGroups.Any(g => !hello.Groups.Contains(g));
        if (hello.CompressionMethods.Length != 1 || hello.CompressionMethods[0] != 0 || unsharedGroup)
            error = TlsError.IllegalParameter;
        else if (_state == State.AwaitClientHello && hello.Cookie != null)
            error = TlsError.IllegalParameter;
        else if ((hello.Groups == null) != (hello.KeyShareGroups == null) || (hello.PskIdentities != null && hello.PskModes == null))
            error = TlsError.MissingExtension;
        else if (hello.PskIdentities == null && (hello.SignatureSchemes == null || hello.Groups == null))
            error = TlsError.MissingExtension;
        else if (hello.EarlyData && hello.PskIdentities == null)
            error = TlsError.IllegalParameter;

        if (error != TlsError.None)
            Server.Fail(error);

        return error == TlsError.None;
    }

    private void ChoosePsk(ClientHello hello)
    {
        _pskIndex = -1;
        _psk = null;
        _session = null;
        _externalPsk = null;
        if (hello.PskIdentities == null)
            return;

        bool usable = (Options.PskKe && hello.PskModes!.Contains((byte)PskKe)) || (Options.PskDheKe && hello.PskModes!.Contains((byte)PskDheKe));
        for (int i = 0; usable && i < hello.PskIdentities.Length; i++)
        {
            byte[] identity = hello.PskIdentities[i];
            _externalPsk = Server.State.FindPsk(identity);
            if (_externalPsk != null)
            {
                _psk = _externalPsk.Key;
                _pskIndex = i;
                return;
            }

            ServerSession? session = FindSession(identity);
            if (session != null && session.IsAlive(Server.NowMs) && session.Version == ProtocolVersion.Tls13 && session.ServerName == hello.ServerName)
            {
                _session = session;
                _psk = session.Secret;
                _pskIndex = i;
                return;
            }
        }
    }

    private ServerSession? FindSession(byte[] identity)
    {
        if (!Options.Tickets || Faults.RefuseTickets)
            return null;

        return Options.StatefulTickets ? Server.State.Find(identity) : Server.State.OpenTicket(identity, out _);
    }

    private bool ChooseCipherSuite(ClientHello hello)
    {
        // Early data demands the suite of its PSK; so that suite comes first.
        int wanted = _session?.CipherSuite ?? (_externalPsk is { MaxEarlyDataBytes: > 0 } ? _externalPsk.EarlyDataCipherSuite : 0);
        int suite = Options.CipherSuites.Where(CipherSuite.IsTls13).Where(hello.CipherSuites.Contains).OrderBy(s => s == wanted ? 0 : 1).FirstOrDefault();
        if (suite == 0 || (_state == State.AwaitSecondClientHello && suite != Server.CipherSuite))
        {
            Server.Fail(suite == 0 ? TlsError.BadCipherSuite : TlsError.IllegalParameter, suite == 0 ? AlertDescription.HandshakeFailure : -1);
            return false;
        }

        Server.CipherSuite = suite;
        return true;
    }

    private bool ChooseKeyExchange(ClientHello hello)
    {
        int group = 0;
        _shareIndex = -1;
        int common = CommonGroup(hello.Groups);
        int shared = CommonGroup(hello.KeyShareGroups);
        if (common != 0)
        {
            group = shared != 0 && (shared == common || Options.HelloRetry != HelloRetryMode.ForPreferredGroup) ? shared : common;
            if (_state == State.AwaitSecondClientHello && shared != 0)
                group = shared;

            _shareIndex = Array.IndexOf(hello.KeyShareGroups!, group);
        }

        bool ke = _psk != null && Options.PskKe && hello.PskModes!.Contains((byte)PskKe);
        bool dhe = _psk != null && Options.PskDheKe && hello.PskModes!.Contains((byte)PskDheKe) && group != 0;
        if (_psk != null && !ke && !dhe)
        {
            _psk = null;
            _session = null;
            _externalPsk = null;
            _pskIndex = -1;
        }

        _withDhe = !(ke && (!dhe || Options.PreferPskKe));
        Server.Group = _withDhe ? group : 0;
        if (!_withDhe)
            return true;

        if (group == 0)
        {
            Server.Fail(hello.Groups == null ? TlsError.MissingExtension : TlsError.BadKeyShare, hello.Groups == null ? -1 : AlertDescription.HandshakeFailure);
            return false;
        }

        if (_psk == null && hello.SignatureSchemes == null)
        {
            Server.Fail(TlsError.MissingExtension);
            return false;
        }

        if (_shareIndex < 0 && _state == State.AwaitSecondClientHello)
        {
            Server.Fail(TlsError.IllegalParameter);
            return false;
        }

        return true;
    }

    /// <summary>Decides on early data. Source: RFC 8446 sections 4.2.10 and 8.</summary>
    private bool AcceptsEarlyData(ClientHello hello)
    {
        if (Options.EarlyData != EarlyDataMode.Accept || Server.UsedHelloRetryRequest || _pskIndex != 0 || MaxEarlyData == 0)
            return false;

        if (_externalPsk != null)
        {
            return _externalPsk.EarlyDataCipherSuite == Server.CipherSuite && _externalPsk.EarlyDataProtocol == Server.ApplicationProtocol
                && Server.State.UseForEarlyData(hello.PskBinders[0]);
        }

        if (_session!.CipherSuite != Server.CipherSuite || _session.ApplicationProtocol != Server.ApplicationProtocol)
            return false;

        long age = unchecked(hello.PskAges[0] - _session.AgeAdd);
        if (Math.Abs(age - (Server.NowMs - _session.IssuedMs)) > Options.EarlyDataAgeToleranceMs)
            return false;

        return Server.State.UseForEarlyData(hello.PskIdentities![0]);
    }
}
