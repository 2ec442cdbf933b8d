using System;

namespace DprivEmbedded.Sockets;

/// <summary>The way to one server over one transport.</summary>
internal interface IServerConnection : IDisposable
{
    /// <summary>Submits a lookup; its task completes with the answer or an error number.</summary>
    void Submit(PendingLookup lookup);

    /// <summary>Withdraws a lookup.</summary>
    void Cancel(PendingLookup lookup);

    /// <summary>Closes the present connection in an orderly way; the next lookup makes another.</summary>
    void CloseConnection();

    /// <summary>The device's address changed: what can move to a new socket does, the rest is made anew when it is needed.</summary>
    void NetworkChanged();
}
