/* request_plan_builder.h - what is known while a plan is made, for the files that make it: request_plan.c reads the values,
 * request_plan_unknown.c takes those that the route does not name, request_plan_validate.c completes them and looks at them together, request_plan_write.c writes signature and targets. */
#pragma once

#include "base/text.h"
#include "route_config.h"
#include "routing/parameter_value.h"

#define CONTROL_COUNT 2

struct request_plan;

/* Decoded; borrowed from the builder's text. */
struct unknown_parameter {
    struct bytes name, value;
};

/* Lives on the stack of request_plan_build. */
struct plan_builder {
    const struct route_config *route; /* whose entry and call it is */
    const char *member;               /* "" or what of its response is asked for */
    struct request_plan *plan;
    struct text text; /* over plan->buffer */
    int64_t max_ttl_s;
    bool is_control_given[CONTROL_COUNT];
    bool is_given[ROUTE_PARAMETERS_MAX];   /* named in the request, also with an empty value */
    bool is_present[ROUTE_PARAMETERS_MAX]; /* has a value, given or filled in */
    struct parameter_value values[ROUTE_PARAMETERS_MAX];
    struct unknown_parameter unknown[ROUTE_UNKNOWN_MAX]; /* to be forwarded, or named as ignored */
    size_t unknown_count, unknown_bytes;
};

/* The first PLAN_PROBLEMS_MAX are kept. type is static; name and input borrow from the buffer or the route. */
void plan_builder_add_problem(struct plan_builder *builder, const char *type, bool in_path,
                              struct bytes name, const char *message, struct bytes input);
/* Index of a parameter; -1: the route has none of this name there. */
int64_t plan_builder_find(const struct route_config *route, struct bytes name, bool in_path);
/* Checks the value, which is not empty, and keeps it or its problem. */
void plan_builder_take_value(struct plan_builder *builder, int64_t index, struct bytes value);

/* A query parameter that the route does not name. */
void plan_builder_take_unknown(struct plan_builder *builder, struct bytes name, struct bytes value);

/* Fills in defaults, refuses what is missing or does not go together, joins parts. */
void plan_builder_complete(struct plan_builder *builder);
/* Only where there is no problem. */
void plan_builder_write(struct plan_builder *builder, struct bytes scope);
void plan_builder_write_ignored(struct plan_builder *builder);
