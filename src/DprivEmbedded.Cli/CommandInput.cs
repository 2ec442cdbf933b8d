using System;
using System.CommandLine;
using System.Text;

namespace DprivEmbedded.Cli;

/// <summary>Reads what a person gave in options that several commands have.</summary>
internal static class CommandInput
{
    private const int MaxBytes = 256;

    /// <summary>A file's name, or null where the option is not given.</summary>
    public static string? FileName(ParseResult parsed, Option<string?> option)
    {
        string? file = parsed.GetValue(option);
        return file is { Length: 0 } ? throw new BadInputException($"{option.Name} needs a file name.") : file;
    }

    /// <summary>The key in --psk-key.</summary>
    public static byte[] ParseKey(string text)
    {
        byte[] key;
        try
        {
            key = Convert.FromHexString(text);
        }
        catch (FormatException)
        {
            throw new BadInputException("--psk-key takes hexadecimal digits, two a byte, such as 00112233445566778899aabbccddeeff.");
        }

        return key.Length is > 0 and <= MaxBytes ? key : throw new BadInputException($"--psk-key must have 1 to {MaxBytes} bytes, two hexadecimal digits each; this one has {key.Length}.");
    }

    /// <summary>The identity in --psk-identity.</summary>
    public static byte[] ParseIdentity(string text)
    {
        byte[] identity = Encoding.UTF8.GetBytes(text);
        return identity.Length is > 0 and <= MaxBytes ? identity : throw new BadInputException($"--psk-identity must have 1 to {MaxBytes} bytes; this one has {identity.Length}.");
    }
}
