# shellcheck shell=bash disable=SC2034,SC2154
# floor.sh - the bare epoll responder (floor.c): nothing that does real work gets past it.

floor_port=$((port_base + 2))

floor_check() {
    :
}

floor_start() {
    process_start floor "$work/floor" --port "$floor_port" --threads "$server_threads" \
        --body "$expected_body"
    peer_pid=$process_pid
    peer_url=http://127.0.0.1:$floor_port$target_path
    process_await floor "$peer_pid" process_says floor "ready:"
}

floor_stop() {
    process_stop "$peer_pid"
}
