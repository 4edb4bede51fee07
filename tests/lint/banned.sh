#!/bin/sh
# banned.sh - calls that have a safer sibling, and tests that sleep instead of waiting.
set -u
. "$(dirname "$0")/files.sh"
failed=0

# calls REGEX TITLE FILE-PATTERN...: comments do not count.
calls() {
    regex=$1 title=$2
    shift 2
    project_files "$@" | while IFS= read -r file; do
        sed -E 's|"[^"]*"|""|g; s|/\*.*\*/||g; /^ *\/?\*/d' "$file" |
            grep -nE "(^|[^A-Za-z0-9_])($regex) ?\(" | sed "s|^|$file:|"
    done | report "$title" || failed=1
}

calls 'strcpy|strcat|stpcpy|sprintf|vsprintf|atoi|atol|atoll|atof|strtok|gets|gmtime|localtime|asctime|ctime|mktemp|tmpnam|system|alloca' \
    'banned functions' 'src/*.c' 'src/*.h' 'simulator/*.c' 'simulator/*.h' 'include/*.h' 'tests/*.c' 'tests/*.h'
calls 'sleep|usleep|nanosleep|clock_nanosleep|poll\(NULL, *0, *[^)]*' \
    'tests that sleep' 'tests/unit/*.c' 'tests/contract/*.c' 'tests/scenario/*.c'

exit "$failed"
