#!/bin/sh
# cppcheck.sh - cppcheck over the sources that changed, or over all with LINT_ALL=1.
# Needs LINT_BUILD_DIR, a build folder to keep results in.
set -u
. "$(dirname "$0")/files.sh"
need cppcheck

mkdir -p "$LINT_BUILD_DIR/cppcheck"
changed_c_files | grep -E "^(src|tests)/.*\.c$" | grep -v "^tests/bench/" > "$LINT_BUILD_DIR/cppcheck.files"
[ -s "$LINT_BUILD_DIR/cppcheck.files" ] || exit 0
exec cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability \
    --std=c11 --library=posix,gnu --library="$(dirname "$0")/cppcheck.cfg" --inline-suppr -j 2 \
    --suppress=missingIncludeSystem --suppress=unmatchedSuppression \
    --suppress=readdirCalled --suppress=internalAstError \
    --cppcheck-build-dir="$LINT_BUILD_DIR/cppcheck" -Iinclude -Itests -D_GNU_SOURCE \
    --file-list="$LINT_BUILD_DIR/cppcheck.files"
