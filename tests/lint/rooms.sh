#!/bin/sh
# rooms.sh - a room includes only the rooms that its row in rooms.txt names; neither rooms nor files
# include each other in a circle.
#
# A room is a folder inside a part. A part's own folder, written "gateway/.", knows all its rooms and
# holds what they share (the state of the actor), so that it counts in no circle of rooms. Headers that
# all parts share (include/) need no row: the build decides who sees them. rooms.sh --write makes
# rooms.txt anew from what is there, to be read before it is committed.
set -u
. "$(dirname "$0")/files.sh"
table=tests/lint/rooms.txt
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

project_files 'src/*.c' 'src/*.h' 'simulator/*.c' 'simulator/*.h' > "$work/files"

# Includes of a part's own headers, one per line: file, its room, included file, its room.
xargs -r grep -HoE '^#include "[^"]+"' < "$work/files" | awk -F: -v list="$work/files" '
    # room_of(file): "gateway/near", or "gateway/." for a file in the part itself.
    function room_of(file, words, count, first) {
        count = split(file, words, "/")
        first = words[1] == "src" ? 2 : 1
        return words[first] "/" (count > first + 1 ? words[first + 1] : ".")
    }
    function part_folder(file, words) {
        split(file, words, "/")
        return words[1] == "src" ? "src/" words[2] : words[1]
    }
    BEGIN { while ((getline file < list) > 0) is_there[file] = 1 }
    {
        included = $2
        gsub(/^#include "|"$/, "", included)
        target = part_folder($1) "/" included
        if (target in is_there) print $1, room_of($1), target, room_of(target)
    }' | sort -u > "$work/includes"

if [ "${1:-}" = --write ]; then
    {
        grep '^#' "$table"
        awk '$2 != $4 { print $2, $4 }' "$work/includes" | sort -u | awk '
            $1 != room { if (room != "") print line; room = $1; line = room ":" }
            { line = line " " $2 }
            END { print line }'
    } > "$work/table" && cp "$work/table" "$table"
    exit
fi

awk -v table="$table" '
    BEGIN {
        while ((getline row < table) > 0) {
            if (row ~ /^#/) continue
            count = split(row, words, /:? +/)
            for (i = 2; i <= count; i++) allowed[words[1], words[i]] = 1
        }
    }
    $2 != $4 && !(($2, $4) in allowed) { print $1 ": includes " $3 ", which the row of " $2 " does not name" }
' "$work/includes" | report "includes that $table does not allow" || failed=1

awk -v table="$table" '
    BEGIN {
        while ((getline row < table) > 0) {
            if (row ~ /^#/) continue
            count = split(row, words, /:? +/)
            for (i = 2; i <= count; i++) allowed[words[1], words[i]] = 1
        }
    }
    { delete allowed[$2, $4] }
    END { for (pair in allowed) { split(pair, words, SUBSEP); print words[1] ": " words[2] } }
' "$work/includes" | sort | report "rows of $table that nothing needs any more" || failed=1

awk '$2 != $4 && $4 !~ /\.$/ { print $2, $4 }' "$work/includes" | sort -u | tsort 2>&1 >/dev/null |
    sed 's/^tsort: //' | grep -v '^-:' | report 'rooms that include each other in a circle' || failed=1

# A file and its header are one.
awk '{ sub(/\.[ch]$/, "", $1); sub(/\.[ch]$/, "", $3); if ($1 != $3) print $1, $3 }' "$work/includes" |
    sort -u | tsort 2>&1 >/dev/null | sed 's/^tsort: //' | grep -v '^-:' | report 'files that include each other in a circle' || failed=1

exit "$failed"
