# shellcheck shell=bash disable=SC2034,SC2154
# load.sh - one point of a curve: a load by targets.lua, judged and written down.
#
# A point is a line of curves.tsv: curve, label, requests/s, p50 us, p99 us, p99.9 us, CPU s per
# 100,000, memory KiB, other work %. What is not measured is "-".

curves_file=$work/curves.tsv
one_key_file=$work/curve-key
fill_program=("$fastapi_python" "$bench/curves/fill.py")
bench_limits='{"global":"1000000000/second","*":"1000000000/second"}'
peer=burst # for load_and_weigh: a load of $seconds

# curve_targets CONNECTIONS MODE COUNT PREFIX SUFFIX [KEY_FILE]: what the next load asks for.
curve_targets() {
    connections=$1
    load_script=$bench/curves/targets.lua
    load_arguments=(-- "$2" "$3" "$4" "$5" "${6:-$one_key_file}")
    export BENCH_RESULT_SCRIPT=$bench/wrk.lua
    BENCH_LOAD_STEP=$((connections < load_threads ? connections : load_threads))
    export BENCH_LOAD_STEP
}

# curve_load SECONDS CURVE_TARGETS...: runs and weighs a load of peer_pid behind peer_url.
curve_load() {
    seconds=$1
    shift
    curve_targets "$@"
    load_and_weigh
    curve_judge
}

# curve_fill COUNT PREFIX SUFFIX: asks for each target, until the near cache holds so many entries.
curve_fill() {
    local deadline=$((SECONDS + fill_seconds)) load_pid
    curve_targets 64 each "$@"
    start_load "$fill_seconds"
    load_pid=$process_pid
    until (($(metric rentcache_near_entries) >= $1)); do
        ((SECONDS < deadline)) || die "curves: the near cache did not take $1 entries"
        sleep 0.2
    done
    kill -INT "$load_pid"
    wait "$load_pid" || true
    process_stop "$load_pid"
}

# metric NAME: of the gateway.
metric() {
    curl -sf -H "Authorization: Bearer $(cat "$gateway_data/admin-token")" \
        "http://127.0.0.1:$gateway_admin_port/metrics/prometheus" | sed -n "s/^$1 //p"
}

curve_judge() {
    local requests connect read write status timeout
    read -r requests _ _ connect read write status timeout _ <<<"$load_result"
    [[ -n $requests ]] || die "curves: wrk gave no result, see $work/wrk.log"
    ((connect + read + write + status + timeout == 0 && requests > 0)) ||
        die "curves: a load failed: connect $connect, read $read, write $write, status $status," \
            "time $timeout; the server's log is in $work"
}

# curve_point CURVE LABEL: of the load before.
curve_point() {
    awk -v OFS='\t' -v curve="$1" -v label="$2" -v ticks=$((ticks_after - ticks_before)) \
        -v per_second="$(getconf CLK_TCK)" -v memory="$memory_kib" -v other="$other_percent" '{
            print curve, label, $1 * 1e6 / $2, $9, $10, "-", ticks / per_second / $1 * 100000,
                memory, other
        }' <<<"$load_result" >>"$curves_file"
    echo "bench: $1, $2: $(tail -n 1 "$curves_file" | cut -f 3-)" >&2
}

# curve_value CURVE LABEL VALUE UNIT
curve_value() {
    printf '%s\t%s\t%s\t%s\n' "$@" >>"$curves_file"
    echo "bench: $1, $2: $3 $4" >&2
}

# The gateway as the curves have it: no usage rows, whose storing would run beside the load and be
# counted with it; they cost the same whatever grows here.
curve_gateway() {
    gateway_command ENABLE_ANALYTICS=false GATEWAY_THREADS=320 UPSTREAM_RATE_PER_SECOND=0 \
        "NEAR_CACHE_BYTES=$curve_near_bytes" "$@"
}

curve_create_key() {
    local limits=$gateway_limits
    gateway_limits=$bench_limits
    gateway_create_key
    gateway_limits=$limits
    echo "$peer_key" >"$one_key_file"
}

curve_empty_data() {
    rm -rf "$gateway_data"
    mkdir -p "$gateway_data"
}

now_ms() {
    echo $(($(date +%s%N) / 1000000))
}

# first_answer_ms: starts the gateway and waits, looking every few ms, until peer_key gets an answer.
first_answer_ms() {
    local begun
    begun=$(now_ms)
    process_start gateway "${gateway[@]}" server
    peer_pid=$process_pid
    peer_url=http://127.0.0.1:$gateway_port$target_path
    until answers "$peer_url" -H "Authorization: Bearer $peer_key"; do
        kill -0 "$peer_pid" 2>/dev/null || die "curves: the gateway ended, see $work/gateway.log"
        (($(now_ms) - begun < 60000)) || die "curves: no answer for a minute"
        sleep 0.005
    done
    first_answer=$(($(now_ms) - begun))
}
