namespace DprivEmbedded.Power;

/// <summary>A device: battery, radio, processor.</summary>
public sealed class DeviceProfile
{
    /// <summary>Its name.</summary>
    public string Name;

    /// <summary>Usable energy of a full battery in joules; 0 on mains.</summary>
    public int BatteryJoules;

    /// <summary>What the device takes whatever it does, beside its radio's idle power, in microwatts.</summary>
    public int BaseMicroWatts;

    /// <summary>What its power-save state permits by default, one of <see cref="Association.ProbePermission"/>.</summary>
    public int ProbePermission;

    /// <summary>The radio.</summary>
    public readonly RadioProfile Radio = new RadioProfile();

    /// <summary>The processor.</summary>
    public readonly CpuProfile Cpu = new CpuProfile();
}
