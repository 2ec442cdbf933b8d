namespace DprivEmbedded.Association;

/// <summary>Whether the power-save state lets the radio be used for a probe.</summary>
public static class ProbePermission
{
    /// <summary>Not at all.</summary>
    public const int Never = 0;

    /// <summary>Only while the radio is awake for another reason: <see cref="ServerAssociation.RadioActive"/>. PSM and eDRX want this.</summary>
    public const int RideAlong = 1;

    /// <summary>Also by waking it.</summary>
    public const int StandAlone = 2;
}
