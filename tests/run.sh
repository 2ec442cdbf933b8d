#!/usr/bin/env bash
# Builds the solution and runs every test project; the last line is "N passed, N failed, N skipped".
#
#   tests/run.sh [--no-build] [PROJECT...]     PROJECT: such as DprivEmbedded.Interop, or Interop for short
#
# As root it installs the Debian packages of the servers that the Interop tests and the network lab talk to (without starting them);
# otherwise it says which tests are skipped for want of them. With CI=true a missing peer is a failed test, not a skipped one.
# Results: artifacts/test-results/PROJECT.xml (xUnit's XML) and PROJECT.log.
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
results=$root/artifacts/test-results
configuration=Release
limit=20m
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
export HOME=${HOME:-/root}

# A file that shows that the package is there, the package, and whose tests need it.
peers=(
    "unbound:unbound:unbound, and all peers that stand before it"
    "named:bind9:BIND"
    "kresd:knot-resolver:Knot Resolver"
    "dnsdist:dnsdist:dnsdist"
    "haproxy:haproxy:haproxy (early data)"
    "stunnel4:stunnel4:stunnel (pre-shared keys)"
    "nginx:nginx-light:nginx (session ids)"
    "/usr/lib/nginx/modules/ngx_stream_module.so:libnginx-mod-stream:nginx (session ids)"
    "openssl:openssl:openssl s_server, and resumption as s_client sees it"
    "gnutls-serv:gnutls-bin:gnutls-serv (raw public keys, record sizes)"
    "socat:socat:socat (DTLS before unbound)"
    "kdig:knot-dnsutils:the comparison with kdig"
    "tcpdump:tcpdump:TCP Fast Open, the network lab"
    "ip:iproute2:TCP Fast Open, the network lab"
    "nft:nftables:the network lab"
    "iptables:iptables:the network lab"
    "conntrack:conntrack:the network lab"
    "tshark:tshark:captures of the simulated network"
)

say() { printf '%s\n' "$*"; }

present() {
    case $1 in
        /*) [ -e "$1" ] ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# Debian starts a service as soon as it is installed unless policy-rc.d says no.
install_packages() {
    local policy=/usr/sbin/policy-rc.d made=no rc
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && made=yes
    fi
    say "Installing $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q </dev/null >"$results/apt.log" 2>&1 &&
        apt-get install -q -y --no-install-recommends "$@" </dev/null >>"$results/apt.log" 2>&1
    rc=$?
    [ $made = yes ] && rm -f $policy
    if [ $rc -ne 0 ]; then
        tail -n 15 "$results/apt.log"
        say "The packages could not all be installed; $results/apt.log has the rest."
    fi
}

check_peers() {
    local entry probe package users missing=()
    for entry in "${peers[@]}"; do
        IFS=: read -r probe package users <<<"$entry"
        present "$probe" || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        install_packages "${missing[@]}"
    fi
    for entry in "${peers[@]}"; do
        IFS=: read -r probe package users <<<"$entry"
        present "$probe" || say "Without the Debian package $package these tests are skipped: $users"
    done
    [ "$(id -u)" -eq 0 ] || say "Without root these tests are skipped: TCP Fast Open and the network lab (network namespaces)"
}

# Prints the failed tests of an xUnit result file with their messages.
list_failures() {
    awk '
        function plain(s) {
            gsub(/\\?&quot;/, "\"", s); gsub(/&apos;/, "\047", s); gsub(/&lt;/, "<", s); gsub(/&gt;/, ">", s)
            gsub(/&#xD;/, "", s); gsub(/&#xA;/, "\n", s); gsub(/&amp;/, "\\&", s)
            return s
        }
        BEGIN { RS = "<(test|error) " }
        NR > 1 && (/result="Fail"/ || /<failure/) {
            name = match($0, /(^| )name="[^"]*"/) ? substr($0, RSTART, RLENGTH) : "?"
            sub(/^ ?name="/, "", name); sub(/"$/, "", name)
            message = $0
            if (match(message, /<message>/)) {
                message = substr(message, RSTART + RLENGTH); sub(/<\/message>.*/, "", message)
                sub(/^<!\[CDATA\[/, "", message); sub(/\]\]>$/, "", message)
            } else message = ""
            n = split(plain(message), lines, "\n")
            printf "  FAILED %s\n", plain(name)
            for (i = 1; i <= n && i <= 12; i++) printf "      %s\n", lines[i]
        }' "$1"
}

attribute() { grep -o -m1 "<assembly [^>]*" "$2" | grep -o " $1=\"[0-9]*\"" | head -n 1 | tr -dc 0-9; }

build=yes
wanted=()
for argument in "$@"; do
    case $argument in
        --no-build) build=no ;;
        -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
        -*) say "unknown option $argument" >&2; exit 2 ;;
        *) wanted+=("$argument") ;;
    esac
done

projects=()
for file in tests/*/*.csproj; do
    grep -q '<OutputType>Exe</OutputType>' "$file" || continue
    grep -q '<RunByTestScript>false</RunByTestScript>' "$file" && continue
    name=$(basename "$file" .csproj)
    if [ ${#wanted[@]} -gt 0 ]; then
        match=no
        for w in "${wanted[@]}"; do
            [ "$name" = "$w" ] || [ "$name" = "DprivEmbedded.$w" ] && match=yes
        done
        [ $match = yes ] || continue
    fi
    projects+=("$file")
done
if [ ${#projects[@]} -eq 0 ]; then
    say "no such test project: ${wanted[*]:-}" >&2
    exit 2
fi

if ! command -v dotnet >/dev/null 2>&1; then
    say "dotnet is missing; install the .NET SDK that global.json names: $(tr -d '\n' <global.json)" >&2
    exit 1
fi

rm -rf "$results"
mkdir -p "$results"
for file in "${projects[@]}"; do
    case $file in
        */DprivEmbedded.Interop.csproj | */DprivEmbedded.Lab.csproj) check_peers; break ;;
    esac
done

if [ $build = yes ]; then
    targets=(DprivEmbedded.sln)
    [ ${#wanted[@]} -gt 0 ] && targets=("${projects[@]}")
    for target in "${targets[@]}"; do
        say "Building $target"
        if ! dotnet build "$target" -c $configuration --nologo -v q -warnaserror </dev/null; then
            say "The build of $target failed."
            say "0 passed, 1 failed, 0 skipped"
            exit 1
        fi
    done
fi

options=(-noColor -noLogo)
passed=0 failed=0 skipped=0
failures=$results/failures.txt
: >"$failures"
for file in "${projects[@]}"; do
    name=$(basename "$file" .csproj)
    program=$(ls -d "$(dirname "$file")/bin/$configuration"/net*/"$name" 2>/dev/null | head -n 1)
    xml=$results/$name.xml
    log=$results/$name.log
    if [ -z "$program" ]; then
        say "$name: not built"
        say "  FAILED $name: not built" >>"$failures"
        failed=$((failed + 1))
        continue
    fi
    timeout --kill-after=30s $limit "$program" "${options[@]}" -result-xml "$xml" </dev/null >"$log" 2>&1
    rc=$?
    if [ ! -s "$xml" ]; then
        tail -n 20 "$log"
        say "$name: ended with code $rc and no results"
        say "  FAILED $name: ended with code $rc and no results, see ${log#"$root"/}" >>"$failures"
        failed=$((failed + 1))
        continue
    fi
    p=$(attribute passed "$xml") f=$(attribute failed "$xml") s=$(attribute skipped "$xml") e=$(attribute errors "$xml")
    p=${p:-0} f=$((${f:-0} + ${e:-0})) s=${s:-0}
    # A run that failed without a failed test (a crash after the last one, say) is no success.
    if [ $rc -ne 0 ] && [ $f -eq 0 ] && [ $((p + s)) -gt 0 ]; then
        say "  FAILED $name: ended with code $rc, see ${log#"$root"/}" >>"$failures"
        f=1
    fi
    say "$name: $p passed, $f failed, $s skipped"
    list_failures "$xml" >>"$failures"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done

if [ -s "$failures" ]; then
    say ""
    cat "$failures"
fi
say ""
say "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
