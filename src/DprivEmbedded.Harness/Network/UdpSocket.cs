using System;

namespace DprivEmbedded.Harness.Network;

/// <summary>A UDP socket of a <see cref="SimulatedHost"/>.</summary>
public sealed class UdpSocket
{
    private readonly SimulatedHost _host;

    internal UdpSocket(SimulatedHost host, Ipv4EndPoint local)
    {
        _host = host;
        Local = local;
    }

    /// <summary>Its address and port. It receives at this address only.</summary>
    public Ipv4EndPoint Local { get; }

    /// <summary>The only end point that it exchanges datagrams with, once connected.</summary>
    public Ipv4EndPoint? Remote { get; private set; }

    /// <summary>Whether it was closed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Called with each datagram and where it came from; the array is the callee's.</summary>
    public Action<Ipv4EndPoint, byte[]>? Received { get; set; }

    /// <summary>Called on a connected socket when an ICMP message says that a datagram did not arrive, with its code.</summary>
    public Action<int>? Unreachable { get; set; }

    /// <summary>Binds it to one remote end point, whose ICMP messages it then gets.</summary>
    /// <param name="remote">The end point.</param>
    public void Connect(Ipv4EndPoint remote)
    {
        Remote = remote;
    }

    /// <summary>Sends to the connected end point.</summary>
    /// <param name="data">The bytes; copied.</param>
    /// <exception cref="InvalidOperationException">It is not connected.</exception>
    public void Send(ReadOnlySpan<byte> data)
    {
        SendTo(Remote ?? throw new InvalidOperationException("The socket is not connected."), data);
    }

    /// <summary>Sends a datagram.</summary>
    /// <param name="remote">Where to.</param>
    /// <param name="data">The bytes; copied.</param>
    public void SendTo(Ipv4EndPoint remote, ReadOnlySpan<byte> data)
    {
        if (!IsClosed)
            _host.Send(new UdpDatagram { Source = Local, Destination = remote, Data = data.ToArray() });
    }

    /// <summary>Closes it: what still comes for it is answered with ICMP.</summary>
    public void Close()
    {
        IsClosed = true;
        _host.Remove(this);
    }

    internal bool Takes(Ipv4EndPoint source)
    {
        return Remote == null || Remote == source;
    }
}
