# shellcheck shell=bash disable=SC2034,SC2154
# misses.sh - what a miss costs over asking the origin directly: every target is new.

misses_start() {
    curve_empty_data
    curve_gateway
    gateway_start
    curve_create_key
}

misses_of() {
    local prefix=$1 label=$2
    curve_load 1 "$3" each 0 "$prefix/warm-" ""
    curve_load "$curve_seconds" "$3" each 0 "$prefix/m-" ""
    curve_point misses "$label, $4"
}

# Direct and through the gateway in turn, so that both see the same machine.
misses_measure() {
    local parallel how
    for parallel in 1 16; do
        how="$parallel at a time"
        peer_key=$idle_key
        echo "$peer_key" >"$one_key_file"
        peer_pid=$origin_pid
        peer_url=$origin_url
        misses_of /v1/properties direct "$parallel" "$how"
        misses_start
        misses_of /api/v1/properties gateway "$parallel" "$how"
        gateway_stop
    done
}
