using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using DprivEmbedded.Sockets;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>The programs: <c>dpriv query --transport dodtls</c> with <c>dpriv serve --dodtls</c>, and each with another's other half.</summary>
public sealed class DprivCommandOverDtlsTests
{
    [Fact]
    public async Task Query_with_serve_that_has_unbound_behind_it_under_a_connection_id()
    {
        var unbound = await SharedPeers.UnboundAsync();
        await using var serve = await DprivServe.StartAsync(unbound.Plain, "--cid-length", "4");
        await using var wire = new DtlsWireLog(serve.Dtls);
        var result = await QueryAsync(wire, "--heartbeat", "--cid", "0a0b0c", "--prefix", "--rebind", "--repeat", "3");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(3, result.Output.Split("192.0.2.1").Length - 1);
        Assert.Single(wire.Handshakes);
        Assert.True(wire.Clients.Count >= 3, $"{wire.Clients.Count} addresses");
        Assert.Contains(wire.Records, r => r.Direction == WireDirection.Up && r.Type == DtlsWireRecord.WithConnectionId);
        Assert.Contains(wire.Records, r => r.Direction == WireDirection.Down && r.Type == DtlsWireRecord.WithConnectionId);
    }

    [Fact]
    public async Task Query_closes_and_resumes_at_serve()
    {
        await using var serve = await DprivServe.StartAsync();
        await using var wire = new DtlsWireLog(serve.Dtls);
        var result = await QueryAsync(wire, "--reconnect", "--repeat", "2", "--cid", "none");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal([false, true], wire.Handshakes.Select(h => h.IsResumption));
        // connection_id
        Assert.DoesNotContain(54, wire.Handshakes[0].ClientExtensions);
    }

    [Fact]
    public async Task Query_with_socat_and_unbound()
    {
        await using var peer = await SocatDtls.StartAsync();
        await using var wire = new DtlsWireLog(peer.Tls);
        var result = await QueryAsync(wire, "--json");
        Assert.True(result.ExitCode == 0, result.ToString());
        using var json = JsonDocument.Parse(result.Output);
        Assert.Contains("192.0.2.1", result.Output);
        Assert.Contains("dodtls", result.Output);
    }

    [Fact]
    public async Task The_resolver_with_serve_whose_state_is_lost_by_command()
    {
        await using var serve = await DprivServe.StartAsync(null, "--unknown", "alert");
        await using var resolver = Dpriv.DtlsResolver(serve.Dtls, serve.Tls);
        Assert.Equal((DprivHandshake.Full, "dodtls"), await KindAsync(resolver, "a.peers.example", "A"));
        await serve.Input.WriteAsync(Encoding.ASCII.GetBytes("lose-state\n"));
        await serve.Input.FlushAsync();
        Assert.True(await Poll.UntilAsync(() => serve.Log.Contains("forgotten", StringComparison.Ordinal), TimeSpan.FromSeconds(5)), serve.Log);
        Assert.Equal("dodtls", (await KindAsync(resolver, "aaaa.peers.example", "AAAA")).Transport);
        Assert.Equal(2, resolver.Statistics.FullHandshakes);
        // TC leads to its other port.
        Assert.Equal("dot", (await KindAsync(resolver, PeerZone.BigName, "TXT")).Transport);
    }

    private static async Task<(DprivHandshake Handshake, string Transport)> KindAsync(DprivResolver resolver, string name, string type)
    {
        var lookup = await resolver.QueryAsync(name, type);
        Assert.Equal(PeerZone.Expected(name + (name.EndsWith('.') ? "" : "."), type), Dpriv.Lines(lookup));
        return (lookup.Handshake, lookup.Transport);
    }

    private static Task<ProgramResult> QueryAsync(DtlsWireLog wire, params string[] more)
    {
        List<string> command =
        [
            DprivServe.ProgramPath, "query", "a.peers.example", "A", "--transport", "dodtls", "--server", "127.0.0.1:" + wire.EndPoint.Port.ToString(CultureInfo.InvariantCulture),
            "--auth-name", PeerCertificates.ServerName, "--ca", PeerCertificates.Shared.CaPath, .. more,
        ];
        return ClientProgram.RunAsync(command, limit: TimeSpan.FromSeconds(40));
    }
}
