using System;
using System.Threading.Tasks;
using DprivEmbedded.Dns;
using DprivEmbedded.Sockets;
using DprivEmbedded.Sockets.Storage;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Samples.Host;

/// <summary>Looks one name up, twice, and keeps the session for the next run.</summary>
/// <remarks><c>dotnet run --project samples/host -- NAME SERVER PIN-OR-NAME [STORE]</c></remarks>
public static class Program
{
    /// <summary>Runs the sample.</summary>
    /// <param name="args">The name to look up; the server's address, with :PORT if it is not 853; its SPKI pin (base64) or its authentication name; a file for the sessions, or "--core".</param>
    /// <returns>0 where the lookups were answered.</returns>
    public static async Task<int> Main(string[] args)
    {
        if (args.Length is < 3 or > 4)
        {
            Console.Error.WriteLine("usage: NAME SERVER PIN-OR-NAME [STORE | --core]");
            return 2;
        }

        DprivServer server = DprivServer.Parse(args[1]);
        if (args[2].EndsWith('='))
            server.Pins.Add(SpkiPin.Parse(args[2]));
        else
            server.AuthenticationName = args[2];

        try
        {
            if (args.Length == 4 && args[3] == "--core")
                return CoreLookup.Run(args[0], server);

            await LookUpAsync(args[0], server, args.Length == 4 ? args[3] : "sessions");
            return 0;
        }
        catch (DprivException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static async Task LookUpAsync(string name, DprivServer server, string store)
    {
        // README: resolver
        var options = new DprivResolverOptions
        {
            Servers = { server },                         // in order of preference, each with a name, pins or a PSK
            EarlyData = false,                            // true: the query in the first flight; it can be replayed
            SessionStore = new FileBlobStore(store),      // sessions outlive the process, sealed with this key
            SessionStoreKey = FileKey.LoadOrCreate(store + ".key", 16, out string? error),
        };
        if (options.SessionStoreKey == null)
            throw new InvalidOperationException(error);

        await using var resolver = new DprivResolver(options);
        for (int i = 0; i < 2; i++)
        {
            DprivLookup lookup = await resolver.QueryAsync(name, "AAAA");
            foreach (DnsRecord record in lookup.Message.Answers)
                Console.WriteLine(record);

            Console.WriteLine($"{ProtocolVersion.Name(lookup.Version)}, handshake {lookup.Handshake}, {lookup.RoundTrips} round trips, {lookup.BytesUp} B up, {lookup.BytesDown} B down");
        }
        // README: end
    }
}
