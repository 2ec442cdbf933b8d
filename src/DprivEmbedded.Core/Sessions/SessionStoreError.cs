namespace DprivEmbedded.Sessions;

/// <summary>What can be wrong with stored sessions. None of it is fatal: the next connection makes a full handshake.</summary>
public static class SessionStoreError
{
    /// <summary>No error.</summary>
    public const int None = 0;

    /// <summary>Nothing is stored: the usual state before the first save, and after everything was taken.</summary>
    public const int NotFound = 1;

    /// <summary>Storage could not be read.</summary>
    public const int ReadFailed = 2;

    /// <summary>Storage could not be written; what was there before is still there.</summary>
    public const int WriteFailed = 3;

    /// <summary>What is stored could not be removed, so its sessions are not used.</summary>
    public const int RemoveFailed = 4;

    /// <summary>What is stored is larger than the limit.</summary>
    public const int TooLarge = 5;

    /// <summary>It ends too early.</summary>
    public const int Truncated = 6;

    /// <summary>It does not begin like stored sessions: it is something else, and is left alone.</summary>
    public const int BadMagic = 7;

    /// <summary>It was written in a format of an unknown version, and is left alone.</summary>
    public const int UnknownVersion = 8;

    /// <summary>It is sealed with an algorithm that the given key does not belong to.</summary>
    public const int OtherAlgorithm = 9;

    /// <summary>The seal is broken: another key, or changed bytes.</summary>
    public const int WrongKeyOrDamaged = 10;

    /// <summary>The seal is right, but the content is not what this format allows.</summary>
    public const int Damaged = 11;

    /// <summary>An older save than the last known one: somebody put an old copy back.</summary>
    public const int Stale = 12;

    /// <summary>It was saved in the future of the clock: ages cannot be told.</summary>
    public const int ClockWentBack = 13;

    /// <summary>Another user of the same storage took the sessions; this one has dropped them.</summary>
    public const int TakenByOther = 14;

    /// <summary>Bytes follow the end.</summary>
    public const int TrailingBytes = 15;

    /// <summary>A field has a value that is not allowed.</summary>
    public const int BadField = 16;

    /// <summary>Says an error in words, for a log or a message to a person.</summary>
    /// <param name="error">One of this class.</param>
    /// <returns>A sentence without a full stop.</returns>
    public static string Describe(int error)
    {
        switch (error)
        {
            case None: return "no error";
            case NotFound: return "no sessions are stored";
            case ReadFailed: return "the stored sessions could not be read";
            case WriteFailed: return "the sessions could not be stored";
            case RemoveFailed: return "the stored sessions could not be removed, so they are not used";
            case TooLarge: return "what is stored is larger than the limit for stored sessions";
            case Truncated: return "the stored sessions end too early";
            case BadMagic: return "what is stored there is no session store, so it is left alone; name another place or remove it";
            case UnknownVersion: return "the stored sessions are in a format of an unknown version, so they are left alone; remove them to start afresh";
            case OtherAlgorithm: return "the stored sessions are sealed with another algorithm; the key has not the size it had";
            case WrongKeyOrDamaged: return "the stored sessions are sealed with another key, or damaged";
            case Damaged: return "the stored sessions have a right seal and wrong content";
            case Stale: return "the stored sessions are older than the last known save";
            case ClockWentBack: return "the stored sessions are from the future of the clock";
            case TakenByOther: return "another user of the store has taken the stored sessions";
            case TrailingBytes: return "bytes follow the end of the session";
            case BadField: return "a field of the session is out of its range";
            default: return "error " + error.ToString();
        }
    }
}
