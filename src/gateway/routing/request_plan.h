/* request_plan.h - from a raw target to typed, canonical parameters: what the cache key and the
 * upstream see. Pure.
 *
 * Decodes percent-encoding (after it, equal queries are equal), types every value, fills in
 * defaults, checks the paid API's query grammar (docs/usage.md), builds the canonical signature and
 * its MD5, and the upstream target. Nothing here allocates: all text lives in the plan's own
 * buffer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "config.h"
#include "routing/route_table.h"
#include "status.h"

#define PLAN_BUFFER_SIZE  32768
#define PLAN_PROBLEMS_MAX 16

/* One invalid parameter, in the shape of the original: {type, loc, msg, input}. */
struct plan_problem {
    const char *type; /* "missing", "int_parsing", "less_than_equal", ... static */
    bool in_path;
    struct bytes name;
    char message[160];
    struct bytes input; /* cut to 256 bytes; empty: none */
};

struct request_plan {
    /* {"body": {}, "endpoint": ..., "method": ..., "path_params": {...}, "query_params": {...}} */
    struct bytes signature;
    uint8_t cache_key[16]; /* of the signature, once request_plan_digest made them */
    char cache_key_hex[33];
    /* of the near cache's entry: behind signature the member of a derived route */
    struct bytes near_signature;
    struct bytes target; /* upstream path and query, encoded */
    /* the same of the second path, asked when the first answers 404; empty: none */
    struct bytes fallback_path;
    /* names of unknown parameters of a route that ignores them, encoded, ", " between them; empty: none */
    struct bytes ignored;
    bool force_refresh;
    int64_t ttl_override_s; /* 0: none */
    struct plan_problem problems[PLAN_PROBLEMS_MAX];
    size_t problem_count;
    char why[192]; /* BAD_REQUEST: which parameter cannot be decoded; "": not known */
    size_t buffer_used;
    char buffer[PLAN_BUFFER_SIZE];
};

/* The plan is the source's where the route has one: same signature, same target. OK; INVALID_PARAMETER: problems says what
 * (up to the first 16); BAD_REQUEST: the target's encoding is broken (%00, half escapes, control or non-ASCII characters,
 * invalid UTF-8 after decoding); TARGET_TOO_LONG. scope: appended to the signature for share: key routes (the key's id), empty for
 * share: all. */
enum status request_plan_build(const struct route_match *match, struct bytes query,
                               int64_t max_ttl_s, struct bytes scope, struct request_plan *plan);
/* The MD5 of the signature: what L2 and the other actors know the entry by. Apart from the rest, since a hit in the
 * near cache needs none. */
void request_plan_digest(struct request_plan *plan);
/* The list of {type, loc, msg, input} as JSON; the caller frees it. where: loc of what stands not in the path, NULL: the
 * query. NULL: no memory. */
char *request_plan_problems(const struct request_plan *plan, const char *where);
