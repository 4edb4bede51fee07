#!/bin/sh
# format.sh - every C file looks as clang-format leaves it; `make format` does that.
set -u
. "$(dirname "$0")/files.sh"
need clang-format
c_files | xargs -r clang-format --dry-run -Werror
