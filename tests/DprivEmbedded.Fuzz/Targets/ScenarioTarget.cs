using System.Text;
using DprivEmbedded.Harness.Trials;

namespace DprivEmbedded.Fuzz;

/// <summary>Scenario files of the trial: text that a person wrote. A wrong one is refused with a line and a reason, and in no other way. Without a folder, so that no input reads files.</summary>
internal sealed class ScenarioTarget : FuzzTarget
{
    public override string Name => "scenario";

    public override string Description => "scenario files and the device profiles in them: JsonItem, ScenarioReader, ProfileReader";

    public override Framing Framing => Framing.Text;

    public override int MaxInputBytes => 4096;

    // The table of exchanges and a device's profile are read with each scenario.
    public override long MaxAllocatedBytes(int inputBytes) => 1_500_000 + 400L * inputBytes;

    public override void Run(byte[] input)
    {
        try
        {
            Scenario scenario = ScenarioReader.Read("fuzz.json", Encoding.UTF8.GetString(input), null);
            FuzzFailure.Unless(scenario.Device != null && scenario.Protocol != null && scenario.Name.Length > 0, "A scenario without a name, a device or a protocol.");
            FuzzFailure.Unless(scenario.Phases.Count > 0 && scenario.Days > 0, "A scenario of no time.");
        }
        catch (TrialInputException e)
        {
            FuzzFailure.Unless(e.Line >= 1 && e.Reason.Length > 0, "A message without a place or a reason: " + e.Message);
        }
    }
}
