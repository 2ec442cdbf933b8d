namespace DprivEmbedded.Harness;

/// <summary>What a DTLS server says to a record of an association that it does not know.</summary>
public enum UnknownRecordPolicy
{
    /// <summary>Nothing.</summary>
    Silence,

    /// <summary>An alert in a plaintext record; never to an alert, and not too often.</summary>
    Alert,
}
