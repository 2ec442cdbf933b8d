#!/usr/bin/env bash
# Runs BoringSSL's TLS test runner against the client of the engine, TLS 1.2, TLS 1.3 and DTLS 1.2 (docs/bogo.md).
#
#   tests/bogo.sh [--test PATTERN[;PATTERN...]] [--include-disabled] [--no-install] [--jobs N]
#
#   --test PATTERN       only these tests, with all that the runner and the shim say; counts nothing
#   --include-disabled   runs what config.json leaves out, too, and complains of what passes
#   --no-install         installs no packages; exit code 3 where some are missing
#
# The runner's source is that of Debian's source package android-platform-external-boringssl; it is built with Debian's Go in artifacts/bogo.
# Exit code 0: every test passed that tests/DprivEmbedded.BogoShim/config.json does not list. The last lines are the counts.
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
work=$root/artifacts/bogo
config=$root/tests/DprivEmbedded.BogoShim/config.json
package=android-platform-external-boringssl
version=13.0.0+r24-2
install=yes disabled=no jobs=4 only=
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
export HOME=${HOME:-/root}

while [ $# -gt 0 ]; do
    case $1 in
        --test) only=$2; shift ;;
        --jobs) jobs=$2; shift ;;
        --include-disabled) disabled=yes ;;
        --no-install) install=no ;;
        -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
        *) echo "unknown option $1" >&2; exit 2 ;;
    esac
    shift
done

mkdir -p "$work"

fail() {
    echo "$1" >&2
    [ -n "${2:-}" ] && [ -f "$2" ] && tail -n 20 "$2" >&2
    exit "${3:-1}"
}

packages() {
    local missing=()
    command -v go >/dev/null 2>&1 || missing+=(golang-go)
    [ -d /usr/share/gocode/src/golang.org/x/crypto ] || missing+=(golang-golang-x-crypto-dev)
    command -v gcc >/dev/null 2>&1 || missing+=(gcc libc6-dev)
    command -v dpkg-source >/dev/null 2>&1 || missing+=(dpkg-dev)
    [ ${#missing[@]} -eq 0 ] && return
    if [ $install = no ] || [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        fail "These Debian packages are missing: ${missing[*]}" "" 3
    fi
    echo "Installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -q && apt-get install -q -y --no-install-recommends "${missing[@]}"; } </dev/null >"$work/apt.log" 2>&1 ||
        fail "The packages could not be installed." "$work/apt.log" 3
}

# The source package comes from the mirrors that apt is set up with; the lists are kept here, so that nothing of the system changes.
fetch() {
    [ -f "$work/source/src/ssl/test/runner/runner.go" ] && return
    command -v apt-get >/dev/null 2>&1 || fail "apt-get is missing: the runner's source is a Debian source package" "" 3
    local apt=$work/apt
    rm -rf "$apt" "$work/source"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$apt/parts/$(basename "$file")"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$file" ] && sed -n 's/^deb \(.*\)/deb-src \1/p' "$file" >"$apt/parts/$(basename "$file" .list)-src.list"
    done
    local options=(-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/parts" -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User="$(id -un)")
    echo "Fetching Debian's source package $package $version"
    # A mirror of something else may have no sources: only the package itself must come.
    apt-get "${options[@]}" -q update </dev/null >"$work/apt-source.log" 2>&1
    (cd "$apt" && apt-get "${options[@]}" -q source --download-only "$package=$version") </dev/null >>"$work/apt-source.log" 2>&1 ||
        fail "The source package $package $version could not be fetched." "$work/apt-source.log" 3
    dpkg-source --no-check -x "$apt/${package}_$version.dsc" "$work/source" >>"$work/apt-source.log" 2>&1 ||
        fail "The source package could not be unpacked." "$work/apt-source.log"
    rm -rf "$apt"
}

build() {
    local runner=$work/source/src/ssl/test/runner path=$work/gopath/src/boringssl.googlesource.com
    if [ ! -x "$work/runner" ]; then
        echo "Building the runner"
        mkdir -p "$path"
        ln -sfn "$work/source/src" "$path/boringssl"
        (cd "$path/boringssl/ssl/test/runner" && GO111MODULE=off GOFLAGS='' GOPATH=$work/gopath:/usr/share/gocode GOCACHE=$work/gocache go test -c -o "$work/runner" .) >"$work/go.log" 2>&1 ||
            fail "The runner could not be built." "$work/go.log"
    fi
    [ -f "$runner/key.pem" ] || fail "$runner has no keys."
    echo "Building the shim"
    dotnet publish "$root/tests/DprivEmbedded.BogoShim" -c Release -r linux-x64 -p:AheadOfTime=true -o "$work/shim" --nologo -v q </dev/null >"$work/shim.log" 2>&1 ||
        fail "The shim could not be built." "$work/shim.log"
}

run() {
    (cd "$work/source/src/ssl/test/runner" && "$work/runner" -shim-path "$work/shim/bogo-shim" -shim-config "$config" -num-workers "$jobs" -idle-timeout 20s -pipe -allow-unimplemented "$@") </dev/null
}

packages
fetch
build
if [ -n "$only" ]; then
    run -test "$only" -include-disabled -debug
    exit
fi

rm -rf "$work/list" "$work/run"
mkdir -p "$work/list" "$work/run"
# First every test is only asked for: its name, and whether the shim knows its flags.
BOGO_SHIM_LIST=1 run -include-disabled -transcript-dir "$work/list" >"$work/list.log" 2>&1 || fail "The tests could not be listed." "$work/list.log"
echo "Running"
options=()
[ $disabled = yes ] && options+=(-include-disabled)
run -transcript-dir "$work/run" "${options[@]}" >"$work/run.log" 2>&1
rc=$?
grep -q '^PASSED' "$work/run.log" || fail "The runner ended with code $rc and passed nothing." "$work/run.log"
if [ $disabled = no ]; then
    sed -n '/^FAILED/,/^\(PASSED\|UNIMPLEMENTED\)/{/^\(PASSED\|UNIMPLEMENTED\)/!p}' "$work/run.log" | head -n 200
fi
"$work/shim/bogo-shim" summary "$config" "$work/list" "$work/run" "$work/run.log"
