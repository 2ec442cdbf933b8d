using System;
using System.Runtime.InteropServices;

namespace DprivEmbedded.Interop.Peers;

/// <summary>The few functions of OpenSSL 3's libssl that <see cref="EarlyAnswerServer"/> needs.</summary>
internal static class LibSsl
{
    public const int FileTypePem = 1;
    public const int ReadEarlyDataError = 0;
    public const int ReadEarlyDataSuccess = 1;
    public const int ReadEarlyDataFinish = 2;
    public const int EarlyDataAccepted = 2;

    private const string Library = "libssl.so.3";

    [DllImport(Library)]
    public static extern IntPtr TLS_server_method();

    [DllImport(Library)]
    public static extern IntPtr SSL_CTX_new(IntPtr method);

    [DllImport(Library)]
    public static extern void SSL_CTX_free(IntPtr context);

    [DllImport(Library, CharSet = CharSet.Ansi)]
    public static extern int SSL_CTX_use_certificate_chain_file(IntPtr context, string file);

    [DllImport(Library, CharSet = CharSet.Ansi)]
    public static extern int SSL_CTX_use_PrivateKey_file(IntPtr context, string file, int type);

    [DllImport(Library)]
    public static extern int SSL_CTX_set_max_early_data(IntPtr context, uint bytes);

    [DllImport(Library)]
    public static extern IntPtr SSL_new(IntPtr context);

    [DllImport(Library)]
    public static extern void SSL_free(IntPtr ssl);

    [DllImport(Library)]
    public static extern int SSL_set_fd(IntPtr ssl, int file);

    [DllImport(Library)]
    public static extern int SSL_accept(IntPtr ssl);

    [DllImport(Library)]
    public static extern int SSL_read_early_data(IntPtr ssl, byte[] buffer, nuint size, out nuint read);

    [DllImport(Library)]
    public static extern int SSL_write_early_data(IntPtr ssl, byte[] buffer, nuint size, out nuint written);

    [DllImport(Library)]
    public static extern int SSL_read_ex(IntPtr ssl, byte[] buffer, nuint size, out nuint read);

    [DllImport(Library)]
    public static extern int SSL_write_ex(IntPtr ssl, byte[] buffer, nuint size, out nuint written);

    [DllImport(Library)]
    public static extern int SSL_get_early_data_status(IntPtr ssl);

    [DllImport(Library)]
    public static extern int SSL_session_reused(IntPtr ssl);

    [DllImport(Library)]
    public static extern int SSL_shutdown(IntPtr ssl);
}
