#!/bin/sh
# run.sh TARGET SEEDS FOUND - one fuzz target under libFuzzer for RENTCACHE_FUZZ_SECONDS (60).
# SEEDS is the stored corpus, only read; inputs that reach new code, and crashes, go to FOUND.
set -eu
target=$1 seeds=$2 found=$3
mkdir -p "$found"
set -- "$found"
[ -d "$seeds" ] && set -- "$@" "$seeds"
exec "$target" -max_total_time="${RENTCACHE_FUZZ_SECONDS:-60}" -timeout=10 -rss_limit_mb=1024 \
    -max_len=65536 -print_final_stats=1 -artifact_prefix="$found/" "$@"
