# shellcheck shell=bash disable=SC2034,SC2154
# nginx_lua.sh - the nginx of nginx.sh, tuned or (nginx_lua_stock) as Debian ships it, doing in Lua what the gateway does (gateway.lua): key by
# its SHA-256, two token buckets, a daily quota, a usage row per request, then proxy_cache.
#
# One key, with limits that never refuse, as rentcache.sh has it. The row is made after the answer
# has left (log_by_lua), which costs the same and delays nobody.

nginx_lua_module=/usr/lib/nginx/modules/ngx_http_lua_module.so

nginx_lua_check() {
    nginx_check
    [[ -e $nginx_lua_module ]] ||
        die "nginx_lua: $nginx_lua_module is not there; install libnginx-mod-http-lua"
}

nginx_lua_modules() {
    echo "load_module $(dirname "$nginx_lua_module")/ndk_http_module.so;"
    echo "load_module $nginx_lua_module;"
}

nginx_lua_http() {
    cat <<END
    lua_package_path "$bench/peers/?.lua;;";
    lua_shared_dict keys 16m;
    lua_shared_dict buckets 16m;
    lua_shared_dict quotas 16m;
    init_by_lua_block {
        gateway = require "gateway"
        gateway.add_key("$idle_key", "1 1000000000000 1e9 1e9 1e9 1e9")
    }
    init_worker_by_lua_block { gateway.start_worker("$nginx_home") }
    map \$upstream_cache_status \$is_hit { HIT true; default false; }
END
}

nginx_lua_location() {
    cat <<END
            access_by_lua_block { gateway.admit() }
            log_by_lua_block { gateway.account() }
            add_header X-Cache-Hit \$is_hit;
            add_header X-Request-ID \$request_id;
END
}

nginx_lua_start() {
    nginx_modules=$(nginx_lua_modules)
    nginx_more_http=$(nginx_lua_http)
    nginx_more_location=$(nginx_lua_location)
    nginx_start
    nginx_modules=
    nginx_more_http=
    nginx_more_location=
}

nginx_lua_stop() {
    nginx_stop
}

nginx_lua_stock_check() {
    nginx_lua_check
}

nginx_lua_stock_start() {
    nginx_files=$nginx_as_shipped
    nginx_lua_start
    nginx_files=$nginx_tuned
}

nginx_lua_stock_stop() {
    nginx_stop
}
