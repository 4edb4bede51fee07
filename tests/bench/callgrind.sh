#!/usr/bin/env bash
# callgrind.sh - `make bench-instructions`: how many instructions of ours one hit takes.
#
#   callgrind.sh [rentcache|floor]     BENCH_HITS (default 5000) hits, then twice as many
#
# One process under valgrind is asked over one connection, N times and then 2N times; each part is
# dumped by itself, so neither start nor stop is in it, and the difference of both, divided by N,
# leaves out what does not depend on the number of hits. The kernel's instructions are not counted.
# The rows stay in the spool meanwhile. The 2N hits by function: build/bench/instructions.txt.
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
# shellcheck source=tests/bench/measure.sh
source "$bench/measure.sh"
# shellcheck source=tests/bench/peers/floor.sh
source "$bench/peers/floor.sh"
# shellcheck source=tests/bench/peers/rentcache.sh
source "$bench/peers/rentcache.sh"

peer=${1:-rentcache}
hits=${BENCH_HITS:-5000}
size=${sizes[0]}
counted=$work/callgrind.out
vgdb_prefix=$work/vgdb
start_seconds=180 # everything takes fifty times as long
valgrind=(
    valgrind -q --tool=callgrind "--callgrind-out-file=$counted" "--vgdb-prefix=$vgdb_prefix"
    --fair-sched=yes
)

check_everything() {
    local name
    for name in valgrind callgrind_control callgrind_annotate curl; do
        command -v "$name" >/dev/null ||
            die "$name is not there; run scripts/install-packages.sh bench"
    done
    case $peer in
    rentcache) gateway_check ;;
    floor) floor_check ;;
    *) die "there is no peer $peer here" ;;
    esac
    origin_check
}

start_floor_counted() {
    process_start floor env -i "PATH=$PATH" HOST=127.0.0.1 "${valgrind[@]}" "$work/floor" \
        --port "$floor_port" --body "$expected_body"
    peer_pid=$process_pid
    peer_url=http://127.0.0.1:$floor_port$target_path
    process_await floor "$peer_pid" process_says floor "ready:"
}

# The key is made, and the body fetched, without valgrind; the counted process finds both stored.
# valgrind ends a program of more than 500 threads.
start_rentcache_counted() {
    gateway_command "SPOOL_SHIP_INTERVAL_MS=$burst_ship_interval_ms" GATEWAY_THREADS=16 \
        SPOOL_RING_RECORDS=65536
    gateway_start_empty
    check_answer
    process_stop "$peer_pid"
    gateway=("${gateway[@]:0:${#gateway[@]}-1}" "${valgrind[@]}" "$gateway_program")
    gateway_start
}

# ask COUNT: hits over one connection; what follows the # is not sent.
ask() {
    local answered
    answered=$(curl -sS -f -o /dev/null -w '%{http_code}\n' \
        -H "Authorization: Bearer $peer_key" "$peer_url#[1-$1]" | grep -c '^200$' || true)
    ((answered == $1)) || die "$peer: $answered of $1 requests were answered with success"
}

# dump PART. valgrind and its control find each other by the USER and HOST of their environments, and
# HOST is a setting of the gateway.
dump() {
    env -i "PATH=$PATH" HOST=127.0.0.1 callgrind_control "--vgdb-prefix=$vgdb_prefix" \
        -d "$peer_pid" >"$work/callgrind_control.log" 2>&1
    [[ -s $counted.$1 ]] || die "callgrind_control failed, see $work/callgrind_control.log"
}

# instructions PART: of one of the dumps.
instructions() {
    awk '/^totals:/ { print $2 }' "$counted.$1"
}

# Part 1 is start and warm-up, part 2 the N hits, part 3 the 2N.
count() {
    check_answer
    ask 100
    dump 1
    ask "$hits"
    dump 2
    ask $((2 * hits))
    dump 3
}

report() {
    local first second
    first=$(instructions 2)
    second=$(instructions 3)
    callgrind_annotate --auto=no "$counted.3" >"$work/instructions.txt"
    echo "$peer: $(((second - first) / hits)) instructions per hit" \
        "($hits hits: $first, $((2 * hits)) hits: $second)"
    echo "by function: ${work#"$repository"/}/instructions.txt"
    rm -rf "$gateway_data"
}

trap process_stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

check_everything
mkdir -p "$work"
rm -f "$counted" "$counted".* "$vgdb_prefix"-*
program_build floor
origin_start "$size"
peer_key=$idle_key
"start_${peer}_counted"
count
report
