namespace DprivEmbedded.Power;

/// <summary>A battery that is drawn from and charged. Its level may be unknown.</summary>
public sealed class BatteryState
{
    private readonly long _capacityMicroJoules;
    private long _drawnMicroJoules;

    /// <summary>Makes a full battery.</summary>
    /// <param name="capacityJoules">Usable energy in joules; 0 for mains, whose level is unknown and never falls.</param>
    public BatteryState(int capacityJoules)
    {
        _capacityMicroJoules = capacityJoules * 1000000L;
    }

    /// <summary>Whether it is being charged.</summary>
    public bool Charging;

    /// <summary>Whether it is empty.</summary>
    public bool Empty { get { return _capacityMicroJoules > 0 && _drawnMicroJoules >= _capacityMicroJoules; } }

    /// <summary>The level in thousandths; -1 on mains.</summary>
    public int Permille
    {
        get
        {
            if (_capacityMicroJoules == 0)
                return -1;
            if (_drawnMicroJoules >= _capacityMicroJoules)
                return 0;

            return (int)((_capacityMicroJoules - _drawnMicroJoules) / (_capacityMicroJoules / 1000));
        }
    }

    /// <summary>Draws energy; a negative amount charges.</summary>
    /// <param name="microJoules">How much, in microjoules.</param>
    public void Draw(long microJoules)
    {
        _drawnMicroJoules += microJoules;
        if (_drawnMicroJoules < 0)
            _drawnMicroJoules = 0;
    }
}
