using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Xunit;

namespace DprivEmbedded.Build.Tests.Crypto;

/// <summary>Operations of each primitive in the board's build, as the table of docs/footprint.md has them.</summary>
public class OperationCountTests
{
    private const string Begin = "<!-- operations: made by OperationCountTests -->";
    private const string End = "<!-- end of operations -->";

    /// <summary>Nanoseconds of an instruction of the byte code on an ESP32: 2.2 measured on nanoCLR's POSIX build on a desktop, times 150 (weak evidence, 50 to 300).</summary>
    private const double NanosecondsOnEsp32 = 330;

    private static readonly byte[] s_key = [.. Enumerable.Range(0, 32).Select(i => (byte)(7 * i))];

    [Fact]
    public void The_table_in_the_documents_is_true()
    {
        string path = Repository.Source("docs/footprint.md");
        string text = File.ReadAllText(path);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= Begin.Length && end > begin, "docs/footprint.md has no table of operations");
        string table = "\n" + Table();
        if (Environment.GetEnvironmentVariable("DPRIV_ACCEPT_SNAPSHOTS") == "1")
        {
            File.WriteAllText(path, text[..begin] + table + text[end..]);
            return;
        }

        Assert.Equal(table, text[begin..end]);
    }

    private static string Table()
    {
        var text = new StringBuilder("| what | instructions | SHA-256 blocks | AES runs | ESP32, about |\n|---|--:|--:|--:|--:|\n");
        foreach ((string what, long instructions, long hashes, long runs) in Rows())
        {
            double ms = instructions * NanosecondsOnEsp32 / 1e6;
            string time = ms < 10 ? ms.ToString("0.0", CultureInfo.InvariantCulture) + " ms" : ms < 1000 ? ms.ToString("0", CultureInfo.InvariantCulture) + " ms" : (ms / 1000).ToString("0.0", CultureInfo.InvariantCulture) + " s";
            text.Append(CultureInfo.InvariantCulture, $"| {what} | {instructions} | {(hashes == 0 ? "" : hashes.ToString(CultureInfo.InvariantCulture))} | {(runs == 0 ? "" : runs.ToString(CultureInfo.InvariantCulture))} | {time} |\n");
        }

        return text.ToString();
    }

    private static IEnumerable<(string What, long Instructions, long Hashes, long Runs)> Rows()
    {
        var machine = new ManagedMachine();
        (string, long, long, long) Row(string what, Action action)
        {
            machine.Count(action);
            return (what, machine.Instructions, machine.HashBlocks, machine.AesRuns);
        }

        byte[] buffer = new byte[1100];
        byte[] output = new byte[65];
        byte[] nonce = new byte[12];
        byte[] aad = new byte[13];
        object hash = machine.Make("CreateSha256");
        yield return Row("SHA-256, 64 bytes", () => machine.Interpreter.Call(hash, "Update", buffer, 0, 64));
        object hmac = machine.Make("CreateHmacSha256");
        yield return Row("HMAC, a new key", () => machine.Interpreter.Call(hmac, "SetKey", s_key, 0, 32));
        yield return Row("HMAC, the key that is set", () => machine.Interpreter.Call(hmac, "SetKey", s_key, 0, 32));
        yield return Row("HMAC, a message of 32 bytes", () =>
        {
            machine.Interpreter.Call(hmac, "Update", buffer, 0, 32);
            machine.Interpreter.Call(hmac, "Finish", output, 0);
        });

        foreach ((int algorithm, string name) in new[] { (ManagedMachine.Ccm8, "AES-128-CCM_8"), (ManagedMachine.Gcm, "AES-128-GCM"), (ManagedMachine.ChaCha, "ChaCha20-Poly1305") })
        {
            object aead = machine.Make("CreateAead", algorithm);
            yield return Row(name + ", a new key", () => machine.Interpreter.Call(aead, "SetKey", s_key, 0));
            foreach (int size in new[] { 16, 128, 1024 })
                yield return Row($"{name}, a record of {size} bytes", () => machine.Interpreter.Call(aead, "Seal", nonce, aad, 0, 13, buffer, 0, size));
        }

        foreach ((int group, string name, int bytes) in new[] { (ManagedMachine.X25519, "X25519", 32), (ManagedMachine.P256, "P-256", 65) })
        {
            object agreement = machine.Make("CreateKeyAgreement", group);
            object random = machine.Interpreter.Call(machine.Provider, "get_Random")!;
            yield return Row(name + ", a key pair", () => machine.Interpreter.Call(agreement, "Generate", random, output, 0));
            yield return Row(name + ", a shared secret", () => Assert.Equal(1L, machine.Interpreter.Call(agreement, "Agree", output, 0, bytes, buffer, 0)));
        }

        yield return Row("ECDSA on P-256, verification", () => Assert.True(machine.Verify(0x0403, SignedMessage.EcdsaKey, SignedMessage.Ecdsa)));
        yield return Row("RSA-2048 PSS, verification", () => Assert.True(machine.Verify(0x0804, SignedMessage.RsaKey, SignedMessage.Pss)));
        yield return Row("RSA-2048 PKCS #1, verification", () => Assert.True(machine.Verify(0x0401, SignedMessage.RsaKey, SignedMessage.Pkcs1)));
    }
}
