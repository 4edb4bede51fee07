/* key_limits.h - a key's own limits, as its row stores them. Pure. See key_limits_parse in
 * key_table.h. */
#pragma once

#include "access/key_table.h"

struct key_limits {
    const char *const *names;
    size_t count;
    struct rate *global;
    struct rate *rates;
    bool skips_unknown; /* names that no route has are passed over instead of refused */
};

bool key_limits_read(struct bytes json, const struct key_limits *limits, char *why,
                     size_t why_size);
