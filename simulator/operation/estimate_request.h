/* estimate_request.h - what an estimate is asked for: the subject, and which listings count. Pure.
 */
#pragma once

#include "operation/operation.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    COMPARABLES_LEAST = 5, /* fewer are too few for an estimate */
    COMPARABLES_MOST = 25,
    COMPARABLES_DEFAULT = 15,
};

struct estimate_request {
    enum book book;
    const struct property *record; /* NULL for a bare point */
    struct point point;
    struct traits traits;
    bool is_published; /* the subject of the vendor's published estimates, as they describe it */
    double max_radius; /* miles */
    int64_t days_old;  /* since a comparable was last seen */
    int64_t comparables;
};

/* book is set already. False with a problem. */
bool estimate_request_read(const struct call *call, struct estimate_request *request,
                           struct problem *problem);
