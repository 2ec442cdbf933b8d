using System;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using DprivEmbedded.Crypto.BouncyCastle.Signing;
using DprivEmbedded.Harness.Certificates;
using Xunit;

namespace DprivEmbedded.Cli.Tests;

/// <summary>Bad input: the message says what is wrong and what would be right, the code is 2, nothing is sent, no stack trace is shown.</summary>
public class BadInputTests
{
    private const string Psk = "--psk-identity x --psk-key ";
    private const string WrongPsk = "dpriv: --psk-key takes hexadecimal digits, two a byte, such as 00112233445566778899aabbccddeeff.";

    // In arguments: $S the server, $P its pin, $N a place that does not exist, $D a directory, "" an empty argument.
    [Theory]
    [InlineData("query", "dpriv: Option '--server' is required.")]
    [InlineData("query www.example", "dpriv: Option '--server' is required.")]
    [InlineData("query --server $S --pin $P", "dpriv: Required argument missing for command: 'query'.")]
    [InlineData("query www.example A AAAA --server $S --pin $P", "dpriv: Unrecognized command or argument 'AAAA'.")]
    [InlineData("query www.example --server $S --pin $P --nosuch", "dpriv: there is no option '--nosuch'; 'dpriv query --help' lists them. (A name that begins with a hyphen goes behind a lone --.)")]
    [InlineData("query -x --server $S --pin $P", "dpriv: there is no option '-x'; 'dpriv query --help' lists them. (A name that begins with a hyphen goes behind a lone --.)")]
    [InlineData("query www.example XX --server $S --pin $P", "dpriv: 'XX' is no record type: give a name such as A, AAAA or HTTPS, or TYPE and a number.")]
    [InlineData("query www.example TYPE65536 --server $S --pin $P", "dpriv: 'TYPE65536' is no record type: give a name such as A, AAAA or HTTPS, or TYPE and a number.")]
    [InlineData("query www..example --server $S --pin $P", "dpriv: 'www..example' is no DNS name: The domain name 'www..example' has an empty label; put exactly one dot between labels.")]
    [InlineData("query \"\" --server $S --pin $P", "dpriv: '' is no DNS name: The domain name is empty; write a name such as example.com, or . for the root.")]
    [InlineData("query www.example --server $S", "dpriv: Nothing can authenticate $S: give --auth-name, --pin, or --psk-identity with --psk-key. (--opportunistic goes on without.)")]
    [InlineData("query www.example --server localhost --pin $P", "dpriv: --server: 'localhost' is no server: give an IP address, with a port if it is not 853, such as 192.0.2.1, 192.0.2.1:8853 or [2001:db8::1]:853. A host name is not looked up: that would be a lookup in the clear.")]
    [InlineData("query www.example --server 127.0.0.1:99999 --pin $P", "dpriv: --server: '99999' is no port: give a number from 1 to 65535.")]
    [InlineData("query www.example --server 127.0.0.1:53 --pin $P", "dpriv: Port 53 of 127.0.0.1 is for DNS in the clear and never used for TLS (RFC 7858 section 3.1); DNS over TLS has port 853.")]
    [InlineData("query www.example --server $S --pin abc", "dpriv: --pin: An SPKI pin has 44 characters of base64 or 64 of hexadecimal; this one has 3.")]
    [InlineData("query www.example --server $S --pin", "dpriv: Required argument missing for option: '--pin'.")]
    [InlineData("query www.example --server $S --auth-name \"\"", "dpriv: --auth-name needs a name, such as dot.example.")]
    [InlineData("query www.example --server $S --auth-name a_b!c", "dpriv: $S: The authentication name \"a_b!c\" has a character that host names do not have.")]
    [InlineData("query www.example --server $S --auth-name dot.example --ca $N", "dpriv: --ca: The file of trust anchors \"$N\" cannot be read: Could not find file '$N'.")]
    [InlineData("query www.example --server $S --auth-name dot.example --ca $D", "dpriv: --ca: The file of trust anchors \"$D\" cannot be read: Access to the path '$D' is denied.")]
    [InlineData("query www.example --server $S --auth-name dot.example --ca $T", "dpriv: --ca: The file of trust anchors \"$T\" holds no certificate.")]
    [InlineData("query www.example --server $S --auth-name dot.example --ca \"\"", "dpriv: --ca needs a file name.")]
    [InlineData("query www.example --server $S --psk-key 00", "dpriv: --psk-identity and --psk-key belong together: give both or neither.")]
    [InlineData("query www.example --server $S --psk-identity x", "dpriv: --psk-identity and --psk-key belong together: give both or neither.")]
    [InlineData("query www.example --server $S " + Psk + "0g", WrongPsk)]
    [InlineData("query www.example --server $S " + Psk + "001", WrongPsk)]
    [InlineData("query www.example --server $S " + Psk + "\"\"", "dpriv: --psk-key must have 1 to 256 bytes, two hexadecimal digits each; this one has 0.")]
    [InlineData("query www.example --server $S --psk-identity \"\" --psk-key 00", "dpriv: --psk-identity must have 1 to 256 bytes; this one has 0.")]
    [InlineData("query www.example --server $S --pin $P --tls 1.1", "dpriv: --tls takes 1.2 or 1.3, not '1.1'.")]
    [InlineData("query www.example --server $S --pin $P --transport doh", "dpriv: --transport takes dot or dodtls, not 'doh'.")]
    [InlineData("query www.example --server $S --pin $P --heartbeat", "dpriv: --heartbeat, --cid, --prefix and --rebind are for --transport dodtls.")]
    [InlineData("query www.example --server $S --pin $P --transport dodtls --cid 0g", "dpriv: --cid takes hexadecimal digits, two a byte, for at most 32 bytes, or 'none'.")]
    [InlineData("query www.example --server $S --pin $P --repeat 0", "dpriv: --repeat must be 1 or more.")]
    [InlineData("query www.example --server $S --pin $P --repeat x", "dpriv: --repeat takes a whole number, not 'x'.")]
    [InlineData("query www.example --server $S --pin $P --repeat 99999999999", "dpriv: --repeat takes a whole number, not '99999999999'.")]
    [InlineData("query www.example --server $S --pin $P --interval -5", "dpriv: --interval must be 0 or more milliseconds.")]
    [InlineData("query www.example --server $S --pin $P --policy never", "dpriv: --policy takes reuse|resume|reconnect|hedge|threshold:SECONDS|probe:SECONDS, not 'never'.")]
    [InlineData("query www.example --server $S --pin $P --policy threshold", "dpriv: --policy takes reuse|resume|reconnect|hedge|threshold:SECONDS|probe:SECONDS, not 'threshold'.")]
    [InlineData("query www.example --server $S --pin $P --policy hedge:3", "dpriv: --policy takes reuse|resume|reconnect|hedge|threshold:SECONDS|probe:SECONDS, not 'hedge:3'.")]
    [InlineData("query www.example --server $S --pin $P --policy probe:0", "dpriv: --policy probe:SECONDS takes a time such as 25 or 0.5, not '0'.")]
    [InlineData("query www.example --server $S --pin $P --policy threshold:-1", "dpriv: --policy threshold:SECONDS takes a time such as 25 or 0.5, not '-1'.")]
    [InlineData("query www.example --server $S --pin $P --every 0", "dpriv: --every takes a time in seconds, such as 30 or 0.5, not '0'.")]
    [InlineData("query www.example --server $S --pin $P --every 1s", "dpriv: --every takes a time in seconds, such as 30 or 0.5, not '1s'.")]
    [InlineData("query www.example --server $S --pin $P --every 1 --count 0", "dpriv: --count must be 1 or more.")]
    [InlineData("query www.example --server $S --pin $P --every 1 --repeat 2", "dpriv: --every goes with --count, not with --repeat or --interval.")]
    [InlineData("query www.example --server $S --pin $P --count 2", "dpriv: --count goes with --every; without a pause it is --repeat.")]
    [InlineData("query www.example --server $S --pin $P --timeout 0", "dpriv: --timeout must be 1 millisecond or more.")]
    [InlineData("query www.example --server $S --pin $P --buffer 2047", "dpriv: --buffer must be 2048 bytes or more.")]
    [InlineData("query www.example --server $S --pin $P --buffer 65537", "dpriv: --buffer must be 65536 bytes or less; 16645 hold every legal record.")]
    [InlineData("query www.example --server $S --pin $P --ticket-store \"\"", "dpriv: --ticket-store needs a file name.")]
    [InlineData("query www.example --server $S --pin $P --ticket-store $N/x", "dpriv: --ticket-store: the session key '$N/x.key' could not be made: the directory '$N' does not exist; create it or name another file")]
    [InlineData("query www.example --server $S --pin $P --key-log \"\"", "dpriv: --key-log needs a file name.")]
    [InlineData("query www.example --server $S --pin $P --key-log $N/x", "dpriv: --key-log: '$N/x' cannot be written: Could not find a part of the path '$N/x'.")]
    [InlineData("query www.example --server $S --pin $P --key-log $D", "dpriv: --key-log: '$D' cannot be written: Access to the path '$D' is denied.")]
    [InlineData("demo --tls 1", "dpriv: --tls takes 1.2 or 1.3, not '1'.")]
    [InlineData("demo --nosuch", "dpriv: Unrecognized command or argument '--nosuch'.")]
    [InlineData("flows --figure 10", "dpriv: --figure takes a number from 1 to 9, or all, not '10'.")]
    [InlineData("flows --figure hedge", "dpriv: --figure takes a number from 1 to 9, or all, not 'hedge'.")]
    [InlineData("flows --rtt 0", "dpriv: --rtt must be 1 to 900 milliseconds: beyond that the first retransmissions come before the answers.")]
    [InlineData("flows --rtt 901", "dpriv: --rtt must be 1 to 900 milliseconds: beyond that the first retransmissions come before the answers.")]
    [InlineData("flows --rtt x", "dpriv: --rtt takes a whole number, not 'x'.")]
    [InlineData("flows --svg \"\"", "dpriv: --svg needs a directory.")]
    [InlineData("flows --pcap $T", "dpriv: --pcap: '$T' cannot be made a directory: ")]
    [InlineData("nosuch", "dpriv: Required command was not provided.\ndpriv: Unrecognized command or argument 'nosuch'.")]
    [InlineData("serve --zone $N", "dpriv: --zone: '$N' cannot be read: Could not find file '$N'.")]
    [InlineData("serve --zone $D", "dpriv: --zone: '$D' cannot be read: Access to the path '$D' is denied.")]
    [InlineData("serve --zone \"\"", "dpriv: --zone needs a file name.")]
    [InlineData("serve --dot 53", "dpriv: --dot takes a port from 0 to 65535, but not 53 (RFC 7858 section 3.1).")]
    [InlineData("serve --dot 65536", "dpriv: --dot takes a port from 0 to 65535, but not 53 (RFC 7858 section 3.1).")]
    [InlineData("serve --dot x", "dpriv: --dot takes a whole number, not 'x'.")]
    [InlineData("serve --dodtls x", "dpriv: --dodtls takes a whole number, not 'x'.")]
    [InlineData("serve --dodtls 53", "dpriv: --dodtls takes a port from 0 to 65535, but not 53 (RFC 8094 section 3.1).")]
    [InlineData("serve --forward dns.example", "dpriv: --forward takes the IP address of a DNS server, with a port if it is not 53, such as 127.0.0.1, 127.0.0.1:5353 or [::1]:5353, not 'dns.example'.")]
    [InlineData("serve --forward 127.0.0.1 --zone $N", "dpriv: --zone and --forward exclude each other: the answers come from a file or from a server.")]
    [InlineData("serve --dodtls 0 --cid-length 33", "dpriv: --cid-length must be 0 to 32 bytes.")]
    [InlineData("serve --dodtls 0 --max-datagram 10", "dpriv: --max-datagram must be 256 to 16384 bytes.")]
    [InlineData("serve --dodtls 0 --unknown loud", "dpriv: --unknown takes alert or silence, not 'loud'.")]
    [InlineData("serve --dodtls 0 --prefix maybe", "dpriv: --prefix takes raw, prefix or mirror, not 'maybe'.")]
    [InlineData("serve --address localhost", "dpriv: --address takes an IP address, not 'localhost'.")]
    [InlineData("serve --cert x", "dpriv: --cert and --key belong together: give both or neither.")]
    [InlineData("serve --cert \"\" --key x", "dpriv: --cert needs a file name.")]
    [InlineData("serve --cert $N --key $N", "dpriv: --cert, --key: Could not find file '$N'.")]
    [InlineData("serve --cert $T --key $T", "dpriv: --cert: '$T' holds no certificate in PEM.")]
    [InlineData("serve --cert $C --key $T", "dpriv: --cert, --key: The PEM text holds no private key.")]
    [InlineData("serve --cert $C --key $K", "dpriv: --cert, --key: the key in '$K' does not belong to the first certificate in '$C'.")]
    [InlineData("serve --name \"\"", "dpriv: --name takes a host name, such as dot.example, not ''.")]
    [InlineData("serve --psk-key 00", "dpriv: --psk-identity and --psk-key belong together: give both or neither.")]
    [InlineData("serve " + Psk + "zz", WrongPsk)]
    [InlineData("serve --tls 1.1", "dpriv: --tls takes 1.2 or 1.3, not '1.1'.")]
    [InlineData("serve --tickets 17", "dpriv: --tickets must be 0 to 16.")]
    [InlineData("serve --idle 0", "dpriv: --idle must be 1 millisecond or more.")]
    [InlineData("serve --advertise-idle -7", "dpriv: --advertise-idle must be 0 or more milliseconds.")]
    [InlineData("serve --delay -1", "dpriv: --delay, --early-data and --close-after must be 0 or more.")]
    public async Task Bad_input_is_explained(string arguments, string message)
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();
        IssuedCertificate other = new CertificateMaker().MakeServer(null, ["dot.example"], [], DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        string text = folder.Write("text", "no certificate");
        string certificate = folder.Write("certificate", server.Certificate.ToPem());
        string key = folder.Write("key", other.Key.ToPem());
        string Fill(string part) => part
            .Replace("$S", server.Address, StringComparison.Ordinal).Replace("$P", server.Pin, StringComparison.Ordinal)
            .Replace("$N", folder["nowhere"], StringComparison.Ordinal).Replace("$D", folder.Root, StringComparison.Ordinal)
            .Replace("$T", text, StringComparison.Ordinal).Replace("$C", certificate, StringComparison.Ordinal).Replace("$K", key, StringComparison.Ordinal);

        CommandResult result = (await DprivCommand.RunAsync(arguments.Split(' ').Select(part => Fill(part == "\"\"" ? "" : part)).ToArray())).Ended(ExitCode.BadInput);

        string said = string.Join('\n', result.ErrorLines.Where(line => line.StartsWith("dpriv: ", StringComparison.Ordinal)));
        Assert.True(said.StartsWith(Fill(message), StringComparison.Ordinal), $"{said}\ninstead of\n{Fill(message)}");
        Assert.Equal("", result.Output);
        Assert.All(result.ErrorLines, line => Assert.Matches("^(dpriv: |Try 'dpriv )", line));
        Assert.Equal(0, server.Host.Counters.Connections);
        Assert.Equal(3, Directory.GetFileSystemEntries(folder.Root).Length);
    }

    [Theory]
    [InlineData("www A 300.1.2.3\n", 4, "'300.1.2.3' is no IPv4 address; write four numbers from 0 to 255 with dots, for example 192.0.2.1.")]
    [InlineData("\n\nwww QQ x\n", 6, "")]
    [InlineData("www TXT \"open\n", 4, "")]
    [InlineData("\u0004\u0005\n", 4, "the control character U+0004; is this a master file? Inside a string write it as \\DDD.")]
    public async Task A_garbage_zone_file_is_refused_with_its_line(string garbage, int line, string problem)
    {
        using var folder = new TempFolder();
        string zone = folder.Write("bad.zone", "$ORIGIN example.\n@ SOA ns host 1 1 1 1 1\n@ NS ns\n" + garbage);

        CommandResult result = (await DprivCommand.RunAsync("serve", "--dot", "0", "--zone", zone)).Ended(ExitCode.BadInput);

        Assert.StartsWith($"dpriv: --zone: {zone}:{line}: {problem}", result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        taken.Listen();
        int port = ((System.Net.IPEndPoint)taken.LocalEndPoint!).Port;

        CommandResult result = (await DprivCommand.RunAsync("serve", "--dot", port.ToString(System.Globalization.CultureInfo.InvariantCulture))).Ended(ExitCode.BadInput);

        Assert.Equal($"dpriv: 127.0.0.1 port {port} cannot be listened on: Address already in use\n", result.Error);
    }
}
