using System;
using System.Collections.Generic;
using System.Text;
using DprivEmbedded.Harness.Network;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>One end of a connection and what its callbacks said.</summary>
internal sealed class TcpEndpointLog
{
    private readonly StringBuilder _text = new();

    public TcpEndpointLog(TcpConnection connection)
    {
        Connection = connection;
        connection.Established = () => Events.Add("established");
        connection.DataReceived = bytes =>
        {
            string text = Encoding.Latin1.GetString(bytes);
            _text.Append(text);
            OnText?.Invoke(text);
        };
        connection.Ended = end =>
        {
            Events.Add(end.ToString());
            OnEnded?.Invoke(end);
        };
    }

    public TcpConnection Connection { get; }

    public List<string> Events { get; } = [];

    public string Text => _text.ToString();

    public Action<string>? OnText { get; set; }

    public Action<TcpEnd>? OnEnded { get; set; }

    public void Write(string text)
    {
        Connection.Write(Encoding.Latin1.GetBytes(text));
    }
}
