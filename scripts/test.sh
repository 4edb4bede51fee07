#!/bin/sh
# test.sh quick|long - builds what the tests need and runs them in one ctest, whose count is the
# last line. quick: all but the label long. long: that label, which sanitizers, fuzzing and the lint
# of the whole tree carry (cmake/tests.cmake). Words after that go to ctest, e.g. -R unit.cache.
set -eu
cd "$(dirname "$0")/.."
mode=${1:-quick}
[ $# -gt 0 ] && shift

scripts/install-packages.sh run test lint
scripts/build.sh dev
case $mode in
quick)
    scripts/build.sh asan tests_unit tests_contract
    trees="dev asan"
    set -- --label-exclude '^long$' "$@"
    ;;
long)
    for preset in asan tsan fuzz; do scripts/build.sh "$preset"; done
    trees="dev asan tsan fuzz"
    set -- --label-regex '^long$' "$@"
    ;;
*)
    echo "usage: test.sh quick|long [ctest option...]" >&2
    exit 2
    ;;
esac

# One ctest over several build trees, so that there is one count.
all=$PWD/build/test-$mode
mkdir -p "$all"
for tree in $trees; do printf 'subdirs("%s")\n' "$PWD/build/$tree"; done > "$all/CTestTestfile.cmake"

status=0
{
    ctest --test-dir "$all" --parallel "$(nproc)" --output-on-failure --no-tests=error \
        --output-junit "$all/results.xml" "$@" 2>&1 || echo $? > "$all/status"
} | tee "$all/log"
if [ -e "$all/status" ]; then status=1; rm "$all/status"; fi

count=$(grep -E '^[0-9]+% tests passed' "$all/log" | tail -n 1)
echo "${count:-no test was run}"
exit "$status"
