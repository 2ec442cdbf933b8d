namespace DprivEmbedded.Interop.Wire;

/// <summary>One TLS record as it passed, in the order in which both directions' records were complete at the relay.</summary>
/// <param name="Type">20 change_cipher_spec, 21 alert, 22 handshake, 23 application_data.</param>
/// <param name="Body">The record's fragment, without its five-byte header.</param>
/// <param name="Encrypted">After this direction's change_cipher_spec in TLS 1.2; type 23 in TLS 1.3.</param>
public sealed record WireRecord(WireDirection Direction, int Type, byte[] Body, bool Encrypted)
{
    /// <summary>Bytes on the wire.</summary>
    public int Length => Body.Length + 5;
}
