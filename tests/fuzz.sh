#!/usr/bin/env bash
# Fuzzes the readers of foreign bytes for longer than CI does, guided by coverage.
#
#   tests/fuzz.sh [COUNT] [TARGET|all] [SEED]      default: 1000000 mutations of each target, with a seed of the clock
#
# SharpFuzz instruments copies of the product's assemblies in artifacts/fuzz/bin; the driver in this project's own process reads the branches (docs/fuzzing.md).
# Findings: artifacts/fuzz/findings/TARGET; what reached something new stays in artifacts/fuzz/corpus/TARGET for the next round.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
count=${1:-1000000}
target=${2:-all}
seed=${3:-$(date +%s)}
project=tests/DprivEmbedded.Fuzz
bin=artifacts/fuzz/bin
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

dotnet build -c Release -v q "$project" >/dev/null
rm -rf "$bin"
mkdir -p "$bin"
cp -r "$project"/bin/Release/net10.0/. "$bin"
"$project"/bin/Release/net10.0/DprivEmbedded.Fuzz instrument \
    "$bin"/DprivEmbedded.{Core,Association,Harness,Crypto.BouncyCastle}.dll
echo "seed $seed"
exec nice -n 10 "$bin"/DprivEmbedded.Fuzz run "$target" "$count" "$seed" artifacts/fuzz
