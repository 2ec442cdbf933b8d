using System.IO;
using System.Text;
using DprivEmbedded.Harness;

namespace DprivEmbedded.Fuzz;

/// <summary>Zone files: text that a person wrote. A wrong one is refused with a place and a reason, and in no other way.</summary>
internal sealed class ZoneTarget : FuzzTarget
{
    public override string Name => "zone";

    public override string Description => "zone files: MasterFileTokenizer, MasterFileParser, RdataParser, Zone";

    public override Framing Framing => Framing.Text;

    public override int MaxInputBytes => 4096;

    public override long MaxAllocatedBytes(int inputBytes) => 600_000 + 200L * inputBytes;

    public override void Run(byte[] input)
    {
        try
        {
            Zone zone = Zone.Parse(new StringReader(Encoding.Latin1.GetString(input)), "fuzz.zone");
            FuzzFailure.Unless(zone.RecordCount > 0 && zone.Soa != null, "A zone without an SOA.");
        }
        catch (ZoneFormatException e)
        {
            FuzzFailure.Unless(e.Message.StartsWith("fuzz.zone:", System.StringComparison.Ordinal), "A message without a place: " + e.Message);
        }
    }
}
