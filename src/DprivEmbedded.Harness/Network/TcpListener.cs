using System;

namespace DprivEmbedded.Harness.Network;

/// <summary>Accepts TCP connections at a port of a <see cref="SimulatedHost"/>.</summary>
public sealed class TcpListener
{
    private readonly SimulatedHost _host;

    internal TcpListener(SimulatedHost host, int port, TcpSettings settings, Action<TcpConnection> accepted)
    {
        _host = host;
        Port = port;
        Settings = settings;
        Accepted = accepted;
    }

    /// <summary>The port, at all addresses of the host.</summary>
    public int Port { get; }

    /// <summary>How its connections behave.</summary>
    public TcpSettings Settings { get; set; }

    /// <summary>Whether data in the SYN is taken with a valid cookie, and cookies are given. Source: RFC 7413.</summary>
    public bool FastOpen { get; set; }

    /// <summary>Whether SYNs are ignored.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Called with each connection: after the handshake, or with Fast Open before its end.</summary>
    public Action<TcpConnection> Accepted { get; }

    /// <summary>Stops to listen; connections stay.</summary>
    public void Close()
    {
        _host.Remove(this);
    }

    internal void Receive(TcpSegment syn)
    {
        if (IsSilent)
            return;

        byte[]? cookie = null;
        bool takes = false;
        if (FastOpen && syn.FastOpenCookie != null)
        {
            byte[] right = _host.FastOpenCookieFor(syn.Source.Address);
            takes = right.AsSpan().SequenceEqual(syn.FastOpenCookie);
            cookie = takes ? null : right;
        }

        TcpConnection connection = new(_host, syn.Destination, syn.Source, Settings, true);
        _host.Add(connection);
        connection.Accept(syn, cookie, takes, Accepted);
    }
}
