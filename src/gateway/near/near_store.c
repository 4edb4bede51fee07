/* near_store.c - times turned from wall time into time left, keys from hex into bytes. */
#include "near/near_store.h"

#include "base/clock.h"
#include "base/hex.h"

enum status
near_store_put(struct gateway *gateway, const struct cache_reply *reply, struct bytes endpoint,
               const struct response_build *build)
{
    int64_t now_wall_ms = clock_wall_ms();
    struct near_entry_source source = {
        .signature = reply->signature,
        .route = endpoint,
        .content = build->content,
        .gzip = build->gzip,
        .meta = reply->meta,
        .fresh_for_ms = reply->meta.expires_wall_ms - now_wall_ms,
    };

    if (now_wall_ms > reply->meta.created_wall_ms)
        source.age_ms = now_wall_ms - reply->meta.created_wall_ms;
    if (!reply->may_keep || source.fresh_for_ms <= 0 ||
        !hex_read(reply->cache_key, source.cache_key, sizeof source.cache_key))
        return STATUS_MALFORMED;
    return near_cache_put(gateway->near, &source, clock_mono_coarse_ms());
}

void
near_store_put_part(struct gateway *gateway, const struct near_entry *entry, struct bytes signature,
                    struct bytes part, int64_t now_mono_ms)
{
    struct near_entry_source source = {
        .signature = signature,
        .route = entry->route,
        .meta = entry->meta,
        .age_ms = entry->age_ms + now_mono_ms - entry->stored_mono_ms,
        .fresh_for_ms = entry->node.expires_mono_ms - now_mono_ms,
    };
    struct response_build build;

    memcpy(source.cache_key, entry->cache_key, sizeof source.cache_key);
    if (response_build_part_of(&build, gateway->config, &entry->content,
                               (int)entry->meta.http_status, part)) {
        source.content = build.content;
        (void)near_cache_put(gateway->near, &source, now_mono_ms);
    }
    response_build_fini(&build);
}

struct near_entry *
near_store_find(struct gateway *gateway, struct epoch_slot *epoch, struct bytes signature,
                bool wants_gzip, int64_t now_mono_ms)
{
    struct near_entry *entry;
    struct variant gzip;

    epoch_enter(epoch);
    entry = near_cache_find(gateway->near, signature, now_mono_ms);
    epoch_leave(epoch);
    if (wants_gzip && entry != NULL && entry->content.may_gzip && near_entry_claim_gzip(entry) &&
        response_gzip_make(&entry->content.plain, &gzip)) {
        near_entry_add_gzip(entry, &gzip, now_mono_ms);
        response_gzip_fini(&gzip);
    }
    return entry;
}
