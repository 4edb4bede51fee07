# shellcheck shell=bash disable=SC2034,SC2154
# fastapi.sh - the stand-in for the original (fastapi_app.py): FastAPI, uvicorn with uvloop and
# httptools, Redis over a Unix socket, SQLite.
#
# CPU and memory are those of uvicorn's processes and of Redis together. Debian's own Python and
# packages, whatever python3 comes first in PATH. Redis keeps nothing on disk.

fastapi_port=$((port_base + 7))
fastapi_home=$work/fastapi
fastapi_python=/usr/bin/python3

fastapi_check() {
    command -v redis-server >/dev/null || die "fastapi: install redis-server"
    "$fastapi_python" -c 'import fastapi, uvicorn, uvloop, httptools, hiredis, redis.asyncio' ||
        die "fastapi: install python3-fastapi python3-uvicorn python3-uvloop python3-httptools" \
            "python3-redis python3-hiredis"
}

fastapi_schema() {
    cat <<END
PRAGMA journal_mode = WAL;
CREATE TABLE api_keys (id INTEGER PRIMARY KEY, key_hash VARCHAR(64) UNIQUE NOT NULL,
    is_active BOOLEAN DEFAULT TRUE, expires_at REAL);
CREATE TABLE usage_stats (id INTEGER PRIMARY KEY, api_key_id INTEGER, endpoint VARCHAR(50),
    method VARCHAR(10), status_code INTEGER, response_time_ms DECIMAL(10,2), cache_hit BOOLEAN,
    estimated_cost DECIMAL(10,2), user_agent TEXT, ip_address TEXT, created_at REAL);
CREATE INDEX idx_usage_stats_api_key_created ON usage_stats(api_key_id, created_at);
CREATE INDEX idx_usage_stats_endpoint_created ON usage_stats(endpoint, created_at);
CREATE INDEX idx_usage_stats_cache_hit ON usage_stats(cache_hit, created_at);
INSERT INTO api_keys (key_hash) VALUES ('$(printf %s "$idle_key" | sha256sum | cut -c 1-64)');
END
}

# The parent of both, so that they are weighed and stopped as one.
fastapi_both() {
    trap 'kill -TERM "${both[@]}" 2>/dev/null' TERM
    redis-server --port 0 --unixsocket "$fastapi_home/redis.sock" --save '' --appendonly no \
        --dir "$fastapi_home" &
    both=($!)
    env -i "PATH=$PATH" "PYTHONPATH=$bench/peers" PYTHONDONTWRITEBYTECODE=1 \
        "BENCH_DATABASE=$fastapi_home/usage.db" "BENCH_REDIS_SOCKET=$fastapi_home/redis.sock" \
        "BENCH_ORIGIN_URL=$origin_url" "BENCH_ORIGIN_KEY=$origin_key" \
        "$fastapi_python" -m uvicorn fastapi_app:app --host 127.0.0.1 --port "$fastapi_port" \
        --workers "$server_threads" --loop uvloop --http httptools --no-access-log \
        --log-level warning &
    both+=($!)
    while [[ -n $(jobs -rp) ]]; do
        wait || true
    done
}

fastapi_start() {
    rm -rf "$fastapi_home"
    mkdir -p "$fastapi_home"
    fastapi_schema | sqlite3 "$fastapi_home/usage.db" >/dev/null
    process_start fastapi fastapi_both
    peer_pid=$process_pid
    peer_url=http://127.0.0.1:$fastapi_port$target_path
    process_await fastapi "$peer_pid" answers "$peer_url" -H "Authorization: Bearer $idle_key"
}

fastapi_stop() {
    process_stop "$peer_pid"
    rm -rf "$fastapi_home"
}
