#!/bin/bash
# demo-savings.sh - replays one day of clients against a simulated paid API, and says what the day cost and what it would
# have cost without RentCache. The traffic is made up, always the same for one SEED: some properties are asked for far more
# often than others, most requests come in working hours. The server's clock is moved through the day in steps of ten
# minutes, so that responses expire as they would; the requests of a step are sent as fast as they are answered.
#   REQUESTS=20000   of the day
#   SEED=1           another day
# RENTCACHE_BIN_DIR: programs that are there already; nothing is built. Ports are free ones, the data is in a folder that is removed.
set -euo pipefail
cd "$(dirname "$0")/.."
REQUESTS=${REQUESTS:-20000}
SEED=${SEED:-1}
programs=$(realpath -m "${RENTCACHE_BIN_DIR:-build/bin}")
day=2026-01-14
steps=144 step_s=600

fail() {
    echo "demo-savings.sh: $1" >&2
    exit 1
}

[[ $REQUESTS =~ ^[1-9][0-9]{0,6}$ ]] || fail "REQUESTS is a whole number from 1 to 9999999, not \"$REQUESTS\""
[[ $SEED =~ ^[0-9]{1,9}$ ]] || fail "SEED is a whole number of at most 9 digits, not \"$SEED\""

work=$(mktemp -d)
simulator='' server=''
end_all() {
    trap '' INT TERM HUP
    for pid in $server $simulator; do kill -TERM "$pid" 2> /dev/null && wait "$pid" 2> /dev/null; done
    rm -rf "$work"
}
trap end_all EXIT
trap 'exit 1' INT TERM HUP

# start NAME COMMAND...: until it is ready. Sets `started`, and `ports` to those that it names, in order.
start() {
    local name=$1
    shift
    "$@" > "$work/$name.out" 2> "$work/$name.log" < /dev/null &
    started=$!
    for ((tenths = 0; tenths < 600; tenths++)); do
        if grep -q '^ready:' "$work/$name.out"; then
            mapfile -t ports < <(grep '^ready:' "$work/$name.out" | grep -oE ':[0-9]+( |$)' | tr -d ': ')
            return
        fi
        kill -0 "$started" 2> /dev/null || break
        sleep 0.1
    done
    tail -n 5 "$work/$name.log" >&2
    fail "$name did not start"
}

# The clock's file: two offsets in nanoseconds, monotonic and wall. Wall time alone moves: it is what responses expire by.
set_clock() {
    local offset=$1 bytes='\0\0\0\0\0\0\0\0' i
    for ((i = 0; i < 8; i++)); do
        bytes+=$(printf '\\x%02x' $((offset >> (8 * i) & 255)))
    done
    printf '%b' "$bytes" | dd of="$work/clock" bs=16 conv=notrunc status=none
}

# Every property of the simulated API: address and zip, as a query has them.
list_properties() {
    local offset=0 page
    while page=$(curl -sf -H 'X-Api-Key: sim_key_unlimited' "$simulator_url/v1/properties?limit=500&offset=$offset") &&
        [ "$page" != '[]' ]; do
        grep -oE '[[,]\{"id":"[^"]*","formattedAddress":"[^"]*"' <<< "$page" | sed -E 's/^.*:"(.*)"$/\1/; s/ /%20/g; s/,/%2C/g; s/#/%23/g'
        offset=$((offset + 500))
    done
}

# A configuration of curl for each step, and how many requests of each kind there are. The random numbers are the same everywhere.
make_traffic() {
    awk -v requests="$REQUESTS" -v seed="$SEED" -v url="$server_url/api/v1" -v out="$work/step-" -v steps="$steps" '
        function draw() { state = (state * 69069 + 12345) % 4294967296; return state / 4294967296 }
        # The rank-th of count has a share of 1 / rank: the classic of popularity.
        function popular(sums, count,    want, low, high, middle) {
            want = draw() * sums[count]; low = 1; high = count
            while (low < high) {
                middle = int((low + high) / 2)
                if (sums[middle] < want) low = middle + 1; else high = middle
            }
            return low
        }
        # Half of the requests are about what one of the last 20 was about: a property is looked at more than once.
        function property(    index_, kept) {
            kept = recent_count < 20 ? recent_count : 20
            index_ = draw() < 0.5 && kept > 0 ? recent[int(draw() * kept)] : popular(by_rank, NR)
            recent[recent_count++ % 20] = index_
            return addresses[index_]
        }
        function target(    kind, address) {
            kind = draw(); address = kind < 0.72 ? property() : ""
            if (kind < 0.40) return "/properties?address=" address
            if (kind < 0.60) return "/estimates/value?address=" address
            if (kind < 0.72) return "/estimates/rent?address=" address
            if (kind < 0.90) return "/listings/sale?zipCode=" zips[popular(by_zip_rank, zip_count)] "&limit=50"
            return "/markets/stats?zipCode=" zips[popular(by_zip_rank, zip_count)]
        }
        {
            addresses[NR] = $0
            zip = substr($0, length($0) - 4)
            if (!(zip in seen)) { seen[zip] = 1; zips[++zip_count] = zip }
        }
        END {
            state = seed * 7919 + 1
            for (i = 1; i <= 10; i++) draw()
            for (i = NR; i > 1; i--) { j = int(draw() * i) + 1; kept = addresses[i]; addresses[i] = addresses[j]; addresses[j] = kept }
            for (i = 1; i <= NR; i++) by_rank[i] = by_rank[i - 1] + 1 / i
            for (i = 1; i <= zip_count; i++) by_zip_rank[i] = by_zip_rank[i - 1] + 1 / i
            hours = split("1 1 1 1 1 2 4 8 14 18 18 16 14 16 18 17 14 10 6 4 3 2 2 1", weights, " ")
            for (i = 1; i <= hours; i++) total += weights[i]
            for (step = 0; step < steps; step++) {
                due += requests * weights[int(step * hours / steps) + 1] / total * hours / steps
                file = out sprintf("%03d", step)
                for (; sent < due - 0.000001 && sent < requests; sent++)
                    printf "url = \"%s%s\"\noutput = /dev/null\n", url, target() > file
                close(file)
            }
        }' "$work/properties"
}

if [ -z "${RENTCACHE_BIN_DIR:-}" ]; then
    scripts/install-packages.sh run
    scripts/build.sh release
fi

start simulator "$programs/rentcast-simulator" --port 0 --control-port 0 --now "${day}T00:00:00.000Z"
simulator=$started simulator_url=http://127.0.0.1:${ports[0]} control_url=http://127.0.0.1:${ports[1]}
truncate -s 16 "$work/clock"
midnight_ns=$((($(date -u -d "$day" +%s) - $(date +%s)) * 1000000000))
set_clock "$midnight_ns"
# The cache in memory keeps the time of the machine, not of the file, and is off; the database has all responses.
settings=(ENVIRONMENT=test RENTCACHE_TEST_CLOCK="$work/clock" DATA_DIR="$work/data" PORT=0 ADMIN_PORT=0 HOST=127.0.0.1
    RENTCAST_API_KEY=sim_key_unlimited RENTCAST_BASE_URL="$simulator_url" UPSTREAM_RATE_PER_SECOND=0
    NEAR_CACHE_BYTES=0 GATEWAY_THREADS=32 ACCESS_LOG=false)
start server env -i PATH="$PATH" "${settings[@]}" "$programs/rentcache" server
server=$started server_url=http://127.0.0.1:${ports[0]}
ask() { env -i PATH="$PATH" "${settings[@]}" ADMIN_PORT="${ports[1]}" "$programs/rentcache" "$@" 2> "$work/command.log"; }
key=$(ask create-key replay --no-limits --json | sed -nE 's/.*"api_key" *: *"([^"]+)".*/\1/p')
list_properties > "$work/properties"
curl -sf -X DELETE "$control_url/_control/ledger" > /dev/null
make_traffic

echo "One day, $REQUESTS requests for $(wc -l < "$work/properties") properties (SEED=$SEED):"
began=$SECONDS
started_s=$(date +%s)
for ((step = 0; step < steps; step++)); do
    set_clock $((midnight_ns + (step * step_s - ($(date +%s) - started_s)) * 1000000000))
    config=$(printf '%s/step-%03d' "$work" "$step")
    [ ! -s "$config" ] || curl -s -H "Authorization: Bearer $key" -w '%{http_code} %{url_effective}\n' -K "$config" >> "$work/responses"
done

# Every request is stored before the account is read.
for ((tenths = 0; tenths < 600; tenths++)); do
    read -r stored spent < <(ask stats --by day --month "${day%-*}" | awk '$1 == "all" { print $2, $4 }')
    [ "$stored" != "$REQUESTS" ] || break
    sleep 0.1
done
billed=$(ask stats --json --days 2 | grep -oE '"billed": *[0-9]+' | awk '{ sum += $NF } END { print sum + 0 }' FS='[: ]+')
billable=$(curl -sf "$control_url/_control/ledger" | grep -oE '"billable":[0-9]+' | head -n 1 | grep -oE '[0-9]+')
[ "$stored" = "$REQUESTS" ] || fail "$stored of $REQUESTS requests are accounted for"
[ "$billed" = "$billable" ] || fail "the ledger has $billed paid calls, the bill of the simulated API $billable"

# What each answered request would have cost: the price of its route, as the configuration has it.
without=$(ask check-config | awk '
    FILENAME == "-" && $1 == "path:" { path = $2; gsub(/"/, "", path) }
    FILENAME == "-" && $1 == "cost_usd:" { price = $2; gsub(/"/, "", price); prices[path] = price }
    FILENAME != "-" && $1 == 200 { path = $2; sub(/^http:..[^\/]*/, "", path); sub(/[?].*/, "", path); sum += prices[path] }
    END { printf "%.2f", sum }' - "$work/responses")

awk '$1 != 200 { count[$1]++ } END { for (status in count) printf "  %d responses of status %s, which cost nothing\n", count[status], status }' "$work/responses"
awk -v requests="$REQUESTS" -v calls="$billable" -v spent="$spent" -v without="$without" 'BEGIN {
    printf "  paid calls         %10d  of %d requests (the ledger and the bill of the simulated API agree)\n", calls, requests
    printf "  without RentCache  %10.2f dollars\n", without
    printf "  spent              %10.2f dollars\n", spent
    printf "  avoided            %10.2f dollars, %.1f %%\n", without - spent, (without > 0) ? 100 * (without - spent) / without : 0
}'
echo "  replayed in $((SECONDS - began)) s"
