using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DprivEmbedded.Sockets;

/// <summary>Names under which a resolver reports to System.Diagnostics. docs/diagnostics.md lists the instruments and their tags.</summary>
public static class DprivDiagnostics
{
    /// <summary>The name of the <see cref="Meter"/> and of the <see cref="ActivitySource"/>.</summary>
    public const string Name = "DprivEmbedded";

    internal static readonly ActivitySource Activities = new ActivitySource(Name);
    internal static readonly Meter Meter = new Meter(Name);
    internal static readonly Counter<long> Lookups = Meter.CreateCounter<long>("dpriv.lookups", "{lookup}", "Lookups by outcome (answered, failed, cancelled).");
    internal static readonly Histogram<double> LookupDuration = Meter.CreateHistogram<double>("dpriv.lookup.duration", "ms", "Time from the call to the answer.");
    internal static readonly Counter<long> Handshakes = Meter.CreateCounter<long>("dpriv.handshakes", "{handshake}", "Completed handshakes by kind (full, resumed, early) and version.");
    internal static readonly Counter<long> HandshakeFailures = Meter.CreateCounter<long>("dpriv.handshake.failures", "{handshake}", "Failed connections by error number.");
    internal static readonly Counter<long> Bytes = Meter.CreateCounter<long>("dpriv.bytes", "By", "Bytes on TLS streams by direction (up, down).");
    internal static readonly Counter<long> Retries = Meter.CreateCounter<long>("dpriv.retries", "{query}", "Queries sent again after their connection was lost.");
    internal static readonly Counter<long> Probes = Meter.CreateCounter<long>("dpriv.probes", "{probe}", "Probes of associations by outcome (answered, failed).");
    internal static readonly Counter<long> Hedges = Meter.CreateCounter<long>("dpriv.hedges", "{query}", "Queries with a resumption beside them at once.");
    internal static readonly Counter<long> Recoveries = Meter.CreateCounter<long>("dpriv.recoveries", "{recovery}", "Recoveries by cause (reset, signal, silence).");
    internal static readonly Counter<long> SignalsIgnored = Meter.CreateCounter<long>("dpriv.signals.ignored", "{signal}", "Unauthenticated alerts and ICMP messages that started nothing.");
}
