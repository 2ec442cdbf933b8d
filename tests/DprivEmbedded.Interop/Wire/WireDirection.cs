namespace DprivEmbedded.Interop.Wire;

public enum WireDirection
{
    /// <summary>Client to server.</summary>
    Up,

    /// <summary>Server to client.</summary>
    Down,
}
