#!/bin/sh
# build.sh PRESET [TARGET...] - configures and builds one preset of CMakePresets.json.
set -eu
cd "$(dirname "$0")/.."
preset=$1
shift
if command -v ninja >/dev/null; then export CMAKE_GENERATOR="${CMAKE_GENERATOR:-Ninja}"; fi
# A compiler cache that the user keeps is used; none is begun outside build/.
if [ ! -d "${XDG_CACHE_HOME:-$HOME/.cache}/ccache" ] && [ ! -d "$HOME/.ccache" ]; then
    export CCACHE_DIR="${CCACHE_DIR:-$PWD/build/ccache}"
fi
if [ $# -gt 0 ]; then set -- --target "$@"; fi
cmake --preset "$preset" --log-level=WARNING
exec cmake --build "build/$preset" --parallel "$(nproc)" "$@"
