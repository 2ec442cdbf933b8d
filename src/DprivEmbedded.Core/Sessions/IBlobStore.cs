namespace DprivEmbedded.Sessions;

/// <summary>One block of bytes in stable storage: a file, a region of flash, memory that outlives deep sleep. Not thread-safe.</summary>
/// <remarks>No method throws for what storage does: a failure is a code and a sentence. Each operation is atomic towards power loss: what is there afterwards is the old block or the new one, whole.</remarks>
public interface IBlobStore
{
    /// <summary>How the last operation ended: one of <see cref="SessionStoreError"/>, <see cref="SessionStoreError.None"/> after success.</summary>
    int LastError { get; }

    /// <summary>The last failure in a sentence for a person, naming the place and what would be right; null after success.</summary>
    string LastErrorText { get; }

    /// <summary>Reads the block and leaves it.</summary>
    /// <param name="maxBytes">A larger block is not read: <see cref="SessionStoreError.TooLarge"/>.</param>
    /// <returns>The bytes, owned by the caller; null where there is none (<see cref="SessionStoreError.NotFound"/>) or on failure.</returns>
    byte[] Read(int maxBytes);

    /// <summary>Removes the block and returns what it was. Of several that try, only one gets it.</summary>
    /// <param name="maxBytes">A larger block is removed, but not returned: <see cref="SessionStoreError.TooLarge"/>.</param>
    /// <returns>As for <see cref="Read"/>. Null with <see cref="SessionStoreError.RemoveFailed"/> where the block is still there: then it must not be used.</returns>
    byte[] Take(int maxBytes);

    /// <summary>Replaces the block, or makes it.</summary>
    /// <param name="buffer">The bytes; not kept.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <returns>False on failure: then the old block, if any, is still there.</returns>
    bool Write(byte[] buffer, int offset, int count);

    /// <summary>Removes the block.</summary>
    /// <returns>True where there is none afterwards.</returns>
    bool Delete();
}
