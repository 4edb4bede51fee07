# shellcheck shell=bash disable=SC2034,SC2154
# rentcache.sh - this project's gateway, with authentication, limits and accounting on: two peers.
#
# burst: the rows of a load wait in the spool; after the load the gateway is started again with its
# own shipping interval, and every row must arrive. sustained: rows reach the table as fast as they
# are made, and are counted after the load. Each load has a data folder of its own.

gateway_port=$((port_base + 5))
gateway_admin_port=$((port_base + 6))
gateway_program=$programs/rentcache
gateway_data=$work/gateway-data
# High enough never to refuse, so that the code that limits runs and lets everything pass.
gateway_limits='{"global":"1000000000/second","properties":"1000000000/second"}'

gateway_check() {
    [[ -x $gateway_program ]] ||
        die "rentcache: $gateway_program is not there; build it first," \
            "or leave it out: BENCH_PEERS=\"nginx varnish floor\""
    command -v sqlite3 >/dev/null || die "rentcache: sqlite3 is not there to count the rows with"
}

# gateway_command [NAME=VALUE...]: sets `gateway` to the program with its whole environment.
gateway_command() {
    gateway=(
        env -i "PATH=$PATH" HOST=127.0.0.1 "PORT=$gateway_port" "ADMIN_PORT=$gateway_admin_port"
        "DATA_DIR=$gateway_data" "RENTCAST_BASE_URL=$origin_url" "RENTCAST_API_KEY=$origin_key"
        ACCESS_LOG=false LOG_LEVEL=WARNING "${gateway_environment[@]}" "$@" "$gateway_program"
    )
}

gateway_start() {
    process_start gateway "${gateway[@]}" server
    peer_pid=$process_pid
    peer_url=http://127.0.0.1:$gateway_port$target_path
    process_await gateway "$peer_pid" process_says gateway "ready:"
}

gateway_start_empty() {
    rm -rf "$gateway_data"
    mkdir -p "$gateway_data"
    gateway_start
    gateway_create_key
}

gateway_create_key() {
    local answer
    answer=$("${gateway[@]}" create-key bench --limits "$gateway_limits" --no-quota --json \
        2>"$work/create-key.log") || die "rentcache: create-key failed, see $work/create-key.log"
    peer_key=$(sed -n 's/.*"api_key": *"\([^"]*\)".*/\1/p' <<<"$answer")
    [[ -n $peer_key ]] || die "rentcache: create-key gave no api_key"
}

gateway_stop() {
    process_stop "$peer_pid"
    rm -rf "$gateway_data"
}

burst_check() {
    gateway_check
}

burst_start() {
    # Larger rings would touch fresh pages of their file all the time, which no running gateway does.
    gateway_command "SPOOL_SHIP_INTERVAL_MS=$burst_ship_interval_ms" GATEWAY_THREADS=320 \
        SPOOL_RING_RECORDS=2048
    gateway_start_empty
}

burst_after_load() {
    local begun=$EPOCHREALTIME
    process_stop "$peer_pid"
    gateway_command
    gateway_start
    rows_await 0 "$asked"
    rows_record "$begun" "$asked"
}

burst_stop() {
    gateway_stop
}

sustained_check() {
    gateway_check
}

sustained_start() {
    gateway_command
    gateway_start_empty
}

# What the warm-up left behind is stored before the load begins.
sustained_before_load() {
    rows_await 0 "$asked"
    rows_mark
}

sustained_after_load() {
    local begun=$EPOCHREALTIME waiting
    waiting=$((asked - $(rows_seen "$marked")))
    rows_await "$marked" "$asked"
    rows_record "$begun" "$((waiting > 0 ? waiting : 0))"
    # Storing is part of what a request costs here, also what came after its answer.
    ticks_after=$(process_cpu_ticks "$peer_pid")
}

sustained_stop() {
    gateway_stop
}
