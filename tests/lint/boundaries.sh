#!/bin/sh
# boundaries.sh - what may be used where, as far as the compiler cannot tell.
set -u
. "$(dirname "$0")/files.sh"
failed=0

# only PREFIX-REGEX WHERE-REGEX TITLE: code that matches stands in files that match, in no others.
# Comments and strings may name anything: words count only where code uses them.
only() {
    project_files 'src/*.c' 'src/*.h' 'simulator/*.c' 'simulator/*.h' 'include/*.h' | grep -Ev "$2" | while IFS= read -r file; do
        sed -E 's|//.*||; s|"[^"]*"|""|g; s|/\*.*\*/||g; /^ *\/?\*/d' "$file" |
            grep -nE "$1" | sed "s|^|$file:|"
    done | report "$3" || failed=1
}

only '\bzmq_[a-z]|<zmq\.h>' '^src/core/' 'ZeroMQ outside src/core'
only '\bmsgpack_[a-z]|<msgpack\.h>' '^src/core/' 'msgpack outside src/core'
only '\byaml_(parser|event|token|document)_[a-z]|<yaml\.h>' '^src/core/settings/config_yaml\.c$' 'YAML outside src/core/settings/config_yaml.c'
only '\bredis[A-Z][A-Za-z]+\(|<hiredis/' '^src/cache/tiers/l1\.c$' 'hiredis outside src/cache/tiers/l1.c'
only '\bcurl_[a-z]+_|<curl/' '^src/(upstream|cli)/' 'libcurl outside src/upstream and src/cli'
only '\bsqlite3_[a-z]|<sqlite3\.h>' '^src/storage/' 'SQLite outside src/storage'
only '\bPQ[a-z]+[A-Z(]|<libpq-fe\.h>' '^src/(storage|upstream)/' 'libpq outside src/storage, src/upstream'
only '\bmg_[a-z]|<civetweb\.h>' '^(src/gateway/server|simulator/http)/server\.c$' \
    'civetweb outside src/gateway/server/server.c and simulator/http/server.c'

# Headers of other folders are out of the compiler's reach by name, but not by a path.
project_files 'src/*.c' 'src/*.h' 'simulator/*.c' 'simulator/*.h' 'include/*.h' | xargs -r grep -nE \
    '#include "(\.\./|src/|core/|storage/|gateway/|cache/|upstream/|analytics/|cli/|simulator/)' |
    report 'headers of a folder reached by a path' || failed=1

# A pure file decides: it does no input or output and reads no clock.
forbidden='zmq\.h|msgpack|curl/|sqlite3\.h|civetweb\.h|hiredis|libpq|yaml\.h|"log\.h"|"clock\.h"'
forbidden="$forbidden|\"metrics\.h\"|\"mailbox\.h\"|\"actor\.h\"|pthread\.h|unistd\.h|sys/socket|fcntl\.h"
list="$(dirname "$0")/pure_files.txt"
grep -v '^#' "$list" | while IFS= read -r file; do
    if [ ! -f "$file" ]; then
        echo "$file: listed in tests/lint/pure_files.txt, but not there"
    else
        grep -nE "#include .*($forbidden)" "$file" | sed "s|^|$file:|"
        grep -nE '\b(time|clock_gettime|gettimeofday)\(' "$file" | sed "s|^|$file:|"
    fi
done | report 'pure files that are not' || failed=1

exit "$failed"
