namespace DprivEmbedded.Tls;

/// <summary>The states of a client handshake, named after the message that is awaited, in the order of the flows.</summary>
internal static class HandshakeState
{
    public const int Idle = 0;
    public const int ServerHello = 1;

    // TLS 1.2
    public const int CertificateOrAbbreviated12 = 10;
    public const int Certificate12 = 11;
    public const int StatusOrKeyExchange12 = 18;
    public const int ServerKeyExchange12 = 12;
    public const int RequestOrDone12 = 13;
    public const int ServerHelloDone12 = 14;
    public const int TicketOrCcs12 = 15;
    public const int ChangeCipherSpec12 = 16;
    public const int Finished12 = 17;
    public const int Connected12 = 19;

    // TLS 1.3
    public const int EncryptedExtensions13 = 30;
    public const int CertificateOrRequest13 = 31;
    public const int Certificate13 = 32;
    public const int CertificateVerify13 = 33;
    public const int Finished13 = 34;
    public const int Connected13 = 39;

    public const int Failed = 99;
}
