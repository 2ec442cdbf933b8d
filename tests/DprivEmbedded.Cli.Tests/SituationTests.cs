using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using DprivEmbedded.Harness;
using Xunit;

namespace DprivEmbedded.Cli.Tests;

/// <summary>Every row of docs/errors.md happens: the situation is brought about, and message and exit code are as the document says.</summary>
public partial class SituationTests
{
    private const string NoPin = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    private const string Key = "00112233445566778899aabbccddeeff";

    private static readonly Dictionary<string, Func<Task<CommandResult>>> Situations = new(StringComparer.Ordinal)
    {
        ["nothing listens on the port"] = async () => await At("127.0.0.1:" + await Ports.ClosedAsync()),
        ["the port speaks plain text"] = async () =>
        {
            await using Ports.RawServer server = Ports.Raw("220 mail.example ESMTP ready\r\n"u8.ToArray());
            return await At(server.Address);
        },
        ["the server says nothing"] = async () =>
        {
            await using Ports.RawServer server = Ports.Raw([]);
            return await At(server.Address, "--timeout", "300");
        },
        ["the server closes at once"] = async () =>
        {
            await using Ports.RawServer server = Ports.Raw([], close: true);
            return await At(server.Address);
        },
        ["the server accepts and resets at once"] = () => With(options => options.RefuseConnections = true),
        ["no pin matches"] = () => Authenticated("--pin", NoPin),
        ["the certificate is for another name"] = () => Authenticated("--auth-name", "other.example", "--ca", "$CA"),
        ["no trusted authority"] = async () =>
        {
            using var folder = new TempFolder();
            await using TestServer server = TestServer.StartRsa();
            string ca = folder.Write("ca.pem", server.Certificate.ToPem());
            await using TestServer other = TestServer.Start();
            return await DprivCommand.RunAsync("query", "www.example", "--server", other.Address, "--auth-name", TestServer.Name, "--ca", ca);
        },
        ["the certificate is expired"] = async () =>
        {
            await using TestServer server = TestServer.StartExpired();
            return await DprivCommand.RunAsync("query", "www.example", "--server", server.Address, "--auth-name", TestServer.Name, "--ca", server.AuthorityFile);
        },
        ["the server does not know the pre-shared key"] = () => Authenticated("--psk-identity", "x", "--psk-key", Key),
        ["the pre-shared key is another"] = async () =>
        {
            await using TestServer server = TestServer.StartWithServer(dot => dot.State.Psks.Add(new ServerPsk("x"u8.ToArray(), Convert.FromHexString(Key))));
            return await DprivCommand.RunAsync("query", "www.example", "--server", server.Address, "--psk-identity", "x", "--psk-key", "ff" + Key[2..]);
        },
        ["the server has no common version"] = () => With(options => options.Tls.Tls13 = false, "--tls", "1.3"),
        ["the server's signature is wrong"] = () => With(options => options.Tls.Faults.BadSignature = true),
        ["the server's Finished is wrong"] = () => With(options => options.Tls.Faults.WrongFinished = true),
        ["someone forces TLS 1.2 on a TLS 1.3 server"] = () => With(options =>
        {
            options.Tls.Tls13 = false;
            options.Tls.Faults.ForceDowngradeSentinel = true;
        }),
        ["a record with a wrong tag"] = () => Fault(TlsStage.Finished, TlsFaultAction.CorruptRecord),
        ["a record longer than TLS allows"] = () => Fault(TlsStage.Certificate, TlsFaultAction.OversizeRecord),
        ["a message out of place"] = () => Fault(TlsStage.Certificate, TlsFaultAction.UnexpectedMessage),
        ["a message that does not parse"] = () => Fault(TlsStage.EncryptedExtensions, TlsFaultAction.TrailingByte),
        ["a fatal alert"] = () => Fault(TlsStage.ServerHello, TlsFaultAction.Alert),
        ["the handshake is cut off"] = () => Fault(TlsStage.Certificate, TlsFaultAction.Close),
        ["the connection breaks before each answer"] = () => With(options =>
        {
            options.Tls.Faults.At = TlsStage.ApplicationData;
            options.Tls.Faults.Action = TlsFaultAction.Reset;
        }),
        ["a record larger than the buffer"] = () => With(options =>
        {
            options.Tls.RecordSizeLimit = 0;
            options.Tls.MaxFragmentLength = false;
        }, "--buffer", "2048", "--tls", "1.3", "large.example", "TXT"),
        ["no answer comes"] = () => With(options => options.AnswerFault = AnswerFault.Drop, "--timeout", "300"),
        ["the answer comes too late"] = () => With(options => options.AnswerDelayMs = 60000, "--timeout", "300"),
        ["the answer has another ID"] = () => With(options => options.AnswerFault = AnswerFault.WrongId, "--timeout", "300"),
        ["the answer has another question"] = () => With(options => options.AnswerFault = AnswerFault.WrongQuestion, "--timeout", "300"),
        ["the answer is cut inside its frame"] = () => With(options => options.AnswerFault = AnswerFault.HalfMessage),
        ["a frame of length 0"] = () => With(options => options.AnswerFault = AnswerFault.EmptyFrame),
        ["a frame that never ends"] = () => With(options => options.AnswerFault = AnswerFault.OversizeFrame, "--timeout", "300"),
    };

    public static TheoryData<string> Names => [.. Situations.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_situation_ends_as_documented(string situation)
    {
        string[] row = Assert.Single(Documented(), row => row[0] == situation);

        CommandResult result = await Situations[situation]();

        result.Ended(int.Parse(row[2], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(row[1], Address().Replace(Assert.Single(result.ErrorLines), "SERVER"));
        Assert.Equal("", result.Output);
    }

    [Fact]
    public void The_document_has_no_other_rows()
    {
        Assert.Equal(Situations.Keys.Order(StringComparer.Ordinal), Documented().Select(row => row[0]).Order(StringComparer.Ordinal));
    }

    private static IReadOnlyList<string[]> Documented() => Repository.Table(Repository.Read("docs", "errors.md"), "Lookups that fail");

    private static Task<CommandResult> At(string address, params string[] more) =>
        DprivCommand.RunAsync(["query", "www.example", "--server", address, "--pin", NoPin, .. more]);

    private static async Task<CommandResult> Authenticated(params string[] how)
    {
        await using TestServer server = TestServer.Start();
        return await DprivCommand.RunAsync(["query", "www.example", "--server", server.Address, .. how.Select(part => part == "$CA" ? server.AuthorityFile : part)]);
    }

    private static Task<CommandResult> Fault(TlsStage at, TlsFaultAction action) => With(options =>
    {
        options.Tls.Faults.At = at;
        options.Tls.Faults.Action = action;
    });

    private static async Task<CommandResult> With(Action<DotServerOptions> options, params string[] more)
    {
        await using TestServer server = TestServer.Start(options);
        return more.Contains("TXT") ? await server.QueryAsync("large.example", "TXT", [.. more.Except(["large.example", "TXT"])]) : await server.QueryAsync("www.example", "A", more);
    }

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex Address();
}
