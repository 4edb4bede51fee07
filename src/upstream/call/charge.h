/* charge.h - what a finished transfer costs, as far as it can be known. Pure.
 *
 * The paid API bills what it answered with 200 and a body; everything else is free. What nobody can know is
 * UNKNOWN: the request may have arrived, but no status came back. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "decision.h"

struct charge_facts {
    bool was_sent;     /* at least one byte of the request may have left */
    int http_status;   /* of the final head; 0: none came */
    size_t body_bytes; /* received, also of a cut body */
    bool expects_body; /* the head announced one: Content-Length > 0 or chunked */
};

enum charge charge_of(const struct charge_facts *facts);
