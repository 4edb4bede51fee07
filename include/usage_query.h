/* usage_query.h - which requests an operator wants to see: the parameters of GET /admin/usage/requests, checked. Read by the
 * gateway; the command without a server uses the same code. Pure. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "config.h"
#include "messages.h"

#define USAGE_QUERY_WHY_SIZE 512

/* Zeros: every request that is kept. */
struct usage_query {
    char key_name[101], endpoint[50];
    int64_t api_key_id;
    int64_t status_code;
    int64_t decision; /* 1 + enum decision; 0: any */
    int64_t from_wall_us, to_wall_us;
    int64_t least_ms;
    int64_t limit;
    int64_t before_wall_us, before_id;
};

/* Takes one parameter, decoded; an empty value is none. False: why says which values are expected. */
bool usage_query_take(struct usage_query *query, const struct config *config, struct bytes name,
                      struct bytes value, char why[USAGE_QUERY_WHY_SIZE]);
/* What goes together. */
bool usage_query_check(const struct usage_query *query, char why[USAGE_QUERY_WHY_SIZE]);
/* The question for analytics; it points into query. */
struct report_get usage_query_as_report(const struct usage_query *query);
