using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Harness;
using DprivEmbedded.Sockets.Tests.Storage;
using DprivEmbedded.Sockets.Tests.Support;
using Xunit;

namespace DprivEmbedded.Sockets.Tests;

/// <summary>What a resolver reports about itself. The meter is the process's: no other test runs meanwhile.</summary>
[Collection(Alone)]
public class DiagnosticsTests
{
    public const string Alone = "diagnostics";

    [CollectionDefinition(Alone, DisableParallelization = true)]
    public class AloneCollection;

    [Fact]
    public async Task The_meter_counts_what_happened_and_never_what_was_asked()
    {
        await using TestServer server = TestServer.Start(options => options.Tls.EarlyData = EarlyDataMode.Accept);
        var values = new ConcurrentDictionary<string, double>(StringComparer.Ordinal);
        var tags = new ConcurrentBag<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == DprivDiagnostics.Name)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, with, _) => Take(values, tags, instrument, value, with));
        listener.SetMeasurementEventCallback<double>((instrument, _, with, _) => Take(values, tags, instrument, 1, with));
        listener.Start();

        DprivResolver resolver = server.Resolver(options => options.EarlyData = true);
        await resolver.QueryAsync("www.example");
        await resolver.QueryAsync("mail.example");
        resolver.CloseConnections();
        await resolver.QueryAsync("sensor.example", "TXT");
        server.Host.Change(dot =>
        {
            foreach (DotConnection connection in dot.Connections.ToArray())
                connection.End(CloseManner.Forget);
        });
        await resolver.QueryAsync("shop.example");
        server.Change(options => options.RefuseConnections = true);
        resolver.CloseConnections();
        await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("www.example"));
        await resolver.DisposeAsync();

        Assert.Equal(4, values["dpriv.lookups outcome=answered"]);
        Assert.Equal(1, values["dpriv.lookups outcome=failed"]);
        Assert.Equal(4, values["dpriv.lookup.duration"]);
        Assert.Equal(1, values["dpriv.handshakes kind=full version=TLS 1.3"]);
        Assert.Equal(1, values["dpriv.handshakes kind=early version=TLS 1.3"]);
        Assert.Equal(1, values["dpriv.handshakes kind=resumed version=TLS 1.3"]);
        Assert.Equal(1, values["dpriv.retries"]);
        Assert.Equal(resolver.Statistics.BytesUp, values["dpriv.bytes direction=up"]);
        Assert.Equal(resolver.Statistics.BytesDown, values["dpriv.bytes direction=down"]);
        Assert.All(tags, tag => Assert.DoesNotContain("example", tag, StringComparison.OrdinalIgnoreCase));
        ResolverStatistics done = resolver.Statistics;
        Assert.Equal((5, 4, 1), (done.Lookups, done.Answers, done.Failures));
        Assert.Equal((1, 2, 1, 1), (done.FullHandshakes, done.ResumedHandshakes, done.EarlyDataAccepted, done.Retries));
    }

    [Fact]
    public async Task A_failed_handshake_counts_with_its_error()
    {
        await using TestServer server = TestServer.Start();
        var values = new ConcurrentDictionary<string, double>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == DprivDiagnostics.Name)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, with, _) => Take(values, [], instrument, value, with));
        listener.Start();
        await using var resolver = new DprivResolver(new DprivResolverOptions { Servers = { new DprivServer(IPAddress.Loopback, server.Host.Port) { Pins = { new byte[32] } } } });

        await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("www.example"));

        Assert.Equal(1, values[$"dpriv.handshake.failures error={Tls.TlsError.PinMismatch}"]);
    }

    [Fact]
    public async Task An_activity_spans_each_lookup_and_holds_no_name()
    {
        await using TestServer server = TestServer.Start();
        var activities = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == DprivDiagnostics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activities.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using DprivResolver resolver = server.Resolver();

        await resolver.QueryAsync("www.example", "HTTPS");
        await resolver.QueryAsync("nosuch.example");
        server.Change(options => options.RefuseConnections = true);
        server.Host.LoseState();
        await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("www.example"));

        Assert.Equal(["HTTPS", "A", "A"], activities.Select(activity => activity.GetTagItem("dns.question.type")));
        Assert.Equal(["Full", "None", null], activities.Select(activity => activity.GetTagItem("dpriv.handshake")));
        Assert.Equal([ActivityStatusCode.Unset, ActivityStatusCode.Unset, ActivityStatusCode.Error], activities.Select(activity => activity.Status));
        Assert.All(activities, activity =>
        {
            Assert.Equal(("dpriv.lookup", ActivityKind.Client), (activity.OperationName, activity.Kind));
            string everything = activity.DisplayName + activity.StatusDescription + string.Join(' ', activity.TagObjects.Select(tag => tag.Key + tag.Value)) + string.Join(' ', activity.Events.Select(one => one.Name));
            Assert.DoesNotContain("example", everything, StringComparison.OrdinalIgnoreCase);
        });
    }

    [Fact]
    public async Task A_recorder_keeps_flights_until_they_are_taken()
    {
        await using TestServer server = TestServer.Start();
        var recorder = new FlightRecorder();
        await using DprivResolver resolver = server.Resolver(options => options.Recorder = recorder);
        DprivLookup lookup = await resolver.QueryAsync("www.example");

        IReadOnlyList<Flight> flights = recorder.TakeFlights();

        Assert.Equal(
            [
                "up TCP SYN",
                "down TCP SYN-ACK",
                "up ClientHello",
                "down ServerHello, EncryptedExtensions, Certificate, CertificateVerify, Finished",
                "up Finished, DNS query",
                "down NewSessionTicket, DNS response",
            ],
            flights.Select(flight => (flight.Up ? "up " : "down ") + string.Join(", ", flight.Parts)));
        Assert.Equal(lookup.BytesUp, flights.Where(flight => flight.Up).Sum(flight => flight.Bytes));
        Assert.Equal(lookup.BytesDown, flights.Where(flight => !flight.Up).Sum(flight => flight.Bytes));
        Assert.Equal(flights.Select(flight => flight.AtMs).Order(), flights.Select(flight => flight.AtMs));
        Assert.Empty(recorder.TakeFlights());

        await resolver.QueryAsync("www.example");
        Assert.Equal([true, false], recorder.TakeFlights().Select(flight => flight.Up));
    }

    [Fact]
    public async Task Secrets_go_to_a_file_of_the_owners_alone()
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();
        await using (DprivResolver resolver = server.Resolver(options => options.KeyLog = new KeyLogFile(folder["keys"])))
            await resolver.QueryAsync("www.example");

        string[] lines = File.ReadAllLines(folder["keys"]);
        Assert.Equal(5, lines.Length);
        Assert.Single(lines.Select(line => line.Split(' ')[1]).Distinct());
        Assert.Equal("600", TempFolder.Mode(folder["keys"]));
    }

    private static void Take(ConcurrentDictionary<string, double> values, ConcurrentBag<string> tags, Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> with)
    {
        string key = instrument.Name;
        foreach (KeyValuePair<string, object?> tag in with)
        {
            key += $" {tag.Key}={tag.Value}";
            tags.Add($"{tag.Key}={tag.Value}");
        }

        values.AddOrUpdate(key, value, (_, before) => before + value);
    }
}
