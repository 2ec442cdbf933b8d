namespace DprivEmbedded.Harness.Network;

/// <summary>Two links between two nodes, one for each direction.</summary>
public sealed class SimulatedPath
{
    internal SimulatedPath(SimulatedNetwork network, NetworkNode first, NetworkNode second, LinkSettings up, LinkSettings down)
    {
        First = first;
        Second = second;
        Up = new SimulatedLink(network, this, second, up);
        Down = new SimulatedLink(network, this, first, down);
    }

    /// <summary>The node nearer to the clients.</summary>
    public NetworkNode First { get; }

    /// <summary>The node nearer to the servers.</summary>
    public NetworkNode Second { get; }

    /// <summary>From the first node to the second.</summary>
    public SimulatedLink Up { get; }

    /// <summary>From the second node to the first.</summary>
    public SimulatedLink Down { get; }

    /// <summary>Whether both directions swallow everything; set to cut or mend them.</summary>
    public bool IsCut
    {
        get => Up.IsCut && Down.IsCut;
        set
        {
            Up.IsCut = value;
            Down.IsCut = value;
        }
    }
}
