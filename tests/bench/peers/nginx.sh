# shellcheck shell=bash disable=SC2034,SC2154
# nginx.sh - nginx with proxy_cache and nothing else on, tuned for hits on small answers.
#
# Each setting that differs from the default was measured: sendfile off (an answer leaves in one
# write; for 50 KB both are equal), an open-file cache (a hit opens no file), connections that are
# never closed for having carried many requests, no access log. reuseport and multi_accept brought
# nothing at a fixed number of connections. A second peer, nginx_stock, is the same with files sent
# as Debian's configuration has it.

nginx_port=$((port_base + 3))
nginx_home=$work/nginx

nginx_check() {
    command -v nginx >/dev/null || die "nginx: the program is not there; install nginx-light"
}

nginx_as_shipped="sendfile on; tcp_nopush on;"
nginx_tuned="sendfile off; output_buffers 2 64k; open_file_cache max=100;"
nginx_files=$nginx_tuned
# What another peer has on top.
nginx_modules=
nginx_more_http=
nginx_more_location=

nginx_configuration() {
    # Started by root, the workers would change to a user who may not enter the cache folder.
    ((EUID != 0)) || echo "user root;"
    cat <<END
$nginx_modules
daemon off;
worker_processes $server_threads;
worker_rlimit_nofile 8192;
pid $nginx_home/pid;
error_log $nginx_home/error.log error;
events { worker_connections 2048; }
http {
    access_log off;
    server_tokens off;
    $nginx_files
    keepalive_timeout 3600s;
    keepalive_requests 1000000000;
    client_body_temp_path $nginx_home/body;
    proxy_temp_path $nginx_home/proxy;
    fastcgi_temp_path $nginx_home/fastcgi;
    scgi_temp_path $nginx_home/scgi;
    uwsgi_temp_path $nginx_home/uwsgi;
    proxy_cache_path $nginx_home/cache levels=1:2 keys_zone=answers:10m inactive=1h
                     use_temp_path=off;
$nginx_more_http
    server {
        listen 127.0.0.1:$nginx_port backlog=1024;
        location /api/v1/ {
            proxy_pass $origin_url/v1/;
            proxy_set_header X-Api-Key $origin_key;
            proxy_set_header Authorization "";
            proxy_cache answers;
            proxy_cache_key \$request_uri;
            proxy_cache_valid 200 1h;
            proxy_ignore_headers Cache-Control Expires Vary;
$nginx_more_location
        }
    }
}
END
}

nginx_start() {
    rm -rf "$nginx_home"
    mkdir -p "$nginx_home"
    nginx_configuration >"$nginx_home/nginx.conf"
    process_start nginx nginx -e "$nginx_home/error.log" -c "$nginx_home/nginx.conf"
    peer_pid=$process_pid
    peer_url=http://127.0.0.1:$nginx_port$target_path
    process_await nginx "$peer_pid" answers "$peer_url" -H "Authorization: Bearer $idle_key"
}

nginx_stop() {
    process_stop "$peer_pid"
}

nginx_stock_check() {
    nginx_check
}

nginx_stock_start() {
    nginx_files=$nginx_as_shipped
    nginx_start
    nginx_files=$nginx_tuned
}

nginx_stock_stop() {
    nginx_stop
}
