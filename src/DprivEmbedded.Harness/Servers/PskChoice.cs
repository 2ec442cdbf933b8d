using System;
using System.Linq;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>Which of a TLS 1.3 client's pre-shared keys the server takes: the first that it knows, a ticket or an external one. Source: RFC 8446 section 4.2.11.</summary>
internal sealed class PskChoice
{
    /// <summary>psk_ke: the pre-shared key alone.</summary>
    public const int PskKe = 0;

    /// <summary>psk_dhe_ke: with a key exchange.</summary>
    public const int PskDheKe = 1;

    private readonly TlsServer _server;

    /// <summary>Makes one for a connection.</summary>
    public PskChoice(TlsServer server)
    {
        _server = server;
    }

    /// <summary>The index of the identity; -1 for none.</summary>
    public int Index { get; private set; } = -1;

    /// <summary>The key; null for none.</summary>
    public byte[]? Key { get; private set; }

    /// <summary>The session that a ticket stands for; null for an external key.</summary>
    public ServerSession? Session { get; private set; }

    /// <summary>The external key; null for a ticket.</summary>
    public ServerPsk? External { get; private set; }

    /// <summary>Bytes of early data that may come under the key.</summary>
    public int MaxEarlyDataBytes => External?.MaxEarlyDataBytes ?? Session?.MaxEarlyDataBytes ?? 0;

    /// <summary>The cipher suite that early data under the key demands; 0 where there is none.</summary>
    public int CipherSuite => Session?.CipherSuite ?? (External is { MaxEarlyDataBytes: > 0 } ? External.EarlyDataCipherSuite : 0);

    /// <summary>Chooses.</summary>
    public void Choose(ClientHello hello)
    {
        Drop();
        if (hello.PskIdentities == null)
            return;

        TlsServerOptions options = _server.Options;
        bool usable = (options.PskKe && hello.PskModes!.Contains((byte)PskKe)) || (options.PskDheKe && hello.PskModes!.Contains((byte)PskDheKe));
        for (int i = 0; usable && i < hello.PskIdentities.Length; i++)
        {
            byte[] identity = hello.PskIdentities[i];
            External = _server.State.FindPsk(identity);
            if (External != null)
            {
                Key = External.Key;
                Index = i;
                return;
            }

            ServerSession? session = FindSession(identity);
            if (session != null && session.IsAlive(_server.NowMs) && session.Version == ProtocolVersion.Tls13 && session.ServerName == hello.ServerName)
            {
                Session = session;
                Key = session.Secret;
                Index = i;
                return;
            }
        }
    }

    /// <summary>Takes none after all.</summary>
    public void Drop()
    {
        Index = -1;
        Key = null;
        Session = null;
        External = null;
    }

    /// <summary>Decides on early data. Source: RFC 8446 sections 4.2.10 and 8.</summary>
    public bool AcceptsEarlyData(ClientHello hello)
    {
        TlsServerOptions options = _server.Options;
        if (options.EarlyData != EarlyDataMode.Accept || _server.UsedHelloRetryRequest || Index != 0 || MaxEarlyDataBytes == 0)
            return false;

        if (External != null)
        {
            return External.EarlyDataCipherSuite == _server.CipherSuite && External.EarlyDataProtocol == _server.ApplicationProtocol
                && _server.State.UseForEarlyData(hello.PskBinders[0]);
        }

        if (Session!.CipherSuite != _server.CipherSuite || Session.ApplicationProtocol != _server.ApplicationProtocol)
            return false;

        long age = unchecked(hello.PskAges[0] - Session.AgeAdd);
        if (Math.Abs(age - (_server.NowMs - Session.IssuedMs)) > options.EarlyDataAgeToleranceMs)
            return false;

        return _server.State.UseForEarlyData(hello.PskIdentities![0]);
    }

    private ServerSession? FindSession(byte[] identity)
    {
        TlsServerOptions options = _server.Options;
        if (!options.Tickets || options.Faults.RefuseTickets)
            return null;

        return options.StatefulTickets ? _server.State.Find(identity) : _server.State.OpenTicket(identity, out _);
    }
}
