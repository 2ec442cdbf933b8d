namespace DprivEmbedded.Fuzz;

/// <summary>Something that reads bytes from somebody else. One input makes one run, which must end without an exception and within the bounds.</summary>
internal abstract class FuzzTarget
{
    /// <summary>The name on the command line and of the corpus folder.</summary>
    public abstract string Name { get; }

    /// <summary>What it is, for the list.</summary>
    public abstract string Description { get; }

    /// <summary>How an input is put together, for the mutations that keep lengths right.</summary>
    public virtual Framing Framing => Framing.None;

    /// <summary>Inputs are cut to this.</summary>
    public virtual int MaxInputBytes => 8192;

    /// <summary>How many bytes a run may allocate, whatever the input holds.</summary>
    /// <param name="inputBytes">Size of the input.</param>
    public abstract long MaxAllocatedBytes(int inputBytes);

    /// <summary>For targets that ask queries: answers that the last run brought. Recordings that no longer fit show by it.</summary>
    public int Answers { get; protected set; } = -1;

    /// <summary>Makes a run.</summary>
    /// <param name="input">The input; not changed.</param>
    /// <exception cref="FuzzFailure">A promise was broken. Any other exception is a failure too.</exception>
    public abstract void Run(byte[] input);
}
