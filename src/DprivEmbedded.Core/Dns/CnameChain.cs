using System;

namespace DprivEmbedded.Dns;

/// <summary>The way from a question's name through its aliases to the records asked for. Immutable.</summary>
/// <remarks>
/// Only the answer section is looked at. A resolver that answers from a DNAME record adds the CNAME records that belong to it, so that these suffice (RFC 6672 section 3.1).
/// Source: RFC 1034 section 3.6.2, RFC 2308 section 2.
/// </remarks>
public sealed class CnameChain
{
    /// <summary>More aliases than this are refused.</summary>
    public const int MaxAliases = 16;

    private CnameChain(DnsName finalName, CnameRecord[] aliases, DnsRecord[] records, string reason)
    {
        FinalName = finalName;
        Aliases = aliases;
        Records = records;
        Reason = reason;
    }

    /// <summary>The name at the end: the question's own without aliases.</summary>
    public DnsName FinalName { get; }

    /// <summary>The aliases that were followed, in their order.</summary>
    public CnameRecord[] Aliases { get; }

    /// <summary>The records of the type and class asked for at <see cref="FinalName"/>, without malformed ones; empty where there are none or the chain failed.</summary>
    public DnsRecord[] Records { get; }

    /// <summary>Whether the aliases loop, contradict each other or are too many.</summary>
    public bool Failed
    {
        get { return Reason != null; }
    }

    /// <summary>What is wrong with the chain; null where nothing is.</summary>
    public string Reason { get; }

    /// <summary>Follows the aliases in a response.</summary>
    /// <param name="message">The response; it must have a question.</param>
    /// <returns>The chain. A question for CNAME or ANY follows none.</returns>
    /// <exception cref="ArgumentException">The message has no question.</exception>
    public static CnameChain Follow(DnsMessage message)
    {
        if (message == null)
            throw new ArgumentNullException("message");

        if (message.QuestionName == null)
            throw new ArgumentException("The message has no question, so that no chain starts; check DnsMessageReader.Answers first.");

        DnsName name = message.QuestionName;
        var aliases = new CnameRecord[MaxAliases];
        int count = 0;
        string reason = null;
        bool follow = message.QuestionType != DnsType.Cname && message.QuestionType != DnsType.Any;
        while (follow)
        {
            CnameRecord alias = null;
            for (int i = 0; i < message.Answers.Length && reason == null; i++)
            {
                CnameRecord candidate = message.Answers[i] as CnameRecord;
                if (candidate == null || candidate.Class != message.QuestionClass || !DnsName.AreEqual(candidate.Name, name))
                    continue;

                if (alias != null && !DnsName.AreEqual(alias.CanonicalName, candidate.CanonicalName))
                    reason = "The name " + name.ToString() + " is an alias of two different names.";

                alias = candidate;
            }

            if (alias == null || reason != null)
                break;

            if (count == MaxAliases)
            {
                reason = "The answer has more than " + MaxAliases.ToString() + " aliases in a row.";
                break;
            }

            aliases[count] = alias;
            count++;
            name = alias.CanonicalName;
            bool loops = false;
            for (int i = 0; i < count; i++)
                loops |= DnsName.AreEqual(aliases[i].Name, name);

            if (loops)
            {
                reason = "The aliases in the answer loop at " + name.ToString();
                break;
            }
        }

        var followed = new CnameRecord[count];
        Array.Copy(aliases, 0, followed, 0, count);
        return new CnameChain(name, followed, reason == null ? Select(message, name) : new DnsRecord[0], reason);
    }

    private static DnsRecord[] Select(DnsMessage message, DnsName name)
    {
        int count = 0;
        for (int i = 0; i < message.Answers.Length; i++)
        {
            if (Matches(message, message.Answers[i], name))
                count++;
        }

        var records = new DnsRecord[count];
        count = 0;
        for (int i = 0; i < message.Answers.Length; i++)
        {
            if (Matches(message, message.Answers[i], name))
            {
                records[count] = message.Answers[i];
                count++;
            }
        }

        return records;
    }

    private static bool Matches(DnsMessage message, DnsRecord record, DnsName name)
    {
        return !record.IsMalformed
            && (record.Type == message.QuestionType || message.QuestionType == DnsType.Any)
            && (record.Class == message.QuestionClass || message.QuestionClass == DnsClass.Any)
            && DnsName.AreEqual(record.Name, name);
    }
}
