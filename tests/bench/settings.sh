# shellcheck shell=bash disable=SC2034,SC2154
# settings.sh - every setting of a benchmark run; each can be given in the environment.

quick=${BENCH_QUICK:-0} # 1: one short round, to see that everything runs

rounds=${BENCH_ROUNDS:-$((quick ? 1 : 3))}
seconds=${BENCH_SECONDS:-$((quick ? 2 : 4))}
warm_seconds=${BENCH_WARM_SECONDS:-1}
# A sustained load is five short ones long, so one round of it is the default.
sustained_rounds=${BENCH_SUSTAINED_ROUNDS:-1}
sustained_seconds=${BENCH_SUSTAINED_SECONDS:-$((quick ? 5 : 20))}
read -r -a sizes <<<"${BENCH_SIZES:-2048 51200}"
read -r -a connection_counts <<<"${BENCH_CONNECTIONS:-1 16 64 256}"
read -r -a peers <<<"${BENCH_PEERS:-burst sustained nginx nginx_stock nginx_lua nginx_lua_stock varnish varnish_stock fastapi floor}"
load_threads=${BENCH_LOAD_THREADS:-2}   # of wrk
server_threads=${BENCH_SERVER_THREADS:-2} # nginx workers, Varnish thread pools, floor threads

# Of curves.sh.
curve_seconds=${BENCH_CURVE_SECONDS:-$((quick ? 2 : 5))}
curve_body_bytes=${BENCH_CURVE_BODY_BYTES:-200}
read -r -a curve_entries <<<"${BENCH_CURVE_ENTRIES:-1000 10000 100000 1000000}" # growing
read -r -a curve_keys <<<"${BENCH_CURVE_KEYS:-1 1000 100000}"
read -r -a curve_routes <<<"${BENCH_CURVE_ROUTES:-10 100 1000}"
read -r -a curve_rates <<<"${BENCH_CURVE_RATES:-10000 30000}" # per second
beside_rate=${BENCH_BESIDE_RATE:-500} # misses per second beside a full load of hits
read -r -a curve_peers <<<"${BENCH_CURVE_PEERS:-sustained nginx nginx_lua varnish floor}"
curve_near_bytes=${BENCH_CURVE_NEAR_BYTES:-4294967296}
fill_seconds=200 # until all entries must be in the near cache

programs=${BENCH_PROGRAMS:-$repository/build/bin}
origin_kind=${BENCH_ORIGIN:-simulator} # or floor: answers made of filler, no simulator needed
port_base=${BENCH_PORT_BASE:-19800}    # this port and the next nine are used, on 127.0.0.1

# With this the gateway keeps its rows in the spool while a burst lasts.
burst_ship_interval_ms=${BENCH_BURST_SHIP_INTERVAL_MS:-600000}
# More environment for the gateway: "NAME=value NAME=value".
read -r -a gateway_environment <<<"${BENCH_GATEWAY_ENVIRONMENT:-}"

start_seconds=20  # until a peer must answer
stop_seconds=60   # until it is killed; a gateway may have rows to hand over
drain_seconds=300 # until the rows of a load must be stored
give_up_seconds=20 # without one more row, while some are missing
other_work_max=5  # percent of the machine's CPU time; loads above it are counted

work=$repository/build/bench
target_path=/api/v1/properties/bench-1
