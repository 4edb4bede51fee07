#!/bin/sh
# comments.sh - what a comment names is there: each name() in the code, each file.c and file.h in the
# tree, and the file itself in its first line.
set -u
. "$(dirname "$0")/files.sh"
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Splits C files into comments, as "file:line: text", and code.
c_files | xargs -r awk -v code="$work/code" '
    FNR == 1 { inside = 0 }
    {
        rest = $0
        if (!inside) gsub(/"([^"\\]|\\.)*"/, "\"\"", rest)
        while (rest != "") {
            if (inside) {
                end = index(rest, "*/")
                text = end ? substr(rest, 1, end - 1) : rest
                print FILENAME ":" FNR ": " text
                rest = end ? substr(rest, end + 2) : ""
                inside = !end
            } else {
                start = match(rest, /\/\*|\/\//)
                print (start ? substr(rest, 1, start - 1) : rest) > code
                if (start && substr(rest, start, 2) == "//") {
                    print FILENAME ":" FNR ": " substr(rest, start + 2)
                    rest = ""
                } else {
                    inside = start > 0
                    rest = start ? substr(rest, start + 2) : ""
                }
            }
        }
    }' > "$work/comments"

tr -cs 'A-Za-z0-9_' '\n' < "$work/code" | sort -u > "$work/words"
project_files '*.c' '*.h' '*.sh' '*.md' '*.cmake' '*.yaml' | sed 's|.*/||' | sort -u > "$work/files"

# named REGEX KNOWN: comments that match name something that KNOWN does not list.
named() {
    awk -v regex="$1" '
        NR == FNR { known[$0] = 1; next }
        {
            where = $1
            rest = $0
            while (match(rest, regex)) {
                name = substr(rest, RSTART, RLENGTH)
                rest = substr(rest, RSTART + RLENGTH)
                sub(/\(\)$/, "", name)
                if (!(name in known)) print where " " name
            }
        }' "$2" "$work/comments"
}

named '[a-z_][A-Za-z0-9_]*\(\)' "$work/words" | report 'comments that name a function which is not there' || failed=1
named '[a-z][a-z0-9_]*\.[ch]($|[^a-z0-9_.])' "$work/files" | sed 's/[^a-z0-9_.]*$//' > "$work/raw"
awk -v OFS=' ' 'NR == FNR { known[$0] = 1; next } { name = $2; sub(/[^a-z0-9_.].*$/, "", name); if (!(name in known)) print $1, name }' \
    "$work/files" "$work/raw" | report 'comments that name a file which is not there' || failed=1

# The first line of a file says its own name.
c_files | while IFS= read -r file; do
    name=${file##*/}
    head -n 1 "$file" | grep -qF "/* $name - " || echo "$file: its first line is not \"/* $name - what it is\""
done | report 'files that do not open with their name' || failed=1
exit "$failed"
