# shellcheck shell=bash disable=SC2034,SC2154
# growth.sh - hits while something grows: entries of the near cache, keys, routes; the start with a
# full database.

growth_connections=64

# One entry is fetched, so that the program itself has stored what the others are copies of.
entries_prepare() {
    curve_empty_data
    curve_gateway
    gateway_start
    curve_create_key
    check_answer
    process_stop "$peer_pid"
    first_answer_ms
    curve_value start "1 row in L2" "$first_answer" ms
    process_stop "$peer_pid"
    "${fill_program[@]}" rows "$gateway_data/cache.db" "${curve_entries[-1]}"
    first_answer_ms
    curve_value start "${curve_entries[-1]} rows in L2" "$first_answer" ms
}

# The near cache is filled from L2; at each number of entries in it they are asked for by lot.
entries_measure() {
    local count before near_count
    entries_prepare
    before=$(process_memory_kib "$peer_pid")
    for count in "${curve_entries[@]}"; do
        curve_fill "$count" /api/v1/properties/e- ""
        curve_load 1 "$growth_connections" any "$count" /api/v1/properties/e- ""
        curve_load "$curve_seconds" "$growth_connections" any "$count" /api/v1/properties/e- ""
        curve_point entries "$count"
    done
    near_count=$(metric rentcache_near_entries)
    curve_value memory "per entry of $curve_body_bytes bytes, by its own count" \
        $(($(metric rentcache_near_bytes) / near_count)) bytes
    curve_value memory "per entry, by what the process grew" \
        $(((memory_kib - before) * 1024 / near_count)) bytes
    gateway_stop
}

keys_measure() {
    local count key_file=$work/curve-keys
    for count in "${curve_keys[@]}"; do
        curve_empty_data
        curve_gateway
        curve_create_key
        "${fill_program[@]}" keys "$gateway_data/rentcache.db" "$count" "$bench_limits" >"$key_file"
        peer_key=$(tail -n 1 "$key_file")
        first_answer_ms
        curve_value start "$count keys" "$first_answer" ms
        curve_load 1 "$growth_connections" any 1 /api/v1/properties/k- "" "$key_file"
        curve_load "$curve_seconds" "$growth_connections" any 1 /api/v1/properties/k- "" "$key_file"
        curve_point keys "$count"
        gateway_stop
    done
}

routes_measure() {
    local count
    for count in "${curve_routes[@]}"; do
        curve_empty_data
        "${fill_program[@]}" routes "$count" >"$work/routes.yaml"
        curve_gateway "RENTCACHE_CONFIG=$work/routes.yaml"
        gateway_start
        curve_create_key
        peer_url=http://127.0.0.1:$gateway_port/api/v1/r0/bench-1
        curve_fill "$count" /api/v1/r /bench-1
        curve_load "$curve_seconds" "$growth_connections" any "$count" /api/v1/r /bench-1
        curve_point routes "$count"
        gateway_stop
    done
}
