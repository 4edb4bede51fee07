/* signature.h - the canonical JSON of a request, and its MD5: the cache key. Pure.
 *
 * {"body": {}, "endpoint": "...", "method": "GET", "path_params": {...}, "query_params": {...}}, keys sorted at every
 * level, blanks as Python's json.dumps puts them, characters beyond ASCII as \uXXXX. Two different requests never
 * have the same signature. */
#pragma once

#include "base/text.h"
#include "routing/parameter_value.h"

struct signature_member {
    struct bytes name;
    struct parameter_value value;
};

struct signature_parts {
    const char *endpoint, *method;
    struct signature_member *path, *query; /* sorted in place */
    size_t path_count, query_count;
    struct bytes scope; /* empty: shared by all keys; else a member "scope" at the end */
};

void signature_write(struct signature_parts *parts, struct text *out);
