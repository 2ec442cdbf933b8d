using System;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Json;
using DprivEmbedded.Association;
using DprivEmbedded.Dns;
using DprivEmbedded.Sockets;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Cli;

/// <summary>Writes lookups for people and for programs.</summary>
public static class LookupText
{
    /// <summary>The name of a handshake kind in JSON: none, full, resumed, early.</summary>
    /// <param name="handshake">The kind.</param>
    public static string HandshakeName(DprivHandshake handshake) => handshake.ToString().ToLowerInvariant();

    /// <summary>The name of an action in JSON: reuse, hedge, resume, reconnect.</summary>
    /// <param name="action">One of <see cref="QueryAction"/>.</param>
    public static string ActionName(int action) => action switch
    {
        QueryAction.Reuse => "reuse",
        QueryAction.Hedge => "hedge",
        QueryAction.Resume => "resume",
        _ => "reconnect",
    };

    /// <summary>Writes a lookup for a person.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="lookup">The lookup.</param>
    /// <param name="probe">The heartbeat after it, or null.</param>
    /// <param name="detailed">Whether to tell what the lookup did and what happened to its paths also where nothing did.</param>
    public static void WriteText(TextWriter output, DprivLookup lookup, DprivProbe? probe = null, bool detailed = false)
    {
        DnsMessage message = lookup.Message;
        output.WriteLine($";; {DnsResponseCode.ToText(message.ResponseCode)}, {message.Answers.Length} answers, id {message.Id}{(message.Truncated ? ", truncated" : "")}{(message.AuthenticData ? ", authentic data" : "")}");
        foreach (ExtendedDnsError error in message.ExtendedErrors)
            output.WriteLine($";; extended error: {error}");

        CnameChain chain = CnameChain.Follow(message);
        if (chain.Failed)
            output.WriteLine($";; the chain of aliases is broken: {chain.Reason}");

        foreach (DnsRecord record in message.Answers)
            output.WriteLine(record.ToString());
        if (message.Answers.Length == 0)
        {
            foreach (DnsRecord record in message.Authorities)
                output.WriteLine(";; authority: " + record);
        }

        string authenticated = lookup.IsAuthenticated ? "" : ", NOT AUTHENTICATED: " + (lookup.AuthenticationError == TlsError.None ? "nor was it when the session was made" : TlsError.Describe(lookup.AuthenticationError));
        output.WriteLine(string.Format(
            CultureInfo.InvariantCulture,
            ";; {0} {1} {2} {3}, handshake {4}{5}, {6} round trip{7}, {8} B up, {9} B down, {10:0.0} ms{11}",
            lookup.Server, lookup.Transport, ProtocolVersion.Name(lookup.Version), CipherSuite.Name(lookup.CipherSuite), HandshakeName(lookup.Handshake), lookup.UsedFastOpen ? " (Fast Open)" : "",
            lookup.RoundTrips, lookup.RoundTrips == 1 ? "" : "s", lookup.BytesUp, lookup.BytesDown, lookup.Elapsed.TotalMilliseconds, authenticated));
        if (detailed || lookup.Attempts > 1)
        {
            string events = lookup.PathEvents.Count == 0 ? "" : ": " + string.Join(", ", lookup.PathEvents);
            output.WriteLine($";; action {ActionName(lookup.Action)}, {lookup.Attempts} attempt{(lookup.Attempts == 1 ? "" : "s")}{events}");
        }

        if (probe != null)
        {
            string heard = probe.Kind != ProbeKind.Heartbeat ? "not supported by the server" + (probe.IsSupported ? "; a query in its place was " + (probe.IsAnswered ? "answered" : "not answered") : "") : !probe.IsAnswered ? "no answer: the server lost the association" : probe.RoundTrip == null ? "answered after a repetition" : string.Format(CultureInfo.InvariantCulture, "answered in {0:0} ms", probe.RoundTrip.Value.TotalMilliseconds);
            output.WriteLine(";; heartbeat: " + heard);
        }
    }

    /// <summary>A lookup as one JSON object on one line.</summary>
    /// <param name="name">The name asked for.</param>
    /// <param name="type">The type asked for.</param>
    /// <param name="lookup">The lookup.</param>
    /// <param name="probe">The heartbeat after it, or null.</param>
    public static string ToJson(string name, string type, DprivLookup lookup, DprivProbe? probe = null)
    {
        return Json(json =>
        {
            DnsMessage message = lookup.Message;
            json.WriteString("name", name);
            json.WriteString("type", type);
            json.WriteString("rcode", DnsResponseCode.ToText(message.ResponseCode));
            json.WriteStartArray("answers");
            foreach (DnsRecord record in message.Answers)
            {
                json.WriteStartObject();
                json.WriteString("name", record.Name.ToString());
                json.WriteString("type", DnsType.ToText(record.Type));
                json.WriteNumber("ttl", record.Ttl);
                json.WriteString("data", record.RdataText);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (message.ExtendedErrors.Length > 0)
            {
                json.WriteStartArray("extendedErrors");
                foreach (ExtendedDnsError error in message.ExtendedErrors)
                    json.WriteStringValue(error.ToString());

                json.WriteEndArray();
            }

            json.WriteBoolean("truncated", message.Truncated);
            json.WriteString("server", lookup.Server.ToString());
            json.WriteString("transport", lookup.Transport);
            json.WriteString("version", ProtocolVersion.Name(lookup.Version));
            json.WriteString("cipherSuite", CipherSuite.Name(lookup.CipherSuite));
            json.WriteString("handshake", HandshakeName(lookup.Handshake));
            json.WriteBoolean("authenticated", lookup.IsAuthenticated);
            json.WriteBoolean("fastOpen", lookup.UsedFastOpen);
            json.WriteString("action", ActionName(lookup.Action));
            json.WriteNumber("attempts", lookup.Attempts);
            json.WriteNumber("roundTrips", lookup.RoundTrips);
            json.WriteStartArray("pathEvents");
            foreach (PathEvent happened in lookup.PathEvents)
            {
                json.WriteStartObject();
                json.WriteNumber("path", happened.Path);
                json.WriteString("event", happened.What);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("bytesUp", lookup.BytesUp);
            json.WriteNumber("bytesDown", lookup.BytesDown);
            json.WriteNumber("elapsedMs", Math.Round(lookup.Elapsed.TotalMilliseconds, 3));
            if (probe == null)
                return;

            json.WriteStartObject("heartbeat");
            json.WriteBoolean("supported", probe.Kind == ProbeKind.Heartbeat);
            json.WriteBoolean("answered", probe.IsAnswered);
            if (probe.RoundTrip != null)
                json.WriteNumber("ms", Math.Round(probe.RoundTrip.Value.TotalMilliseconds, 3));

            json.WriteEndObject();
        });
    }

    /// <summary>A failed lookup as one JSON object on one line.</summary>
    /// <param name="name">The name asked for.</param>
    /// <param name="type">The type asked for.</param>
    /// <param name="error">The failure.</param>
    public static string ToJson(string name, string type, DprivException error)
    {
        return Json(json =>
        {
            json.WriteString("name", name);
            json.WriteString("type", type);
            json.WriteString("error", error.Message);
            json.WriteNumber("errorCode", error.ErrorCode);
            json.WriteNumber("exitCode", ExitCode.For(error.ErrorCode));
        });
    }

    private static string Json(Action<Utf8JsonWriter> body)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            body(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
