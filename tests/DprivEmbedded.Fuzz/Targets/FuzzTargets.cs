namespace DprivEmbedded.Fuzz;

/// <summary>All targets. A reader that comes later (telemetry, say) is one class more here, and a folder of its name with a few inputs under Corpus.</summary>
internal static class FuzzTargets
{
    /// <summary>Makes them: each run of a driver uses objects of its own.</summary>
    public static FuzzTarget[] All()
    {
        return
        [
            new DnsMessageTarget(), new TlsClientTarget(), new DtlsClientTarget(), new RecordsTarget(), new CertificateTarget(), new SessionTarget(), new ZoneTarget(), new ServerTarget(),
            new AssociationTarget(), new ScenarioTarget(),
        ];
    }

    /// <summary>Finds one by its name; null where there is none.</summary>
    public static FuzzTarget? Find(string name)
    {
        foreach (FuzzTarget target in All())
        {
            if (target.Name == name)
                return target;
        }

        return null;
    }
}
