using System;

namespace DprivEmbedded.Dns;

/// <summary>A service binding, type SVCB or HTTPS. Source: RFC 9460.</summary>
/// <remarks>
/// Malformed (and so kept raw) are records with a compressed target name, keys that are not in strictly ascending order, a value that its key does not allow, or a mandatory key that is missing.
/// Parameters of an alias (priority 0) are kept but not checked. Source: RFC 9460 sections 2.2, 2.4.2 and 8.
/// </remarks>
public sealed class SvcbRecord : DnsRecord
{
    internal SvcbRecord(DnsName name, int type, int ttl, RdataReader rdata)
        : base(name, type, DnsClass.Internet, ttl)
    {
        Priority = rdata.U16();
        Target = rdata.PlainName();
        byte[] all = rdata.Bytes(rdata.Remaining);
        int count = CountParams(all);
        if (count < 0)
        {
            rdata.Fail();
            count = 0;
        }

        Params = new SvcParam[count];
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            int length = (all[at + 2] << 8) | all[at + 3];
            var value = new byte[length];
            Array.Copy(all, at + 4, value, 0, length);
            Params[i] = new SvcParam((all[at] << 8) | all[at + 1], value);
            at += 4 + length;
        }

        if (Priority != 0 && !ParamsAreValid())
            rdata.Fail();
    }

    /// <summary>0 for an alias of <see cref="Target"/>; otherwise lower values are preferred, up to 65535.</summary>
    public int Priority { get; }

    /// <summary>The alias's target, or the server; the root means the owner's name in a service, and no service in an alias. Source: RFC 9460 section 2.5.</summary>
    public DnsName Target { get; }

    /// <summary>The parameters in ascending order of their keys; not to be written to.</summary>
    public SvcParam[] Params { get; }

    /// <inheritdoc/>
    public override string RdataText
    {
        get
        {
            var text = new DnsTextBuilder(64);
            text.AppendNumber(Priority);
            text.Append(' ');
            text.Append(Target.ToString());
            for (int i = 0; i < Params.Length; i++)
            {
                text.Append(' ');
                Params[i].AppendTo(text);
            }

            return text.ToString();
        }
    }

    /// <summary>Finds a parameter.</summary>
    /// <param name="key">One of <see cref="SvcParamKey"/>.</param>
    /// <returns>The parameter; null where there is none.</returns>
    public SvcParam FindParam(int key)
    {
        for (int i = 0; i < Params.Length; i++)
        {
            if (Params[i].Key == key)
                return Params[i];
        }

        return null;
    }

    private static int CountParams(byte[] all)
    {
        int count = 0;
        int at = 0;
        int lastKey = -1;
        while (at < all.Length)
        {
            if (all.Length - at < 4)
                return -1;

            int key = (all[at] << 8) | all[at + 1];
            int length = (all[at + 2] << 8) | all[at + 3];
            if (key <= lastKey || length > all.Length - at - 4)
                return -1;

            lastKey = key;
            at += 4 + length;
            count++;
        }

        return count;
    }

    private bool ParamsAreValid()
    {
        for (int i = 0; i < Params.Length; i++)
        {
            if (!Params[i].IsValid())
                return false;
        }

        SvcParam mandatory = FindParam(SvcParamKey.Mandatory);
        if (mandatory == null)
            return true;

        byte[] keys = mandatory.RawValue;
        for (int i = 0; i < keys.Length; i += 2)
        {
            if (FindParam((keys[i] << 8) | keys[i + 1]) == null)
                return false;
        }

        return true;
    }
}
