# shellcheck shell=bash disable=SC2034,SC2154
# process.sh - processes of a run: start them, wait for them, stop them, weigh them.
#
# What was started is in `running` until it was stopped, so that leaving the script in any way ends
# it. Each process logs to build/bench/NAME.log.

running=()

die() {
    echo "bench: $*" >&2
    exit 1
}

# program_build NAME: NAME.c, into $work.
program_build() {
    "${CC:-cc}" -std=gnu17 -D_GNU_SOURCE -O2 -pthread -Wall -Wextra -Wpedantic -Wshadow \
        -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wvla -Wformat=2 \
        -Wframe-larger-than=8192 -Werror -o "$work/$1" "$bench/$1.c" ||
        die "$1.c does not compile"
}

# process_start NAME COMMAND...: sets process_pid.
process_start() {
    local name=$1
    shift
    : >"$work/$name.log" # here, not in the child: nobody may read what an earlier process said
    "$@" >>"$work/$name.log" 2>&1 &
    process_pid=$!
    running+=("$process_pid")
}

# True once the process is gone.
process_wait_gone() {
    local pid=$1 deadline=$((SECONDS + $2))
    while kill -0 "$pid" 2>/dev/null; do
        ((SECONDS < deadline)) || return 1
        sleep 0.02
    done
}

process_stop() {
    local pid=$1 other left=()
    kill -TERM "$pid" 2>/dev/null || true
    process_wait_gone "$pid" "$stop_seconds" || kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    for other in "${running[@]}"; do
        [[ $other == "$pid" ]] || left+=("$other")
    done
    running=("${left[@]}")
}

process_stop_all() {
    while ((${#running[@]} > 0)); do
        process_stop "${running[-1]}"
    done
}

# process_await NAME PID COMMAND...: until the command succeeds; dies with the log if it never does.
process_await() {
    local name=$1 pid=$2 deadline=$((SECONDS + start_seconds))
    shift 2
    until "$@"; do
        if ! kill -0 "$pid" 2>/dev/null || ((SECONDS >= deadline)); then
            tail -n 20 "$work/$name.log" >&2
            die "$name did not become ready; its log is $work/$name.log"
        fi
        sleep 0.05
    done
}

# process_says NAME TEXT: a line of its log begins with the text.
process_says() {
    grep -q "^$2" "$work/$1.log"
}

# process_family PID FIELD: of the process and all below it, one per line: the pid, or the CPU ticks
# used so far, those of children that have ended included (fields: proc(5), /proc/PID/stat).
process_family() {
    # A process may end between the listing and the reading.
    { cat /proc/[0-9]*/stat 2>/dev/null || true; } | awk -v root="$1" -v field="$2" '
        {
            pid = $1
            sub(/^.*\) /, "")
            parent[pid] = $2
            ticks[pid] = $12 + $13 + $14 + $15
        }
        END {
            family[root] = 1
            do {
                grown = 0
                for (pid in parent)
                    if (!(pid in family) && (parent[pid] in family)) {
                        family[pid] = 1
                        grown = 1
                    }
            } while (grown)
            for (pid in family)
                print field == "pid" ? pid : ticks[pid] + 0
        }'
}

process_cpu_ticks() {
    process_family "$1" ticks | awk '{ sum += $1 } END { print sum + 0 }'
}

# Proportional memory of the process and all below it, in KiB.
process_memory_kib() {
    local pid
    for pid in $(process_family "$1" pid); do
        cat "/proc/$pid/smaps_rollup" 2>/dev/null || true
    done | awk '/^Pss:/ { sum += $2 } END { print sum + 0 }'
}

# CPU ticks of the children this shell has waited for.
ended_children_ticks() {
    awk '{ sub(/^.*\) /, ""); print $14 + $15 }' "/proc/$$/stat"
}

# CPU ticks the whole machine has worked, interrupts included, or that the hypervisor took from it.
machine_ticks() {
    awk '$1 == "cpu" { print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat
}

port_must_be_free() {
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
        die "port $1 is in use; choose others with BENCH_PORT_BASE"
    fi
}
