using System;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>Does at a stage of a connection what <see cref="TlsServerFaults.Action"/> says, and counts how often.</summary>
internal sealed class FaultRunner
{
    private readonly TlsServer _server;
    private readonly int[] _counts = new int[Enum.GetValues<TlsStage>().Length];

    /// <summary>Makes one for a connection.</summary>
    public FaultRunner(TlsServer server)
    {
        _server = server;
    }

    /// <summary>Runs the fault of a stage.</summary>
    /// <returns>What is left for the caller to do: None, Omit, Repeat or TrailingByte. The connection may have ended.</returns>
    public TlsFaultAction Run(TlsStage stage, int contentType)
    {
        TlsServerFaults faults = _server.Options.Faults;
        if (faults.At != stage || faults.Action == TlsFaultAction.None || (faults.Times > 0 && _counts[(int)stage] >= faults.Times))
            return TlsFaultAction.None;

        _counts[(int)stage]++;
        switch (faults.Action)
        {
            case TlsFaultAction.Alert:
                _server.SendAlert(2, faults.Alert);
                _server.Finish(TransportEnd.Fin);
                break;
            case TlsFaultAction.WarningAlert:
                _server.SendAlert(1, faults.Alert);
                break;
            case TlsFaultAction.Close:
                _server.Records.Flush();
                _server.Finish(TransportEnd.Fin);
                break;
            case TlsFaultAction.CloseWithNotify:
                _server.SendAlert(1, AlertDescription.CloseNotify);
                _server.Finish(TransportEnd.Fin);
                break;
            case TlsFaultAction.Reset:
                _server.Finish(TransportEnd.Reset);
                break;
            case TlsFaultAction.Silence:
                _server.Records.Flush();
                _server.Records.Muted = true;
                _server.Finish(TransportEnd.Open);
                break;
            case TlsFaultAction.OversizeRecord:
                _server.Records.Oversize();
                break;
            case TlsFaultAction.EmptyRecords:
                for (int i = 0; i < faults.Count; i++)
                    _server.Records.Empty(contentType);

                break;
            case TlsFaultAction.Garbage:
                byte[] garbage = new byte[faults.Count];
                Array.Fill(garbage, (byte)'x');
                _server.Records.Raw(garbage);
                break;
            case TlsFaultAction.CorruptRecord:
                _server.Records.Corrupt();
                break;
            case TlsFaultAction.UnexpectedMessage:
                _server.Records.Handshake([99, 0, 0, 1, 0]);
                break;
            default:
                return faults.Action;
        }

        return TlsFaultAction.None;
    }
}
