# shellcheck shell=bash disable=SC2034,SC2154
# varnish.sh - Varnish with malloc storage and default workspaces, tuned for hits.
#
# Two thread pools with a thread ready for each of 256 connections (thread_pool_min), and no
# per-request records in its shared-memory log: what access_log off is to nginx (10 to 20 % more at
# 2 KB). It does not ask the origin for gzip, as the clients here want none: else it would unpack the
# body for every hit (three times slower at 50 KB). Other parameters brought nothing. The peer
# varnish_stock is the same with Varnish's own parameters.

varnish_port=$((port_base + 4))
varnish_home=$work/varnish
varnish_silent=(
    Begin End Link ReqStart ReqMethod ReqURL ReqProtocol ReqHeader ReqUnset ReqAcct RespProtocol
    RespStatus RespReason RespHeader RespUnset VCL_call VCL_return VCL_acl VCL_use Hit Timestamp
    SessOpen SessClose Filters
)

varnish_mask=$(printf -- '-%s,' "${varnish_silent[@]}")
varnish_tuned=(
    -p thread_pools="$server_threads" -p thread_pool_min=200 -p "vsl_mask=${varnish_mask%,}"
)
varnish_parameters=("${varnish_tuned[@]}")

varnish_check() {
    command -v varnishd >/dev/null || die "varnish: varnishd is not there; install varnish"
}

varnish_configuration() {
    cat <<END
vcl 4.1;
backend origin { .host = "127.0.0.1"; .port = "$origin_port"; }
sub vcl_recv { return (hash); }
sub vcl_backend_fetch {
    set bereq.url = regsub(bereq.url, "^/api/", "/");
    set bereq.http.X-Api-Key = "$origin_key";
    unset bereq.http.Authorization;
    unset bereq.http.Accept-Encoding;
    return (fetch);
}
sub vcl_backend_response {
    unset beresp.http.Set-Cookie;
    unset beresp.http.Vary;
    set beresp.ttl = 1h;
    return (deliver);
}
END
}

varnish_start() {
    rm -rf "$varnish_home"
    mkdir -p "$varnish_home"
    varnish_configuration >"$varnish_home.vcl"
    process_start varnish varnishd -F -n "$varnish_home" -j none -f "$varnish_home.vcl" \
        -a "127.0.0.1:$varnish_port" -T none -s malloc,64m "${varnish_parameters[@]}"
    peer_pid=$process_pid
    peer_url=http://127.0.0.1:$varnish_port$target_path
    process_await varnish "$peer_pid" answers "$peer_url"
}

varnish_stop() {
    process_stop "$peer_pid"
}

varnish_stock_check() {
    varnish_check
}

varnish_stock_start() {
    varnish_parameters=()
    varnish_start
    varnish_parameters=("${varnish_tuned[@]}")
}

varnish_stock_stop() {
    varnish_stop
}
