#!/bin/sh
# size.sh - no function over 60 lines; a file over 800 lines is named, but does not fail.
set -u
. "$(dirname "$0")/files.sh"
failed=0

c_files | xargs -r wc -l | awk '$2 != "total" && $1 > 800 { print "warning: " $2 ": " $1 " lines: is it still one concept?" }'

if ctags --version 2>/dev/null | grep -q Universal; then
    c_files | ctags -L - --languages=C --kinds-C=f --fields=+ne -f - | awk -F'\t' '
        {
            start = end = 0
            for (i = 4; i <= NF; i++) {
                if ($i ~ /^line:/) start = substr($i, 6)
                if ($i ~ /^end:/) end = substr($i, 5)
            }
            if (end - start + 1 > 60)
                print $2 ":" start ": " $1 " has " end - start + 1 " lines"
        }' | report 'functions over 60 lines' || failed=1
fi
exit "$failed"
