using System;
using System.Globalization;

namespace DprivEmbedded.Harness;

/// <summary>A path of datagrams in both directions between a client behind a NAT and a server, in virtual time. The server sees the NAT's address, which changes when the binding is lost.</summary>
public sealed class DatagramPath
{
    private readonly byte[] _scratch = new byte[65536];
    private int _binding;
    private int _socket;
    private object _client;

    /// <summary>Makes a path.</summary>
    /// <param name="clock">The simulation's time.</param>
    /// <param name="latencyMs">The one-way latency in milliseconds, half of the round-trip time.</param>
    /// <param name="seed">Seeds what is drawn.</param>
    public DatagramPath(VirtualClock clock, int latencyMs, int seed = 1)
    {
        Up = new DatagramLink(clock, latencyMs, seed);
        Down = new DatagramLink(clock, latencyMs, unchecked(seed * 31 + 7));
        _client = Address();
    }

    /// <summary>From the client to the server.</summary>
    public DatagramLink Up { get; }

    /// <summary>From the server to the client.</summary>
    public DatagramLink Down { get; }

    /// <summary>The address that the server sees the client at.</summary>
    public object ClientAddress => _client;

    /// <summary>Datagrams to an address that is no longer the client's.</summary>
    public int Misaddressed { get; private set; }

    /// <summary>When something arrives at either end; <see cref="long.MaxValue"/> for never.</summary>
    public long NextDueMs => Math.Min(Up.NextDueMs, Down.NextDueMs);

    /// <summary>Changes both directions.</summary>
    /// <param name="change">What to set.</param>
    public void Both(Action<DatagramLink> change)
    {
        change(Up);
        change(Down);
    }

    /// <summary>The NAT forgets its binding: from the next datagram on the client is seen at another port, and what is sent to the old one is lost.</summary>
    public void Rebind()
    {
        _binding++;
        _client = Address();
    }

    /// <summary>The client moves to another network, with a new socket: another address, and what is sent to the old one is lost.</summary>
    public void ChangeAddress()
    {
        _socket++;
        _client = Address();
    }

    /// <summary>Sends a datagram of the client.</summary>
    /// <param name="data">Its bytes; copied.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    public void SendUp(byte[] data, int offset, int count)
    {
        Up.Send(_client, data, offset, count);
    }

    /// <summary>Sends a datagram of the server.</summary>
    /// <param name="to">The address that it is meant for.</param>
    /// <param name="data">Its bytes; copied.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    public void SendDown(object to, byte[] data, int offset, int count)
    {
        // On this direction the address is the one that the datagram goes to.
        Down.Send(to, data, offset, count);
    }

    /// <summary>Takes the next datagram that has arrived at the client.</summary>
    /// <param name="output">Receives it.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written.</param>
    /// <returns>Number of bytes; 0 where nothing has arrived.</returns>
    public int ReceiveDown(byte[] output, int offset, int capacity)
    {
        int count;
        while ((count = Down.Receive(_scratch, 0, Math.Min(capacity, _scratch.Length), out object? to)) > 0)
        {
            if (!_client.Equals(to))
            {
                Misaddressed++;
                continue;
            }

            _scratch.AsSpan(0, count).CopyTo(output.AsSpan(offset));
            return count;
        }

        return 0;
    }

    private string Address()
    {
        return string.Create(CultureInfo.InvariantCulture, $"192.0.2.{1 + _socket}:{40000 + _binding}");
    }
}
