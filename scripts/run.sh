#!/bin/bash
# run.sh [dev|prod] - builds, starts the simulator and the server with their defaults, makes a demo key
# and stays until Ctrl-C. PORT, ADMIN_PORT, SIMULATOR_PORT, SIMULATOR_CONTROL_PORT and DATA_DIR move
# ports and data; with RENTCAST_API_KEY set, the real API is asked and no simulator is started.
#   dev   logs everything, readably, and shows it
#   prod  the server alone, without a demo key; the settings are the program's own (environment, .env),
#         its data is in DATA_DIR (data/), what it logs is shown, too
# RENTCACHE_BIN_DIR: programs that are there already; nothing is installed or built. RUN_DIR: instead of build/run.
# Leaves in build/run/: env (how to reach it all), demo-key, and what the programs print.
set -euo pipefail
cd "$(dirname "$0")/.."

# What a shell has of an earlier start is about another server.
unset RENTCACHE_ADMIN_URL RENTCACHE_ADMIN_TOKEN
mode=${1:-run}
run_dir=$(realpath -m "${RUN_DIR:-build/run}")
programs=$(realpath -m "${RENTCACHE_BIN_DIR:-build/bin}")
SIMULATOR_PORT=${SIMULATOR_PORT:-8900}
SIMULATOR_CONTROL_PORT=${SIMULATOR_CONTROL_PORT:-8901}
if [ "$mode" != prod ]; then
    export PORT=${PORT:-8000} ADMIN_PORT=${ADMIN_PORT:-8001}
    DATA_DIR=$(realpath -m "${DATA_DIR:-$run_dir/data}")
    export DATA_DIR
fi
simulator='' server='' shown=''

fail() {
    echo "run.sh: $1" >&2
    exit 1
}

# start NAME COMMAND...: in the background, out of reach of the terminal's Ctrl-C, so that it ends
# when this script says so; or when this script dies, however it dies. Sets `started`.
start() {
    local name=$1
    shift
    : > "$run_dir/$name.out"
    setsid setpriv --pdeathsig TERM "$@" > "$run_dir/$name.out" 2> "$run_dir/$name.log" < /dev/null 9>&- &
    started=$!
}

# await NAME PID: until it says that it answers; sets `ports` to those that it names, in order.
await() {
    for ((tenths = 0; tenths < 300; tenths++)); do
        if grep -q '^ready:' "$run_dir/$1.out"; then
            mapfile -t ports < <(grep '^ready:' "$run_dir/$1.out" | grep -oE ':[0-9]+( |$)' | tr -d ': ')
            return
        fi
        if ! kill -0 "$2" 2> /dev/null; then break; fi
        sleep 0.1
    done
    tail -n 20 "$run_dir/$1.log" "$run_dir/$1.out" >&2
    fail "$1 did not start; what it said is above"
}

# end PID: asks it to stop; takes it away when it has not after 35 s.
end() {
    [ -n "$1" ] && kill -TERM "$1" 2> /dev/null || return 0
    for ((tenths = 0; tenths < 350; tenths++)); do
        if ! kill -0 "$1" 2> /dev/null; then return; fi
        sleep 0.1
    done
    kill -KILL "$1" 2> /dev/null || true
}

end_all() {
    trap '' INT TERM HUP
    end "$server"
    end "$simulator"
    end "$shown"
    rm -f "$run_dir/pid"
}

create_key() {
    ADMIN_PORT=$ADMIN_PORT "$programs"/rentcache create-key "$1" --no-limits --json 2> "$run_dir/create-key.log" |
        sed -nE 's/.*"api_key" *: *"([^"]+)".*/\1/p' | grep .
}

# The key of an earlier start goes on: it is shown once, so it is kept, beside the data that knows it.
demo_key() {
    local key key_file=$DATA_DIR/demo-key
    [ "$DATA_DIR" = "$run_dir/data" ] && key_file=$run_dir/demo-key
    if key=$(create_key demo) || { [ ! -s "$key_file" ] && key=$(create_key "demo-$(date +%s)"); }; then
        (umask 077 && echo "$key" > "$key_file")
    elif [ ! -s "$key_file" ]; then
        cat "$run_dir/create-key.log" >&2
        fail "no demo key could be made"
    fi
    cat "$key_file"
}

# The folder is this run's alone while it holds the lock: a second one touches nothing of the first.
# scripts/manage.sh asks the lock whether this still runs.
take_folder() {
    mkdir -p "$run_dir"
    exec 9> "$run_dir/lock"
    flock --nonblock 9 ||
        fail "already running here (pid $(cat "$run_dir/pid" 2> /dev/null || echo unknown)); RUN_DIR=... and other ports start another beside it"
    echo $$ > "$run_dir/pid"
}

write_env() {
    rm -f "$run_dir/env"
    umask 077
    cat > "$run_dir/env" << END
export PATH='$programs':"\$PATH"
export DATA_DIR='$DATA_DIR' ADMIN_PORT='$ADMIN_PORT'
export RENTCACHE_URL='http://127.0.0.1:$PORT'
export RENTCACHE_ADMIN_URL='http://127.0.0.1:$ADMIN_PORT'
export RENTCACHE_ADMIN_TOKEN='${ADMIN_TOKEN:-$(cat "${ADMIN_TOKEN_FILE:-$DATA_DIR/admin-token}" 2> /dev/null || true)}'
export RENTCACHE_KEY='$1'
export SIMULATOR_URL='${simulator:+http://127.0.0.1:$SIMULATOR_PORT}'
export SIMULATOR_CONTROL_URL='${simulator:+http://127.0.0.1:$SIMULATOR_CONTROL_PORT}'
END
}

say_ready() {
    local env="${run_dir#"$PWD"/}/env"
    local ask='curl -si -H "Authorization: Bearer $RENTCACHE_KEY" "$RENTCACHE_URL/api/v1/properties?city=Austin&state=TX&limit=1"'
    local stats='curl -s -H "Authorization: Bearer $RENTCACHE_ADMIN_TOKEN" "$RENTCACHE_ADMIN_URL/metrics"'
    echo "ready: http://127.0.0.1:$PORT"
    echo "  a miss:      . $env; $ask"
    echo "  a hit:       . $env; $ask"
    echo "  statistics:  . $env; $stats"
}

# What the settings result in: setting SECTION NAME.
setting() {
    "$programs"/rentcache check-config |
        sed -nE "/^$1:/,/^[a-z]*:\$/s/^  $2: \"?([^\"#]*[^\"# ])\"? *#.*/\1/p"
}

start_simulator() {
    start simulator "$programs"/rentcast-simulator \
        --port "$SIMULATOR_PORT" --control-port "$SIMULATOR_CONTROL_PORT"
    simulator=$started
    await simulator "$simulator"
    SIMULATOR_PORT=${ports[0]} SIMULATOR_CONTROL_PORT=${ports[1]}
    export RENTCAST_API_KEY=sim_key_unlimited RENTCAST_BASE_URL=http://127.0.0.1:$SIMULATOR_PORT
    # The real plan takes 20 calls a second; this key of the simulator takes any number.
    export UPSTREAM_RATE_PER_SECOND=${UPSTREAM_RATE_PER_SECOND:-0}
}

start_server() {
    start server "$programs"/rentcache server
    server=$started
    if [ "$mode" != run ]; then
        tail -q -n +1 --pid $$ -F "$run_dir/server.log" 2> /dev/null 9>&- &
        shown=$!
    fi
    await server "$server"
    PORT=${ports[0]} ADMIN_PORT=${ports[1]}
}

if [ -z "${RENTCACHE_BIN_DIR:-}" ]; then
    scripts/install-packages.sh run
    scripts/build.sh release
fi
take_folder
if [ "$mode" = prod ]; then
    DATA_DIR=$(realpath -m "$(setting server data_dir)")
    ADMIN_TOKEN_FILE=${ADMIN_TOKEN_FILE:-$DATA_DIR/admin-token}
    export DATA_DIR
elif [ "$mode" = dev ]; then
    export DEBUG=true LOG_FORMAT=text
fi
mkdir -p "$DATA_DIR"

trap end_all EXIT
trap 'exit 0' INT TERM HUP

if [ "$mode" != prod ] && [ -z "${RENTCAST_API_KEY:-}" ]; then start_simulator; fi
start_server
if [ "$mode" = prod ]; then
    write_env ''
    echo "ready: http://127.0.0.1:$PORT; make create-key NAME=my_app makes a key"
else
    key=$(demo_key)
    write_env "$key"
    say_ready
fi

# Whichever ends first ends the other; a signal ends both.
wait -n ${simulator:+"$simulator"} "$server" || true
tail -n 5 "$run_dir"/*.log >&2
fail "a program ended by itself; the ends of the logs are above"
