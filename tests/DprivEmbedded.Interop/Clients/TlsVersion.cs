namespace DprivEmbedded.Interop.Clients;

public enum TlsVersion
{
    Tls12 = 0x0303,
    Tls13 = 0x0304,
}
