#!/bin/bash
# manage.sh WORD - what an operator does, by hand or by make: for a server of this folder, or for one in docker.
#   setup       install, build, begin a .env file, check the settings
#   prod        build and run with production settings until Ctrl-C; where docker is, as containers in the background
#   logs        follow what the running server logs
#   health      ask it how it is; exit status 1 where it is not well
#   create-key  NAME=... and, where clients bring their own key of the paid API, KEY=...
#   list-keys, stats
# WHERE=docker or WHERE=here decides; else the server that `make run`, `make dev` or `make prod` started here counts while it
# lives, then a compose project that is up.
set -euo pipefail
cd "$(dirname "$0")/.."

run_dir=${RUN_DIR:-build/run}
running=$run_dir/env

fail() {
    echo "manage.sh: $1" >&2
    exit 1
}

has_docker() { docker compose version > /dev/null 2>&1 && docker info > /dev/null 2>&1; }

# A server that run.sh started is alive while run.sh holds the lock of its folder.
is_here() { [ -e "$running" ] && [ -e "$run_dir/lock" ] && ! flock --nonblock "$run_dir/lock" true; }

is_in_docker() { has_docker && [ -n "$(docker compose ps --quiet gateway 2> /dev/null)" ]; }

where() {
    if [ -n "${WHERE:-}" ]; then
        echo "$WHERE"
    elif is_here || ! is_in_docker; then
        echo here
    else
        echo docker
    fi
}

# A rentcache command beside the server: where it is comes from the environment, else from the file that run.sh left.
rentcache() {
    local programs=${RENTCACHE_BIN_DIR:-build/bin}
    if [ "$(where)" = docker ]; then
        docker compose exec -T gateway rentcache "$@"
        return
    fi
    [ -x "$programs/rentcache" ] || fail 'nothing is built here: make build'
    # shellcheck disable=SC1090
    if [ -z "${DATA_DIR:-}" ] && is_here; then
        . "$running"
        # The configuration knows a token that .env or a file of YAML names.
        unset RENTCACHE_ADMIN_TOKEN
    fi
    "$programs/rentcache" "$@"
}

# The first configuration: every line of it a comment, so that defaults go on until somebody decides.
begin_env() {
    [ -e .env ] && return
    (umask 077 && cat > .env << 'END'
# Settings of this installation; docs/configuration.md lists them all. The environment wins over this file.

# The key of the paid API. Without it `make prod` does not start; `make run` and `make dev` use a simulated API.
#RENTCAST_API_KEY=

#PORT=8000
#ADMIN_PORT=8001
#LOG_LEVEL=INFO
END
    )
    echo 'made .env: put RENTCAST_API_KEY there'
}

setup() {
    scripts/install-packages.sh run
    scripts/build.sh release
    begin_env
    build/bin/rentcache check-config > /dev/null
    echo 'ready: `make dev` tries it with a simulated API, `make prod` runs it'
}

# A key of the paid API, as the program finds it: in the environment, in .env, or in a file that either names.
has_paid_key() {
    [ -n "${RENTCAST_API_KEY:-}${RENTCAST_API_KEY_FILE:-}" ] ||
        { [ -r .env ] && grep -qiE '^(export +)?RENTCAST_API_KEY(_FILE)?=.' .env; }
}

prod() {
    has_paid_key || [ "${UPSTREAM_CREDENTIAL:-}" = passthrough ] ||
        fail 'no key of the paid API: set RENTCAST_API_KEY, in the environment or in .env'
    if [ "${WHERE:-}" = docker ] || { [ -z "${WHERE:-}" ] && has_docker; }; then
        docker compose up --build --detach --wait
        echo "ready: make create-key NAME=my_app, make logs, make health; to stop: docker compose down"
        return
    fi
    exec scripts/run.sh prod
}

logs() {
    if [ "$(where)" = docker ]; then
        exec docker compose logs --follow --tail 100
    fi
    is_here || fail 'no server is running here'
    exec tail -n 100 -F "$run_dir/server.log" --pid "$(cat "$run_dir/pid")"
}

create_key() {
    [ -n "${NAME:-}" ] || fail 'which name? make create-key NAME=my_app'
    if [ -n "${KEY:-}" ]; then
        printf '%s\n' "$KEY" | rentcache create-key "$NAME" -
    else
        rentcache create-key "$NAME"
    fi
}

case ${1:-} in
setup) setup ;;
prod) prod ;;
logs) logs ;;
create-key) create_key ;;
health | list-keys | stats) rentcache "$1" ;;
*)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
