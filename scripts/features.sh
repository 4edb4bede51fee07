#!/bin/sh
# features.sh [--check] - makes docs/feature-rows.md: every row of docs/features.tsv and the tests
# that show it. A test shows a row by naming it: row("R-029"). Only tests that ctest runs count:
# statements of the *_test.c files. A script (# row("R-101")) is run by hand; it is named, not counted.
# A fifth field of a row says what was decided instead of it.
# --check changes nothing and fails where the page is not up to date or a test names no known row.
set -eu
cd "$(dirname "$0")/.."
rows=docs/features.tsv
page=docs/feature-rows.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every naming of a row under tests/: id, file, name of the test that stands around it.
find tests -type f \( -name '*_test.c' -o -name '*.sh' \) | LC_ALL=C sort | xargs -r awk '
    FNR == 1 { test = "" }
    match($0, /^(START_TEST|START_LOOP_TEST) *\([A-Za-z0-9_]+\)/) {
        test = substr($0, RSTART, RLENGTH)
        gsub(/^.*\(|\)$/, "", test)
    }
    FILENAME ~ /\.c$/ && !/^ *row\("[^"]*"\);/ { next } # a comment, or no statement
    {
        rest = $0
        while (match(rest, /row\("[^"]*"\)/)) {
            print substr(rest, RSTART + 5, RLENGTH - 7) "\t" substr(FILENAME, 7) "\t" test
            rest = substr(rest, RSTART + RLENGTH)
        }
    }' | LC_ALL=C sort -u > "$work/shown"

if ! awk -F'\t' '
    FILENAME == ARGV[1] { known[$1] = 1; next }
    !($1 in known) { print "tests/" $2 ": " $3 ": no row is called " $1; bad = 1 }
    END { exit bad }' "$rows" "$work/shown" >&2; then
    exit 1
fi

awk -F'\t' '
    FILENAME == ARGV[1] {
        name = $2
        if (name ~ /\.sh$/) {
            hand = ($1 in by_hand) ? by_hand[$1] ", " : "by hand: "
            by_hand[$1] = hand "`tests/" name "`"
            next
        }
        sub(/\.c$/, "", name)
        entry = $3 == "" ? "`" name "`" : "`" name ": " $3 "`"
        if ($1 in shown) entry = shown[$1] ", " entry
        shown[$1] = entry
        next
    }
    FNR == 1 { next }
    {
        order[++count] = $0
        if ($1 in shown) done++
    }
    END {
        print "# Feature rows"
        print ""
        print "For developers: which test shows which feature. Users read [features.md](features.md)."
        print "Made by `make features` from `docs/features.tsv` and the tests; do not edit."
        print ""
        print "Rows R and RB are what RentCache has to do. Rows A, C and T are collected from the documentation of"
        print "three other products (an analytics API, a Redis cache for FastAPI, a travel recharge API): a stock of"
        print "ideas, most of which are not planned."
        print ""
        printf "%d of %d rows are shown by a test that ctest runs: ", done, count
        for (i = 1; i <= count; i++) {
            split(order[i], row, "\t")
            part = row[1]
            sub(/-.*/, "", part)
            if (!(part in size)) parts[++part_count] = part
            size[part]++
            if (row[1] in shown) tested[part]++
        }
        for (i = 1; i <= part_count; i++)
            printf "%s%s %d of %d", i == 1 ? "" : ", ", parts[i], tested[parts[i]], size[parts[i]]
        print "."
        for (i = 1; i <= count; i++) {
            split(order[i], row, "\t")
            part = row[1]
            sub(/-.*/, "", part)
            if (part != last) {
                print "\n## " part "\n"
                print "| Row | Kind | Section | Feature | Shown by |"
                print "| --- | --- | --- | --- | --- |"
                last = part
            }
            gsub(/\|/, "\\|", row[4])
            printf "| %s | %s | %s | %s | %s |\n", row[1], row[2], row[3], row[4],
                (row[1] in shown) ? shown[row[1]] : row[5] != "" ? "decided otherwise: " row[5] : \
                (row[1] in by_hand) ? by_hand[row[1]] : "no test"
        }
    }' "$work/shown" "$rows" > "$work/page"

if [ "${1:-}" != --check ]; then
    cp "$work/page" "$page"
elif ! cmp -s "$work/page" "$page"; then
    echo "$page is not up to date: run make features" >&2
    diff "$page" "$work/page" | head -20 >&2
    exit 1
fi
