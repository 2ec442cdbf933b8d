namespace DprivEmbedded.Fuzz;

/// <summary>What the driver draws: xorshift, the same in every run.</summary>
internal sealed class Lot(ulong seed)
{
    private ulong _state = seed * 0x9E3779B97F4A7C15 | 1;

    public ulong Next()
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return _state;
    }

    /// <summary>A number from 0 to below a limit; 0 for a limit of 0.</summary>
    public int Below(int limit) => limit <= 1 ? 0 : (int)((uint)(Next() >> 32) % (uint)limit);

    public bool OneIn(int n) => Below(n) == 0;
}
