/* key_limits.h - a key's own limits, as its row stores them. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/rate.h"

#define KEY_LIMITS_SIZE 1024

/* What limits there are, and what each is: as configured, until key_limits_read replaces it. */
struct key_limits {
    const char *const *names;
    size_t count;
    struct rate *global;
    struct rate *rates;
    bool skips_unknown; /* names that no route has are passed over instead of refused */
};

/* Reads a JSON object of name -> rate text; "global", "*" (all routes that are not named), or one of limits' names. Empty, or
 * at most KEY_LIMITS_SIZE - 1 bytes. False with the reason in why (bounded), and nothing replaced. */
bool key_limits_read(struct bytes json, const struct key_limits *limits, char *why,
                     size_t why_size);
