/* derived.c - members cut out of whole bodies; their entries in the near cache. */
#include "proxy/proxy.h"

#include "base/json_scan.h"
#include "near/near_store.h"

bool
derived_is_part(const struct route_config *route, int http_status)
{
    return route->member[0] != '\0' && http_status == 200;
}

struct bytes
derived_part(const struct route_config *route, struct bytes body)
{
    struct bytes member;

    return json_member_find(body, route->member, &member) ? member : bytes_of_text("[]");
}

static struct near_entry *
derived_find(const struct exchange *exchange, struct bytes signature, bool wants_gzip,
             int64_t now_mono_ms)
{
    return near_store_find(exchange->worker->gateway, exchange->worker->epoch, signature,
                           wants_gzip, now_mono_ms);
}

static void
make_entry(struct exchange *exchange, const struct near_entry *whole, struct bytes near_signature,
           int64_t now_mono_ms)
{
    const struct route_config *route = exchange->match.route;
    struct bytes body = whole->content.plain.body;

    if (derived_is_part(route, (int)whole->meta.http_status))
        body = derived_part(route, body);
    near_store_put_part(exchange->worker->gateway, whole, near_signature, body, now_mono_ms);
}

struct near_entry *
derived_find_near(struct exchange *exchange, struct bytes signature, struct bytes near_signature,
                  int64_t now_mono_ms)
{
    bool wants_gzip = exchange->negotiation.takes_gzip;
    struct near_entry *entry = derived_find(exchange, near_signature, wants_gzip, now_mono_ms);
    struct near_entry *whole;

    if (exchange->match.route->member[0] == '\0')
        return entry;
    whole = derived_find(exchange, signature, false, now_mono_ms);
    if (whole != NULL &&
        (entry == NULL || entry->meta.created_wall_ms != whole->meta.created_wall_ms)) {
        near_entry_release(&entry);
        make_entry(exchange, whole, near_signature, now_mono_ms);
        entry = derived_find(exchange, near_signature, wants_gzip, now_mono_ms);
    }
    near_entry_release(&whole);
    return entry;
}
