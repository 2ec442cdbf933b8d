using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using DprivEmbedded.Dns;

namespace DprivEmbedded.Harness;

/// <summary>One zone of class IN, read from a master file. Immutable after reading, so that threads may share it. Source: RFC 1035 section 5.</summary>
/// <remarks>NS records below the apex are served as data of the zone: there are no delegations, as the harness answers all it knows by itself.</remarks>
public sealed class Zone
{
    private readonly Dictionary<DnsName, List<DnsRecord>> _byOwner = new();
    private readonly HashSet<DnsName> _existing = new();

    private Zone(DnsName apex, SoaRecord soa)
    {
        Apex = apex;
        Soa = soa;
    }

    /// <summary>The zone's name.</summary>
    public DnsName Apex { get; }

    /// <summary>The record at its start.</summary>
    public SoaRecord Soa { get; }

    /// <summary>Number of records.</summary>
    public int RecordCount { get; private set; }

    /// <summary>All records, in no particular order.</summary>
    public IEnumerable<DnsRecord> Records
    {
        get
        {
            foreach (List<DnsRecord> records in _byOwner.Values)
            {
                foreach (DnsRecord record in records)
                    yield return record;
            }
        }
    }

    /// <summary>Reads a zone.</summary>
    /// <param name="reader">The text of a master file; read to its end, not disposed.</param>
    /// <param name="fileName">How errors name the file.</param>
    /// <param name="origin">What relative names are completed with before the first $ORIGIN; null where the file says it all.</param>
    /// <returns>The zone.</returns>
    /// <exception cref="ZoneFormatException">The text is no zone.</exception>
    public static Zone Parse(TextReader reader, string fileName, DnsName? origin = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(fileName);

        var parser = new MasterFileParser(reader, fileName, origin);
        var records = new List<(DnsRecord Record, int Line)>();
        Zone? zone = null;
        while (parser.ReadRecord(out int line) is { } record)
        {
            if (record is SoaRecord soa)
            {
                if (zone != null)
                    throw new ZoneFormatException(fileName, line, "a second SOA record; a zone has exactly one, put other zones into files of their own.");

                zone = new Zone(soa.Name, soa);
            }

            records.Add((record, line));
        }

        if (zone == null)
            throw new ZoneFormatException(fileName, parser.LastLine, "the file ends without an SOA record; add one, for example '@ 1h SOA ns hostmaster 1 1h 15m 1w 1m'.");

        foreach ((DnsRecord record, int line) in records)
            zone.Add(record, fileName, line);

        return zone;
    }

    /// <summary>Reads a zone from a file.</summary>
    /// <param name="path">The file, UTF-8.</param>
    /// <param name="origin">What relative names are completed with before the first $ORIGIN; null where the file says it all.</param>
    /// <returns>The zone.</returns>
    /// <exception cref="ZoneFormatException">The file is no zone.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static Zone Load(string path, DnsName? origin = null)
    {
        using var reader = new StreamReader(path, Encoding.UTF8);
        return Parse(reader, path, origin);
    }

    /// <summary>Whether a name exists in the zone, with records or with names below it. Source: RFC 4592 section 2.2.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True where it exists; wildcards do not count.</returns>
    public bool Exists(DnsName name) => _existing.Contains(name);

    /// <summary>The records of a name, wildcards not applied.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The records in the order of the file; empty where there are none.</returns>
    public IReadOnlyList<DnsRecord> RecordsAt(DnsName name) => _byOwner.TryGetValue(name, out List<DnsRecord>? records) ? records : Array.Empty<DnsRecord>();

    private void Add(DnsRecord record, string fileName, int line)
    {
        if (!record.Name.IsAtOrBelow(Apex))
            throw new ZoneFormatException(fileName, line, "the name " + record.Name + " is outside the zone " + Apex + "; put it into another file, or correct it (does it lack or have one dot too many at its end?).");

        if (!_byOwner.TryGetValue(record.Name, out List<DnsRecord>? records))
            _byOwner.Add(record.Name, records = new List<DnsRecord>());

        foreach (DnsRecord other in records)
        {
            if (other.Type == record.Type && other.RdataText == record.RdataText)
                return; // RFC 2181 section 5: a set holds each record once

            // RFC 2181 section 10.1.
            if ((other.Type == DnsType.Cname) != (record.Type == DnsType.Cname))
                throw new ZoneFormatException(fileName, line, "the name " + record.Name + " has a CNAME record and others; drop one or the other.");

            if (record.Type == DnsType.Cname)
                throw new ZoneFormatException(fileName, line, "the name " + record.Name + " has two CNAME records; keep one.");
        }

        records.Add(record);
        RecordCount++;
        for (DnsName name = record.Name; _existing.Add(name) && !name.Equals(Apex); name = name.Parent)
        {
        }
    }
}
