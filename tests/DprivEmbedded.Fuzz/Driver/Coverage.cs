using System.Linq;
using System.Runtime.InteropServices;
using DprivEmbedded.Association;
using DprivEmbedded.Harness;
using DprivEmbedded.Tls;
using SharpFuzz.Common;

namespace DprivEmbedded.Fuzz;

/// <summary>
/// The map of branches that SharpFuzz's instrumentation of our assemblies writes, read in this process: AFL's map and buckets without AFL. Without instrumented assemblies the map stays empty and
/// the driver mutates the corpus blindly.
/// </summary>
internal sealed unsafe class Coverage
{
    private const int MapBytes = 65536;

    private static readonly byte[] s_buckets = MakeBuckets();
    private static readonly byte* s_map = (byte*)NativeMemory.AllocZeroed(MapBytes);
    private readonly byte[] _seen = new byte[MapBytes];

    /// <summary>Whether the product's assemblies were instrumented.</summary>
    public static bool IsInstrumented { get; } = new[] { typeof(TlsClient), typeof(DotSession), typeof(Zone) }.Any(t => t.Assembly.GetReferencedAssemblies().Any(a => a.Name == "SharpFuzz.Common"));

    /// <summary>Branches seen so far.</summary>
    public int Edges { get; private set; }

    /// <summary>Instrumented code writes into the map from its first call on: to be called before any.</summary>
    public static void Prepare()
    {
        Trace.SharedMem = s_map;
    }

    /// <summary>Prepares for a run.</summary>
    public void Begin()
    {
        NativeMemory.Clear(s_map, MapBytes);
        Trace.PrevLocation = 0;
    }

    /// <summary>Looks at what the run reached.</summary>
    /// <returns>Whether a branch was taken that never was before, or in another order of magnitude.</returns>
    public bool End()
    {
        bool isNew = false;
        ulong* words = (ulong*)s_map;
        for (int i = 0; i < MapBytes / 8; i++)
        {
            if (words[i] == 0)
                continue;

            for (int j = 8 * i; j < 8 * i + 8; j++)
            {
                byte bucket = s_buckets[s_map[j]];
                if (bucket == 0 || (_seen[j] & bucket) != 0)
                    continue;

                if (_seen[j] == 0)
                    Edges++;

                _seen[j] |= bucket;
                isNew = true;
            }
        }

        return isNew;
    }

    private static byte[] MakeBuckets()
    {
        byte[] buckets = new byte[256];
        for (int i = 1; i < 256; i++)
            buckets[i] = (byte)(i < 4 ? 1 << (i - 1) : i < 8 ? 8 : i < 16 ? 16 : i < 32 ? 32 : i < 128 ? 64 : 128);

        return buckets;
    }
}
