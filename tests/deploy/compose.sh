#!/bin/bash
# compose.sh - checks a project that `docker compose --profile simulator up` has brought up: hardening, networks, secrets, settings, a
# miss, a hit, statistics, and that no container's crash or restart loses an answer's usage row.
#
#   RENTCAST_BASE_URL=http://simulator:8900 RENTCAST_API_KEY=sim_key_unlimited \
#     docker compose --profile simulator up --build --detach --wait && tests/deploy/compose.sh
#
# As root, beside the engine: a container is made to crash by killing its first process from outside. ENGINE_PID: whose process
# ids the engine speaks of, where they are not this shell's. Uses the project that COMPOSE_FILE or this folder names.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly URL=http://127.0.0.1:${PORT:-8000}
readonly PARTS="analytics upstream cache gateway"
answers=0 key='' status='' hit='' checks=0

fail() {
    echo "compose.sh: $1" >&2
    docker compose logs --tail 20 >&2 || true
    exit 1
}

# expect WHAT GOT WANTED
expect() {
    checks=$((checks + 1))
    [ "$2" = "$3" ] || fail "$1: $2, expected $3"
    echo "  $1: $2"
}

container() { docker compose ps --all --quiet "$1"; }
inspect() { docker inspect --format "$2" "$(container "$1")"; }
rentcache() { docker compose exec -T gateway rentcache "$@"; }

# ask TARGET: sets status (000: no answer) and hit; an answer must have a usage row.
ask() {
    local head
    head=$(curl -s -m 40 -o /dev/null -D - -H "Authorization: Bearer $key" "$URL$1" || true)
    status=$(sed -nE '1s/^HTTP[^ ]* ([0-9]+).*/\1/p' <<< "$head")
    hit=$(sed -nE 's/^X-Cache-Hit: *([a-z]+).*/\1/ip' <<< "$head")
    if [ -n "$status" ]; then answers=$((answers + 1)); else status=000; fi
}

# await_status TARGET: asks until it is 200; each try counts.
await_status() {
    for ((tries = 0; tries < 120; tries++)); do
        ask "$1"
        if [ "$status" = 200 ]; then return; fi
        sleep 0.5
    done
    fail "$1 gives $status a minute later"
}

number() { sed -nE "s/.*\"$1\": *([0-9]+).*/\1/p" | head -n 1; }

rows() { rentcache stats --json | tr -d '\n' | sed -E 's/.*"totals"//' | number requests; }

# Usage rows arrive a moment after their answers; then there must be exactly as many.
expect_rows() {
    local got=''
    for ((tries = 0; tries < 60; tries++)); do
        got=$(rows || true)
        if [ "$got" = "$answers" ]; then break; fi
        sleep 0.5
    done
    expect "usage rows $1" "$got" "$answers"
}

await_healthy() {
    for ((tries = 0; tries < 240; tries++)); do
        if [ "$(inspect "$1" '{{.State.Health.Status}}')" = healthy ]; then return; fi
        sleep 0.5
    done
    fail "$1 does not become healthy again"
}

crash() {
    local pid restarts
    pid=$(inspect "$1" '{{.State.Pid}}')
    restarts=$(inspect "$1" '{{.RestartCount}}')
    if [ -n "${ENGINE_PID:-}" ]; then nsenter -t "$ENGINE_PID" -p kill -9 "$pid"; else kill -9 "$pid"; fi
    for ((tries = 0; tries < 240; tries++)); do
        if [ "$(inspect "$1" '{{.RestartCount}}')" -gt "$restarts" ]; then return; fi
        sleep 0.5
    done
    fail "$1 was killed and is not started again"
}

check_hardening() { # row("R-101")
    for part in $PARTS simulator; do
        expect "$part user" "$(docker compose exec -T "$part" id -u)" 10001
        expect "$part root file system" \
            "$(docker compose exec -T "$part" sh -c 'touch /usr/x 2>/dev/null && echo writable || echo read-only')" read-only
        expect "$part read-only" "$(inspect "$part" '{{.HostConfig.ReadonlyRootfs}}')" true
        expect "$part capabilities" "$(docker compose exec -T "$part" sed -n 's/^CapEff:\t//p' /proc/1/status)" 0000000000000000
    done
}

check_secrets() { # row("R-103")
    local secret=${RENTCAST_API_KEY:-sim_key_unlimited}
    expect 'layers with the key' "$(docker history --no-trunc --format '{{.CreatedBy}}' rentcache:local | grep -c "$secret" || true)" 0
    for part in analytics cache gateway; do
        expect "$part has the key" "$(inspect "$part" '{{.Config.Env}}' | grep -c "$secret" || true)" 0
    done
    expect 'upstream has the key' "$(inspect upstream '{{.Config.Env}}' | grep -c "$secret" || true)" 1
    expect 'rings that do not fit into memory' "$(docker compose logs gateway | grep -c 'has no room for' || true)" 0
    expect 'logs with a key' "$(docker compose logs | grep -cE "$secret|$key" || true)" 0
}

# A setting of .env reaches every container; the folder of the configuration is there, read-only.
check_settings() {
    local setting
    setting=$(sed -nE 's/^(GLOBAL_RATE_LIMIT=.+)$/\1/p' .env 2> /dev/null | head -n 1)
    for part in $PARTS; do
        if [ -n "$setting" ]; then
            expect "$part has $setting" "$(inspect "$part" '{{range .Config.Env}}{{println .}}{{end}}' | grep -cFx "$setting" || true)" 1
        fi
        expect "$part configuration" "$(docker compose exec -T "$part" sh -c 'rentcache check-config > /dev/null && echo good || echo bad')" good
        expect "$part configuration folder" \
            "$(docker compose exec -T "$part" sh -c 'touch /etc/rentcache/x 2>/dev/null && echo writable || echo read-only')" read-only
        expect "$part memory limit" "$(inspect "$part" '{{if .HostConfig.Memory}}set{{end}}')" set
        expect "$part pids limit" "$(inspect "$part" '{{if .HostConfig.PidsLimit}}set{{end}}')" set
    done
}

check_networks() { # row("R-104")
    for part in analytics upstream cache simulator; do
        expect "$part published" "$(inspect "$part" '{{range $port, $to := .NetworkSettings.Ports}}{{range $to}}{{.HostPort}} {{end}}{{end}}')" ''
    done
    expect 'gateway published' "$(inspect gateway '{{range $port, $to := .NetworkSettings.Ports}}{{if $to}}{{$port}} {{end}}{{end}}')" '8000/tcp '
    expect 'analytics network' "$(inspect analytics '{{.HostConfig.NetworkMode}}')" none
    expect 'cache network' "$(inspect cache '{{.HostConfig.NetworkMode}}')" none
    expect 'gateway reaches the paid API' \
        "$(docker compose exec -T gateway sh -c 'curl -s -m 2 -o /dev/null http://simulator:8900/ && echo yes || echo no')" no
    expect 'admin listener from outside' "$(curl -s -m 2 -o /dev/null "http://127.0.0.1:${ADMIN_PORT:-8001}/livez" && echo open || echo closed)" closed
}

check_crash() {
    crash "$1"
    await_status "/api/v1/properties?city=Dallas&state=TX&limit=1&offset=$2"
    await_status '/api/v1/properties?city=Austin&state=TX&limit=1'
    await_healthy "$1"
    expect "hit after $1 was killed" "$hit" true
    expect_rows "after $1 was killed"
}

key=$(rentcache create-key "check-$(date +%s)" --no-limits --json | sed -nE 's/.*"api_key" *: *"([^"]+)".*/\1/p')
[ -n "$key" ] || fail 'no key could be made'
answers=$(rows)

ask '/api/v1/properties?city=Austin&state=TX&limit=1'
expect 'first request' "$status $hit" '200 false'
ask '/api/v1/properties?city=Austin&state=TX&limit=1'
expect 'second request' "$status $hit" '200 true'
expect_rows 'after two requests'
check_hardening
check_secrets
check_settings
check_networks

expect 'make stats finds the containers' "$(make -s stats | grep -o '^spent' || true)" spent
expect 'make create-key makes a key' "$(make -s create-key "NAME=made-$(date +%s)" | grep -o '^rc_' || true)" rc_

offset=0
for part in $PARTS; do check_crash "$part" "$((offset += 1))"; done

docker compose restart $PARTS > /dev/null 2>&1
for part in $PARTS; do await_healthy "$part"; done
await_status '/api/v1/properties?city=Austin&state=TX&limit=1'
expect 'hit after a restart' "$hit" true
expect_rows 'after a restart'
echo "compose.sh: all $checks checks hold"
