# shellcheck shell=bash disable=SC2034,SC2154
# offered.sh - hits at a fixed offered rate: h2load sends so many requests per second and logs each.
#
# A time runs from when a request is sent. h2load has one request under way per connection, so a
# server that stands still delays the requests behind it without their showing it; the highest time
# and the rate that was reached tell. rentcache is loaded as `sustained`: its rows are stored meanwhile.

offered_percentiles() {
    sort -n | awk -v peer="$1" '{ time[NR] = $1 }
        function at(share,    i) { i = int(NR * share + 0.999999); return time[i > NR ? NR : i] }
        END { printf "%d %d %d %d\n", at(0.5), at(0.99), at(0.999), time[NR] }'
}

# offered_send RATE SECONDS: each request is logged in $log.
offered_send() {
    rm -f "$log"
    timeout $(($2 * 4 + 20)) h2load --h1 -t "$load_threads" -c 64 --rps=$(($1 / 64)) -n $(($1 * $2)) \
        --log-file="$log" -H "Authorization: Bearer $peer_key" "$peer_url" >"$work/h2load.log" ||
        die "curves: h2load failed, see $work/h2load.log"
}

# offered_load PEER RATE
offered_load() {
    local log=$work/h2load.times reached p50 p99 p999 most
    offered_send "$2" 1
    offered_send "$2" "$curve_seconds"
    grep -q ' 0 failed, 0 errored, 0 timeout' "$work/h2load.log" ||
        die "curves: requests failed at a fixed rate, see $work/h2load.log"
    reached=$(sed -n 's/^finished in .*, \([0-9.]*\) req\/s.*/\1/p' "$work/h2load.log")
    read -r p50 p99 p999 most < <(cut -f 3 "$log" | offered_percentiles "$1")
    printf '%s\t' offered "$1, $2/s" "$reached" "$p50" "$p99" "$p999" - - >>"$curves_file"
    printf '%s\n' "$most" >>"$curves_file"
    echo "bench: offered, $1, $2/s: $reached/s, $p50 $p99 $p999 $most us" >&2
    rm -f "$log"
}

offered_measure() {
    local rate other
    for rate in "${curve_rates[@]}"; do
        for other in "${curve_peers[@]}"; do
            peer_key=$idle_key
            "${other}_start"
            check_answer
            offered_load "$other" "$rate"
            "${other}_stop"
        done
    done
}
