using System;
using System.Collections.Generic;
using System.IO;
using Xunit;

namespace DprivEmbedded.Interop.Infrastructure;

/// <summary>
/// What a test needs of the machine. Missing: the test is skipped and says which Debian package to install; where CI=true it fails, for nothing is skipped there.
/// </summary>
public static class Requires
{
    private static readonly Dictionary<string, string> s_packages = new()
    {
        ["unbound"] = "unbound",
        ["named"] = "bind9",
        ["kresd"] = "knot-resolver",
        ["dnsdist"] = "dnsdist",
        ["haproxy"] = "haproxy",
        ["stunnel4"] = "stunnel4",
        ["nginx"] = "nginx-light libnginx-mod-stream",
        ["openssl"] = "openssl",
        ["gnutls-serv"] = "gnutls-bin",
        ["gnutls-cli"] = "gnutls-bin",
        ["socat"] = "socat",
        ["kdig"] = "knot-dnsutils",
        ["tcpdump"] = "tcpdump",
        ["ip"] = "iproute2",
        ["tshark"] = "tshark",
        ["nft"] = "nftables",
        ["iptables"] = "iptables",
        ["conntrack"] = "conntrack",
    };

    public static bool InCi => string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Full path of <paramref name="program"/>.</summary>
    public static string Program(string program)
    {
        var path = Find(program);
        if (path is null)
            Missing(program + " is not installed: apt-get install --no-install-recommends " + s_packages.GetValueOrDefault(program, program));
        return path!;
    }

    /// <summary>nginx's stream module is a file of its own.</summary>
    public static string File(string path, string package)
    {
        if (!System.IO.File.Exists(path))
            Missing(path + " is missing: apt-get install --no-install-recommends " + package);
        return path;
    }

    public static void Root()
    {
        if (!Environment.IsPrivilegedProcess)
            Missing("network namespaces need root");
    }

    private static void Missing(string why)
    {
        if (InCi)
            Assert.Fail(why + " (CI=true: nothing is skipped)");
        Assert.Skip(why);
    }

    private static string? Find(string program)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";
        foreach (var folder in folders.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var path = Path.Combine(folder, program);
            if (System.IO.File.Exists(path))
                return path;
        }

        return null;
    }
}
