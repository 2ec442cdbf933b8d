using System.Net.Sockets;

namespace DprivEmbedded.Sockets;

/// <summary>A path of an association: its socket, one after another. Every member is called under the driver's lock.</summary>
internal abstract class TransportPath
{
    protected TransportPath(AssociationDriver driver, int number)
    {
        Driver = driver;
        Number = number;
    }

    protected AssociationDriver Driver { get; }

    /// <summary>0 or 1.</summary>
    public int Number { get; }

    /// <summary>Counts the sockets: what is said of an earlier one no longer matters.</summary>
    public int Generation { get; protected set; }

    /// <summary>Whether bytes can be written.</summary>
    public bool IsReady => Socket != null;

    /// <summary>Whether the first bytes travelled in the SYN and the server took them there.</summary>
    public virtual bool UsedFastOpen => false;

    /// <summary>What kept the path from being made; Success where nothing did.</summary>
    public SocketError ConnectError { get; protected set; }

    /// <summary>The socket in use; null where there is none yet, or none any more. A loop that reads another one has nothing to say.</summary>
    protected Socket? Socket { get; set; }

    /// <summary>Whether all that was written, and a probe, is acknowledged by the server's host; false where that is not known.</summary>
    public virtual bool IsAcknowledged => false;

    /// <summary>Whether something came that was not read yet.</summary>
    public bool HasInput
    {
        get
        {
            try
            {
                return Socket != null && Socket.Available > 0;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }

    /// <summary>Makes a socket; <see cref="AssociationDriver.Opened"/> or <see cref="AssociationDriver.Ended"/> follows.</summary>
    public abstract void Open(bool fastOpen);

    /// <summary>Writes bytes of the stream, or one datagram.</summary>
    public abstract void Send(byte[] data, int count);

    /// <summary>Closes the socket. Nothing is reported for it afterwards.</summary>
    public abstract void Close();

    /// <summary>Goes on over a new socket from the device's new address.</summary>
    public virtual void Move()
    {
    }

    /// <summary>Has the kernel ask the server's host whether it still knows the connection.</summary>
    public virtual void Probe()
    {
    }
}
