#!/bin/sh
# shell.sh - shellcheck over every script.
set -u
. "$(dirname "$0")/files.sh"
need shellcheck
{ project_files '*.sh'; [ -f .ci/run ] && echo .ci/run; } | sort -u |
    xargs -r shellcheck --severity=warning --external-sources --source-path=SCRIPTDIR
