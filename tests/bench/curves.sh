#!/usr/bin/env bash
# curves.sh - `make bench-curves`, and the end of `make bench`: what grows, and by how much.
#
#   curves.sh [misses|beside|disk|offered|entries|keys|routes]...     all of them when none is named
#
# See settings.sh for what can be changed (BENCH_QUICK=1 for a short look). The report goes to stdout
# and to the end of build/bench/results.md. Exit: 0 whatever the figures are, 1 when a load failed.
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
# shellcheck source=tests/bench/curves/load.sh
source "$bench/curves/load.sh"
# shellcheck source=tests/bench/curves/misses.sh
source "$bench/curves/misses.sh"
# shellcheck source=tests/bench/curves/offered.sh
source "$bench/curves/offered.sh"
# shellcheck source=tests/bench/curves/beside.sh
source "$bench/curves/beside.sh"
# shellcheck source=tests/bench/curves/disk.sh
source "$bench/curves/disk.sh"
# shellcheck source=tests/bench/curves/growth.sh
source "$bench/curves/growth.sh"

origin_kind=floor
wanted=("$@")
((${#wanted[@]} > 0)) || wanted=(misses beside disk offered entries keys routes)

check_everything() {
    local name
    for name in wrk h2load curl awk sqlite3 "$fastapi_python" "${CC:-cc}"; do
        command -v "$name" >/dev/null ||
            die "$name is not there; run scripts/install-packages.sh bench"
    done
    for name in "${wanted[@]}"; do
        declare -F "${name}_measure" >/dev/null || die "there is no curve $name"
    done
    gateway_check
    for name in "${curve_peers[@]}"; do
        "${name}_check"
    done
    for name in 0 1 2 3 4 5 6 7; do
        port_must_be_free $((port_base + name))
    done
}

measure_all() {
    local name
    for name in "${wanted[@]}"; do
        origin_start "$curve_body_bytes"
        "${name}_measure"
        origin_stop
    done
}

report() {
    echo
    echo "# Curves: figures of one run of \`make bench-curves\`"
    echo
    echo "The floor stands in for the origin; bodies of $curve_body_bytes bytes; loads of" \
        "$curve_seconds s on a warm page cache."
    echo "The gateway authenticates and limits; it keeps no usage rows here, except at a fixed rate and" \
        "where it says so."
    echo
    describe_machine
    awk -f "$bench/curves.awk" "$curves_file"
}

# In place of the curves of an earlier run, behind the comparison.
append_report() {
    touch "$work/results.md"
    sed -i '/^# Curves:/,$d' "$work/results.md"
    report | tee -a "$work/results.md"
}

trap process_stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

check_everything
mkdir -p "$work"
: >"$curves_file"
program_build floor
program_build paced
measure_all
append_report
