# shellcheck shell=bash disable=SC2034,SC2154
# origin.sh - the paid API that every peer asks once: the project's simulator, or, with
# BENCH_ORIGIN=floor, the floor with an answer made of filler.

origin_port=$port_base
origin_control_port=$((port_base + 1))
origin_url=http://127.0.0.1:$origin_port
origin_key=sim_key_unlimited
origin_program=$programs/rentcast-simulator

origin_check() {
    [[ $origin_kind == floor || -x $origin_program ]] ||
        die "simulator: $origin_program is not there; build it first, or use BENCH_ORIGIN=floor"
}

# origin_start BODY_BYTES: sets origin_pid.
origin_start() {
    if [[ $origin_kind == floor ]]; then
        process_start origin "$work/floor" --port "$origin_port" --bytes "$1"
    else
        process_start origin "$origin_program" --port "$origin_port" \
            --control-port "$origin_control_port" --threads 64
    fi
    origin_pid=$process_pid
    process_await origin "$origin_pid" process_says origin "ready:"
    [[ $origin_kind == floor ]] || origin_set_body_bytes "$1"
    origin_fetch_body "$1"
}

origin_set_body_bytes() {
    curl -sSf -o /dev/null -X PUT -H 'Content-Type: application/json' \
        -d "{\"body_bytes\": $1, \"transfer\": \"length\"}" \
        "http://127.0.0.1:$origin_control_port/_control/settings" ||
        die "simulator: the setting body_bytes=$1 was refused"
}

# What every peer must answer, byte for byte.
origin_fetch_body() {
    expected_body=$work/body-$1.json
    curl -sSf -o "$expected_body" -H "X-Api-Key: $origin_key" "$origin_url/v1/properties/bench-1" ||
        die "origin: no answer to /v1/properties/bench-1"
    (($(stat -c %s "$expected_body") == $1)) ||
        die "origin: the body has $(stat -c %s "$expected_body") bytes, wanted $1"
}

origin_stop() {
    process_stop "$origin_pid"
}
