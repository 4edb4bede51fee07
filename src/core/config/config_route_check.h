/* config_route_check.h - what a route, and the routes together, must satisfy beyond their tables. */
#pragma once

#include "config/config_read.h"

/* Checks one route that is read without an error. */
void config_route_check(const struct field_reader *fields, const struct route_config *route);
/* Checks a route against one that stands before it. */
void config_route_check_pair(const struct field_reader *fields, const struct route_config *route,
                             const struct route_config *earlier);
/* Letters, digits, "-", "." and "_", at least one. */
bool config_route_is_name(const char *text);
/* Whether two paths have the same {name}s, in the same order. */
bool config_route_has_same_names(const char *a, const char *b);
