# shellcheck shell=bash disable=SC2034,SC2154
# measure.sh - one load of one peer: start, check the answer, warm up, load, judge, record, stop.
#
# A load with a failed request, or during which the origin was asked, is void; it is repeated once.
# Nothing but the peer, the origin and wrk runs meanwhile. In: peer, size, connections, round.

idle_key=rc_bench_for_peers_that_do_not_look_at_it_00000000

# hook NAME: calls what the peer may have or not.
hook() {
    if declare -F "$1" >/dev/null; then
        "$1"
    fi
}

# answers URL [CURL OPTION...]
answers() {
    curl -sf -o /dev/null "$@"
}

# The first request fetches the body from the origin, the second is a hit; both must be the body.
check_answer() {
    local time
    for time in first second; do
        curl -sS -f -o "$work/answer" -H "Authorization: Bearer $peer_key" "$peer_url" ||
            die "$peer: the $time request was not answered with success"
        cmp -s "$work/answer" "$expected_body" ||
            die "$peer: the $time answer is not the origin's body"
    done
    asked=2
    in_flight=0
}

# What wrk is told besides.
load_script=$bench/wrk.lua
load_arguments=()

# start_load SECONDS: sets process_pid.
start_load() {
    local threads=$((connections < load_threads ? connections : load_threads))
    process_start wrk wrk -t "$threads" -c "$connections" -d "${1}s" --timeout 10s \
        -s "$load_script" -H "Authorization: Bearer $peer_key" "$peer_url" "${load_arguments[@]}"
}

# run_load SECONDS: sets load_result to what wrk.lua prints, or to nothing.
run_load() {
    local answered
    start_load "$1"
    wait "$process_pid" || true
    process_stop "$process_pid"
    load_result=$(sed -n 's/^result //p' "$work/wrk.log")
    answered=${load_result%% *}
    asked=$((asked + ${answered:-0}))
    in_flight=$((in_flight + connections))
}

measured_seconds() {
    [[ $peer == sustained ]] && echo "$sustained_seconds" || echo "$seconds"
}

load_and_weigh() {
    local machine_before origin_before load_before begun=$EPOCHREALTIME
    machine_before=$(machine_ticks)
    origin_before=$(process_cpu_ticks "$origin_pid")
    load_before=$(ended_children_ticks)
    ticks_before=$(process_cpu_ticks "$peer_pid")
    run_load "$(measured_seconds)"
    ticks_after=$(process_cpu_ticks "$peer_pid")
    load_ticks=$(($(ended_children_ticks) - load_before))
    origin_ticks=$(($(process_cpu_ticks "$origin_pid") - origin_before))
    other_ticks=$(($(machine_ticks) - machine_before - load_ticks - origin_ticks))
    other_ticks=$((other_ticks - ticks_after + ticks_before))
    other_percent=$(awk -v ticks="$other_ticks" -v from="$begun" -v to="$EPOCHREALTIME" \
        -v per_second="$(($(getconf CLK_TCK) * $(nproc)))" \
        'BEGIN { printf "%.1f", (ticks > 0 ? 100 * ticks : 0) / ((to - from) * per_second) }')
    memory_kib=$(process_memory_kib "$peer_pid")
}

# Sets verdict to "ok", or to what makes the load void.
judge() {
    local requests bytes connect read write status timeout idle_ticks
    read -r requests _ bytes connect read write status timeout _ <<<"$load_result"
    idle_ticks=$(($(measured_seconds) * 2 + 5))
    if [[ -z $requests ]] || ((requests == 0)); then
        verdict="wrk gave no result"
    elif ((connect + read + write + status + timeout > 0)); then
        verdict="failed: connect $connect, read $read, write $write, status $status, time $timeout"
    elif ((bytes < requests * size)); then
        verdict="answers were too short"
    elif ((origin_ticks > idle_ticks)); then
        verdict="the origin was asked"
    else
        verdict=ok
    fi
}

record() {
    awk -v OFS='\t' -v head="$size $connections $round $peer" -v ticks=$((ticks_after - ticks_before)) \
        -v per_second="$(getconf CLK_TCK)" -v memory="$memory_kib" -v other="$other_percent" \
        -v verdict="$verdict" '{
            gsub(/ /, OFS, head)
            cpu = $1 ? ticks / per_second / $1 * 100000 : 0
            rate = $2 ? $1 * 1e6 / $2 : 0
            printf "%s\t%.1f\t%d\t%d\t%.4f\t%d\t%s\t%s\n",
                head, rate, $9, $10, cpu, memory, other, verdict
        }' <<<"$load_result" >>"$work/results.tsv"
    tail -n 1 "$work/results.tsv" | awk -F '\t' '{
        printf "%6d bytes %4d connections, round %d: %-10s %9.0f/s p99 %7.2f ms, other work %s %%, %s\n",
            $1, $2, $3, $4, $5, $7 / 1000, $10, $11 }' >&2
}

measure_once() {
    peer_key=$idle_key
    "${peer}_start"
    check_answer
    run_load "$warm_seconds"
    hook "${peer}_before_load"
    load_and_weigh
    judge
    [[ $verdict != ok ]] || hook "${peer}_after_load"
    record
    "${peer}_stop"
}

measure() {
    measure_once
    [[ $verdict == ok ]] || measure_once
}
