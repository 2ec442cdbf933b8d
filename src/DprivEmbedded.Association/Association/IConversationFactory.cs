namespace DprivEmbedded.Association;

/// <summary>Makes the conversations of an association: at most two, the second only when a resumption runs beside the first. Each is used again for one association after another.</summary>
public interface IConversationFactory
{
    /// <summary>Makes a conversation over TLS.</summary>
    /// <param name="maxQueries">How many queries it must take.</param>
    /// <param name="maxQueryBytes">How large they may be.</param>
    DotSession CreateDot(int maxQueries, int maxQueryBytes);

    /// <summary>Makes a conversation over DTLS.</summary>
    /// <param name="maxQueries">How many queries it must take.</param>
    /// <param name="maxQueryBytes">How large they may be.</param>
    DodSession CreateDod(int maxQueries, int maxQueryBytes);
}
