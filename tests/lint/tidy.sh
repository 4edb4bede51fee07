#!/bin/sh
# tidy.sh - clang-tidy over the sources that changed, or over all with LINT_ALL=1.
# Needs LINT_BUILD_DIR, a build folder that holds compile_commands.json.
set -u
. "$(dirname "$0")/files.sh"
failed=0
need clang-tidy

database="$LINT_BUILD_DIR/compile_commands.json"
changed_c_files | grep -E '^(src|simulator|tests)/.*\.c$' | grep -v '^tests/bench/' | while IFS= read -r file; do
    if grep -qF "/$file\"" "$database"; then echo "$file"; fi
done | xargs -r -P 2 -n 4 clang-tidy --quiet -p "$LINT_BUILD_DIR" \
    --extra-arg=-Wno-unknown-warning-option 2>&1 | grep -v '^[0-9]* warnings generated\.$\|^Suppressed\|^Use -header-filter' |
    report 'clang-tidy' || failed=1
exit "$failed"
