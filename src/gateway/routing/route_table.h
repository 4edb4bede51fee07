/* route_table.h - finds the route of a method and path; a literal segment wins over a {name}. Pure.
 *
 * Built once from the configuration; matching allocates nothing and costs the same with 10 or 1,000
 * routes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "config.h"

struct route_table;

struct route_match {
    const struct route_config *route; /* NULL: no route has this path */
    /* whose entries answer it: route itself, but for derived and bulk routes */
    const struct route_config *source;
    size_t route_index;     /* in config->routes */
    size_t limit_index;     /* of its endpoint: routes of one endpoint share buckets */
    bool is_method_allowed; /* false with a route: 405 */
    struct bytes path_values[ROUTE_PATH_PARAMS_MAX]; /* as they came, in order of the path */
    size_t path_value_count;
};

struct route_table *route_table_create(const struct config *config);
void route_table_destroy(struct route_table **table);
/* path: raw, without query, as it came. HEAD matches GET routes. */
void route_table_match(const struct route_table *table, struct bytes method, struct bytes path,
                       struct route_match *match);
/* "GET, HEAD" of a path, for the Allow header; at most size bytes with NUL. */
void route_table_allow(const struct route_table *table, struct bytes path, char *text, size_t size);

/* Names of limits: every distinct endpoint, in order of first use. */
size_t route_table_limit_count(const struct route_table *table);
/* The index of a name that is there. */
size_t route_table_limit_find(const struct route_table *table, const char *name);
const char *const *route_table_limit_names(const struct route_table *table);
/* Configured rates by limit index; a route without one has limits.per_route. */
const struct rate *route_table_limit_rates(const struct route_table *table);
