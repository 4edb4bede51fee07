# shellcheck shell=bash disable=SC2034,SC2154
# disk.sh - hits with their usage rows kept, the data folder on a disk and in memory, in turns: what the spool's file costs.

disk_connections=64

disk_turn() {
    gateway_data=$1/gateway-data
    curve_empty_data
    gateway_command "NEAR_CACHE_BYTES=$curve_near_bytes"
    gateway_start
    curve_create_key
    check_answer
    curve_load 1 "$disk_connections" any 1 /api/v1/properties/d- ""
    curve_load "$curve_seconds" "$disk_connections" any 1 /api/v1/properties/d- ""
    curve_point disk "$2"
    gateway_stop
}

disk_measure() {
    local round on_disk=$gateway_data in_memory
    in_memory=$(mktemp -d /dev/shm/rentcache-bench.XXXXXX)
    for ((round = 0; round < rounds; round++)); do
        disk_turn "$in_memory" "data in memory"
        disk_turn "$work" "data on $(stat -f -c %T "$work")"
    done
    rmdir "$in_memory"
    gateway_data=$on_disk
}
