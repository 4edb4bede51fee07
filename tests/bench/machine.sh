# shellcheck shell=bash disable=SC2034,SC2154
# machine.sh - describes, in Markdown, the machine and the programs that were measured.

version_of() {
    dpkg-query -W -f '${Version}' "$1" 2>/dev/null || echo "not a package"
}

describe_machine() {
    local package
    echo "| machine | |"
    echo "| --- | --- |"
    echo "| processor | $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1) |"
    echo "| cores | $(nproc) |"
    echo "| memory | $(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo) |"
    echo "| virtual | $(grep -q '^flags.* hypervisor' /proc/cpuinfo && echo yes || echo no) |"
    echo "| kernel | $(uname -sr) |"
    echo "| system | $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release) |"
    for package in nginx libnginx-mod-http-lua varnish redis-server python3 python3-fastapi \
        python3-uvicorn python3-uvloop python3-redis wrk nghttp2-client libcivetweb1 libzmq5 \
        libsqlite3-0; do
        echo "| $package | $(version_of "$package") |"
    done
    echo "| rentcache | $(git -C "$repository" describe --always --dirty 2>/dev/null || echo unknown) |"
    echo "| measured | $(date -u +%Y-%m-%d) |"
}

describe_method() {
    cat <<END
Load, peers and origin share the machine. Every load: the peer is started alone, asked once so that
it fetches the body from the origin, warmed for $warm_seconds s, then loaded by wrk over keep-alive
connections: $rounds interleaved rounds of $seconds s (sustained: $sustained_rounds of
$sustained_seconds s), the order of the peers rotated. All peers get the same request and answer the
same bytes. A load with a failed request is void and repeated once. Figures are medians; a ratio is
the median of the ratios of each round.

- **burst**, **sustained**: rentcache with authentication, limits and accounting on. In a burst the
  rows wait in the spool and are stored afterwards; sustained, they reach the table as they are made.
- **nginx**: \`proxy_cache\` and nothing else, $server_threads workers, no access log.
- **nginx_lua**: the same, doing in Lua what the gateway does: the key by its SHA-256, two token
  buckets and a daily quota shared by the workers, a usage row per request (written to a file).
- **fastapi**: a stand-in for the original: FastAPI on uvicorn ($server_threads workers, uvloop,
  httptools), the key looked up in SQLite, limits and the cached body in Redis over a Unix socket,
  usage rows stored in SQLite in batches. Redis' CPU and memory are counted with it.
- **varnish**: malloc storage, no per-request log records.
- **floor**: a bare epoll loop with $server_threads threads that answers a prepared block; nothing
  that does real work gets past it.

CPU: user and system seconds of the server's processes (sustained: until its rows are stored).
Memory: proportional (PSS), right after the load; what the kernel caches of nginx's files is not in it.
END
}
