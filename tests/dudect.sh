#!/usr/bin/env bash
# Measures whether the time of secret-dependent code depends on the secret, as dudect does (docs/constant-time.md).
#
#   tests/dudect.sh [SECONDS] [FILTER]      SECONDS a test (default 10); FILTER a part of the operation's name
#
# Prints a table in Markdown and writes it to artifacts/dudect.md. Exit code 0: no difference found; 1: some operation's classes were told apart; 2: the controls do not hold, so the rest says nothing.
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 2
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_TieredCompilation=0
dotnet build -c Release -v q tests/DprivEmbedded.Timing >/dev/null || exit 2
mkdir -p artifacts
tests/DprivEmbedded.Timing/bin/Release/net10.0/DprivEmbedded.Timing "${1:-10}" "${2:-}" | tee artifacts/dudect.md
exit "${PIPESTATUS[0]}"
