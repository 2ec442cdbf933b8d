using System.Text;

namespace DprivEmbedded.Interop.Infrastructure;

/// <summary>How a client program ended and what it wrote.</summary>
public sealed record ProgramResult(int ExitCode, byte[] OutputBytes, string Error)
{
    /// <summary>Standard output, one char a byte.</summary>
    public string Output => Encoding.Latin1.GetString(OutputBytes);

    public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Error}";
}
