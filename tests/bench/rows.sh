# shellcheck shell=bash disable=SC2034,SC2154
# rows.sh - counts the rows of usage_stats and compares them with what was asked.
#
# `asked` requests were answered and counted by the load since the last mark; `in_flight` more may
# have been answered, since the load does not count what it no longer waits for when it ends.

asked=0
in_flight=0
marked=0
rows_wrong=0

rows_query() {
    sqlite3 -readonly -cmd '.timeout 5000' "$gateway_data/rentcache.db" "$1"
}

# rows_seen AFTER: rows after that rowid by the highest one, which costs nothing to ask.
rows_seen() {
    rows_query "SELECT coalesce(max(rowid), 0) - $1 FROM usage_stats"
}

rows_mark() {
    marked=$(rows_query "SELECT coalesce(max(rowid), 0) FROM usage_stats")
    asked=0
    in_flight=0
}

# rows_await AFTER WANTED: until at least so many rows are there and for a second none was added; at
# the latest when none was added for long, or at the deadline. Sets rows_count and rows_stored_at.
rows_await() {
    local deadline=$((SECONDS + drain_seconds)) seen=-1 now unchanged_since=$EPOCHREALTIME
    while ((SECONDS < deadline)); do
        now=$(rows_seen "$1")
        if ((now != seen)); then
            seen=$now
            unchanged_since=$EPOCHREALTIME
        elif passed "$unchanged_since" "$((seen >= $2 ? 1 : give_up_seconds))"; then
            break
        fi
        sleep 0.1
    done
    rows_stored_at=$unchanged_since
    rows_count=$(rows_query "SELECT count(*) FROM usage_stats WHERE rowid > $1")
}

# passed SINCE SECONDS
passed() {
    awk -v since="$1" -v now="$EPOCHREALTIME" -v wanted="$2" 'BEGIN { exit !(now - since >= wanted) }'
}

# rows_record BEGUN WAITING: the load ended at BEGUN with WAITING rows not yet stored.
rows_record() {
    local equal=yes drained
    if ((rows_count < asked || rows_count > asked + in_flight)); then
        equal=NO
        rows_wrong=$((rows_wrong + 1))
    fi
    drained=$(awk -v from="$1" -v to="$rows_stored_at" \
        'BEGIN { printf "%.2f", (to > from) * (to - from) }')
    printf '%s\t' "$size" "$connections" "$round" "$peer" "$asked" "$in_flight" "$rows_count" \
        "$2" "$drained" >>"$work/rows.tsv"
    printf '%s\n' "$equal" >>"$work/rows.tsv"
}
