using System;

namespace DprivEmbedded.Harness.Bench;

/// <summary>A client of some maker with the harness's server behind it, both in the calling thread. What the client costs is in <see cref="Meter"/>.</summary>
public abstract class BenchClient
{
    /// <summary>The client's account.</summary>
    public BenchMeter Meter { get; } = new();

    /// <summary>Makes a connection up to its first answer.</summary>
    /// <param name="resume">Whether the session of the connection before is used; the first must be full.</param>
    /// <exception cref="InvalidOperationException">The handshake was not of the wanted kind.</exception>
    public void Connect(bool resume)
    {
        bool resumed = Open(resume);
        if (resumed != resume)
            throw new InvalidOperationException(GetType().Name + (resume ? ": not resumed" : ": resumed"));
    }

    /// <summary>A query and its answer on the connection.</summary>
    /// <exception cref="InvalidOperationException">There was none.</exception>
    public abstract void Query();

    /// <summary>Ends the connection in order.</summary>
    public abstract void Close();

    /// <summary>Lets the server forget its connections, so that the heap holds the client's side alone.</summary>
    public abstract void DropServer();

    /// <summary>Lets go of what the link in memory keeps, which is no part of a client.</summary>
    internal virtual void ForgetLink()
    {
    }

    /// <summary>Frees what is not managed.</summary>
    internal virtual void Drop()
    {
    }

    private protected abstract bool Open(bool resume);
}
