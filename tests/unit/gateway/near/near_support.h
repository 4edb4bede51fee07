/* near_support.h - entries for the tests of the near cache. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "near/near_cache.h"
#include "support/scope.h"

/* Texts that a source points to; the entry's number and version are in every one of them. */
struct near_draft {
    char signature[64];
    char route[16];
    char head[64];
    char body[4096];
    struct near_entry_source source;
};

/* Entry `number` of one of two routes ("even", "odd"), body of size bytes. */
static inline const struct near_entry_source *
near_draft(struct near_draft *draft, uint32_t number, uint32_t version, size_t size)
{
    int signature_size =
        snprintf(draft->signature, sizeof draft->signature, "{\"number\": %u}", number);
    int head_size = snprintf(draft->head, sizeof draft->head, "X-Version: %u\r\n", version);
    int route_size = snprintf(draft->route, sizeof draft->route, number % 2 ? "odd" : "even");

    memset(draft->body, (int)('a' + (number + version) % 26), sizeof draft->body);
    draft->source = (struct near_entry_source){
        .signature = bytes_of(draft->signature, (size_t)signature_size),
        .route = bytes_of(draft->route, (size_t)route_size),
        .content.plain =
            {
                .head = bytes_of(draft->head, (size_t)head_size),
                .body = bytes_of(draft->body, size),
            },
        .meta = {.http_status = 200,
                 .created_wall_ms = 1000,
                 .expires_wall_ms = 101000,
                 .price_micro_usd = 74000},
        .fresh_for_ms = 100000,
    };
    memcpy(draft->source.cache_key, &number, sizeof number);
    return &draft->source;
}
