using System.Collections.Generic;
using System.Threading.Tasks;

namespace DprivEmbedded.Sockets;

/// <summary>One query at one server, from its submission to its answer or error.</summary>
internal sealed class PendingLookup
{
    public readonly TaskCompletionSource<bool> Done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
    public byte[] Query = System.Array.Empty<byte>();
    public byte[]? Answer;
    public int Slot = -1;
    public int Error;
    public bool Unheard;
    public System.Net.Sockets.SocketError SocketError;
    public string Transport = "dot";
    public bool Truncated;
    public int Version;
    public int Suite;
    public bool Authenticated;
    public int AuthenticationError;
    public DprivHandshake Handshake;
    public int RoundTrips;
    public int Action;
    public readonly List<PathEvent> PathEvents = new List<PathEvent>();
    public int Attempts;
    public long UpAtStart;
    public long DownAtStart;
    public long BytesUp;
    public long BytesDown;
    public bool UsedFastOpen;
}
