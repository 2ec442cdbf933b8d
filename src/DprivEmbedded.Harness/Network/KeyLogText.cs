using System;
using System.Text;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Network;

/// <summary>Keeps the secrets of connections as text, for <see cref="PcapngWriter"/>. Both ends of a connection may log to it: each line is kept once. Source: RFC 9850.</summary>
public sealed class KeyLogText : IKeyLog
{
    private readonly System.Collections.Generic.HashSet<string> _seen = [];
    private readonly StringBuilder _text = new();

    /// <summary>The lines.</summary>
    public string Text => _text.ToString();

    /// <inheritdoc/>
    public void Log(string label, byte[] clientRandom, byte[] secret, int secretBytes)
    {
        string line = label + " " + Convert.ToHexStringLower(clientRandom) + " " + Convert.ToHexStringLower(secret, 0, secretBytes) + "\n";
        if (_seen.Add(line))
            _text.Append(line);
    }
}
