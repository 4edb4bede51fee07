/* freshness.c - how long a response may be used; the one place where a TTL is decided. */

#include "object/freshness.h"

#include <assert.h>

struct freshness_rules
freshness_rules_of(const struct config *config, const struct route_config *route)
{
    bool may_revalidate = config->cache.stale_while_revalidate;

    return (struct freshness_rules){
        .ttl_ms = route->ttl_s * 1000,
        .negative_ttl_ms = route->negative_ttl_s * 1000,
        .stale_while_revalidate_ms = may_revalidate ? route->stale_while_revalidate_s * 1000 : 0,
        .stale_if_error_ms = route->stale_if_error_s * 1000,
        .max_ttl_ms = config->cache.max_ttl_s * 1000,
    };
}

struct response_meta
freshness_clamp(struct response_meta meta, int64_t now_wall_ms)
{
    int64_t ahead_ms = meta.created_wall_ms - now_wall_ms;

    if (ahead_ms > 0) {
        meta.created_wall_ms -= ahead_ms;
        meta.expires_wall_ms -= ahead_ms;
        meta.stale_until_wall_ms -= ahead_ms;
    }
    return meta;
}

enum freshness
freshness_of(const struct freshness_rules *rules, const struct response_meta *meta,
             int64_t now_wall_ms)
{
    int64_t past_ms = now_wall_ms - freshness_clamp(*meta, now_wall_ms).expires_wall_ms;

    if (past_ms < 0)
        return FRESHNESS_FRESH;
    if (meta->http_status != 200)
        return FRESHNESS_EXPIRED;
    if (past_ms < rules->stale_while_revalidate_ms)
        return FRESHNESS_STALE_WHILE_REVALIDATE;
    if (past_ms < rules->stale_if_error_ms)
        return FRESHNESS_STALE_IF_ERROR;
    return FRESHNESS_EXPIRED;
}

bool
freshness_allows_stale_if_error(const struct freshness_rules *rules,
                                const struct response_meta *meta, int64_t now_wall_ms)
{
    int64_t expires_wall_ms = freshness_clamp(*meta, now_wall_ms).expires_wall_ms;

    return meta->http_status == 200 && now_wall_ms < expires_wall_ms + rules->stale_if_error_ms;
}

bool
freshness_is_storeable(const struct freshness_rules *rules, int64_t http_status)
{
    if (rules->ttl_ms == 0)
        return false;
    return http_status == 200 || (http_status == 404 && rules->negative_ttl_ms > 0);
}

static int64_t
ttl_ms_of(const struct freshness_rules *rules, int64_t http_status, int64_t override_s)
{
    if (http_status != 200)
        return rules->negative_ttl_ms;
    if (override_s <= 0)
        return rules->ttl_ms;
    /* Compared in seconds: an override comes from outside and times 1000 might overflow. */
    return override_s < rules->max_ttl_ms / 1000 ? override_s * 1000 : rules->max_ttl_ms;
}

void
freshness_start(const struct freshness_rules *rules, int64_t override_s, struct response_meta *meta)
{
    assert(freshness_is_storeable(rules, meta->http_status));
    int64_t window_ms = 0;

    if (meta->http_status == 200)
        window_ms = rules->stale_while_revalidate_ms > rules->stale_if_error_ms
                        ? rules->stale_while_revalidate_ms
                        : rules->stale_if_error_ms;
    meta->expires_wall_ms = meta->created_wall_ms + ttl_ms_of(rules, meta->http_status, override_s);
    meta->stale_until_wall_ms = meta->expires_wall_ms + window_ms;
}
