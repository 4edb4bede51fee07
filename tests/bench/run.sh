#!/usr/bin/env bash
# run.sh - `make bench`: cache hits of rentcache beside its peers (peers/*.sh) and a bare responder.
#
# One interleaved run on one machine, all traffic on 127.0.0.1; see settings.sh for what can be
# changed (BENCH_QUICK=1 for a short look). The report goes to stdout and to build/bench/results.md.
# Exit: 0 whatever the figures are, 1 when the run failed, a peer has a cell without any valid
# load, or rows of usage_stats were missing or too many.
set -euo pipefail

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$bench/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C
cd "$repository"

# shellcheck source=tests/bench/settings.sh
source "$bench/settings.sh"
# shellcheck source=tests/bench/process.sh
source "$bench/process.sh"
# shellcheck source=tests/bench/origin.sh
source "$bench/origin.sh"
# shellcheck source=tests/bench/rows.sh
source "$bench/rows.sh"
# shellcheck source=tests/bench/measure.sh
source "$bench/measure.sh"
# shellcheck source=tests/bench/machine.sh
source "$bench/machine.sh"
# shellcheck source=tests/bench/peers/floor.sh
source "$bench/peers/floor.sh"
# shellcheck source=tests/bench/peers/nginx.sh
source "$bench/peers/nginx.sh"
# shellcheck source=tests/bench/peers/nginx_lua.sh
source "$bench/peers/nginx_lua.sh"
# shellcheck source=tests/bench/peers/fastapi.sh
source "$bench/peers/fastapi.sh"
# shellcheck source=tests/bench/peers/varnish.sh
source "$bench/peers/varnish.sh"
# shellcheck source=tests/bench/peers/rentcache.sh
source "$bench/peers/rentcache.sh"

check_everything() {
    local name
    for name in wrk curl awk "${CC:-cc}"; do
        command -v "$name" >/dev/null ||
            die "$name is not there; run scripts/install-packages.sh bench"
    done
    for name in "${peers[@]}"; do
        declare -F "${name}_start" >/dev/null || die "there is no peer $name"
        "${name}_check"
    done
    origin_check
    for name in 0 1 2 3 4 5 6 7; do
        port_must_be_free $((port_base + name))
    done
}

prepare_work() {
    mkdir -p "$work"
    rm -f "$work/results.md"
    : >"$work/results.tsv"
    # A heading each, so that table.awk can tell the files apart when one has no loads.
    echo "# rows" >"$work/rows.tsv"
    program_build floor # always: the stand-in origin is the same program
}

# Everybody is first, second, ... in turn.
measure_peers() {
    local count=${#peers[@]} i
    for ((i = 0; i < count; i++)); do
        peer=${peers[(i + $1) % count]}
        [[ $peer != sustained ]] || ((round <= sustained_rounds)) || continue
        measure
    done
}

measure_all() {
    local turn=0
    for size in "${sizes[@]}"; do
        origin_start "$size"
        for ((round = 1; round <= rounds; round++)); do
            for connections in "${connection_counts[@]}"; do
                measure_peers "$turn"
                turn=$((turn + 1))
            done
        done
        origin_stop
    done
}

report() {
    echo "# Cache hits: figures of one run of \`make bench\`"
    echo
    describe_method
    echo
    describe_machine
    awk -v sizes="${sizes[*]}" -v connections="${connection_counts[*]}" -v peers="${peers[*]}" \
        -v other_max="$other_work_max" -f "$bench/table.awk" \
        "$bench/targets.tsv" "$work/rows.tsv" "$work/results.tsv"
}

# Every peer has a valid load in every cell, and no row was lost or doubled.
run_is_complete() {
    if grep -q '| void |' "$work/results.md"; then
        echo "bench: some figures are void, see the notes" >&2
        return 1
    fi
    if ((rows_wrong > 0)); then
        echo "bench: $rows_wrong loads whose rows do not equal their requests" >&2
        return 1
    fi
}

trap process_stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

check_everything
prepare_work
measure_all
report | tee "$work/results.md"
run_is_complete
