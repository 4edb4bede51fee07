# shellcheck shell=bash disable=SC2034,SC2154
# beside.sh - misses at a fixed rate beside a full load of hits, with usage rows kept and without.
#
# The time of a miss runs from when it was due (paced.c). The two take turns, so that both see the same machine; each
# turn has a gateway and a data folder of its own.

# beside_start ENABLE_ANALYTICS
beside_start() {
    curve_empty_data
    gateway_command "ENABLE_ANALYTICS=$1" UPSTREAM_RATE_PER_SECOND=0 \
        "NEAR_CACHE_BYTES=$curve_near_bytes"
    gateway_start
    curve_create_key
    check_answer
}

# beside_ask SECONDS PREFIX: misses of $beside_rate.
beside_ask() {
    "$work/paced" --port "$gateway_port" --rate "$beside_rate" --seconds "$1" --connections 64 \
        --prefix "/api/v1/properties/$2" --key "$peer_key" >"$work/paced.log" 2>&1 ||
        die "curves: paced failed, see $work/paced.log"
}

# The hits last longer than the misses that are measured.
beside_load() {
    local label=$1 planned failed p50 p99 p999 most hits
    connections=64
    load_script=$bench/wrk.lua
    load_arguments=()
    beside_ask 1 warm-
    start_load $((curve_seconds + 3))
    sleep 1
    beside_ask "$curve_seconds" m-
    wait "$process_pid" || true
    process_stop "$process_pid"
    hits=$(sed -n 's/^result \([0-9]*\) \([0-9]*\) .*/\1 \2/p' "$work/wrk.log" |
        awk '{ printf "%.0f", $1 * 1e6 / $2 }')
    read -r _ planned failed p50 p99 p999 most <"$work/paced.log"
    printf '%s\t' beside "$label" "$planned" "$failed" "$p50" "$p99" "$p999" "$most" >>"$curves_file"
    echo "$hits" >>"$curves_file"
    echo "bench: beside, $label: $failed of $planned failed, $p50 $p99 $p999 $most us, $hits hits/s" >&2
}

beside_measure() {
    local round
    for ((round = 0; round < rounds; round++)); do
        beside_start false
        beside_load "no rows"
        gateway_stop
        beside_start true
        beside_load "rows kept"
        gateway_stop
    done
}
