/* freshness.h - how long a response may be used: its TTL and its stale windows. Pure: time is an argument. */

/*-
 *   created         expires     expires + stale_while_revalidate     expires + stale_if_error
 *      |--- FRESH ---|--- STALE_WHILE_REVALIDATE ---|--- STALE_IF_ERROR ---|--- EXPIRED
 *
 * Instants are wall-clock milliseconds since 1970; windows are the route's, as configured now. Only a 200 has stale
 * windows (RFC 5861). An entry from the future counts as just stored. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "response_meta.h"

/* What the configuration says of one route. */
struct freshness_rules {
    int64_t ttl_ms;                    /* 0: never cached */
    int64_t negative_ttl_ms;           /* of a 404; 0: not kept */
    int64_t stale_while_revalidate_ms; /* stale_while_revalidate; 0 where it is switched off */
    int64_t stale_if_error_ms;         /* stale_if_error */
    int64_t max_ttl_ms;                /* an override is cut to this */
};

enum freshness {
    FRESHNESS_FRESH,
    FRESHNESS_STALE_WHILE_REVALIDATE, /* answer at once, refresh behind */
    FRESHNESS_STALE_IF_ERROR,         /* only instead of an error */
    FRESHNESS_EXPIRED
};

struct freshness_rules freshness_rules_of(const struct config *config,
                                          const struct route_config *route);

/* The same times, counted from now where they begin in the future. */
struct response_meta freshness_clamp(struct response_meta meta, int64_t now_wall_ms);

enum freshness freshness_of(const struct freshness_rules *rules, const struct response_meta *meta,
                            int64_t now_wall_ms);
/* True where the entry may be served instead of a response that the upstream did not give. */
bool freshness_allows_stale_if_error(const struct freshness_rules *rules,
                                     const struct response_meta *meta, int64_t now_wall_ms);

/* A 200, and a 404 where the route gives it a TTL; nothing of a route whose TTL is 0. */
bool freshness_is_storeable(const struct freshness_rules *rules, int64_t http_status);
/* Sets until when the response is fresh, and until when it is kept, from its http_status and created_wall_ms. override_s
 * (0: none) replaces the route's TTL of a 200, cut to max_ttl_ms. Only for storeable responses. */
void freshness_start(const struct freshness_rules *rules, int64_t override_s,
                     struct response_meta *meta);
