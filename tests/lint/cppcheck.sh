#!/bin/sh
# cppcheck.sh - cppcheck over the sources that changed, or over all with LINT_ALL=1.
set -u
. "$(dirname "$0")/files.sh"
need cppcheck

changed_c_files | grep -E '^(src|simulator|tests)/.*\.c$' | grep -v '^tests/bench/' |
    xargs -r cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability \
    --std=c11 --library=posix,gnu --library="$(dirname "$0")/cppcheck.cfg" --inline-suppr -j 2 \
    --suppress=missingIncludeSystem --suppress=unmatchedSuppression \
    --suppress=wrongPrintfScanfArgNum --suppress=uninitvar:tests/unit/gateway/server/request_meaning.h \
    --suppress=readdirCalled --suppress=internalAstError \
    -Iinclude -Isrc/core -Itests -D_GNU_SOURCE
