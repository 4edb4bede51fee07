#!/bin/sh
# names.sh - nothing in the project names a place that its users do not have.
set -u
. "$(dirname "$0")/files.sh"
failed=0
project_files '*' '.[!.]*' | grep -v '^tests/lint/names\.sh$' |
    tr '\n' '\0' | xargs -0 -r grep -nIE '(^|[^a-zA-Z0-9._-])(/w[o]rk(/|$|[^a-z])|(\.\./)?shared/[a-z]+|/tmp/helpers)|\.\./shared' |
    report 'places of one machine' || failed=1
exit "$failed"
