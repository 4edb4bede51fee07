/* request_plan.c - reading a request's parameters in one pass; plan_together.c completes, plan_write.c writes them. */
#include "routing/request_plan.h"

#include <stdio.h>

#include "routing/plan_making.h"
#include "routing/query_decode.h"

#define INPUT_SHOWN_BYTES 256

/* The size of text's longest beginning of at most `most` bytes that ends between characters. */
static size_t
cut_at_character(struct bytes text, size_t most)
{
    size_t size = text.size < most ? text.size : most;

    while (size > 0 && size < text.size && (text.data[size] & 0xc0) == 0x80)
        size--;
    return size;
}

void
making_add_problem(struct making *making, const char *type, bool in_path, struct bytes name,
                   const char *message, struct bytes input)
{
    struct request_plan *plan = making->plan;
    struct plan_problem *problem = &plan->problems[plan->problem_count];

    if (plan->problem_count == PLAN_PROBLEMS_MAX)
        return;
    plan->problem_count++;
    *problem =
        (struct plan_problem){.type = type, .in_path = in_path, .name = name, .input = input};
    problem->input.size = cut_at_character(input, INPUT_SHOWN_BYTES);
    snprintf(problem->message, sizeof problem->message, "%s", message);
}

static void
refuse_double(struct making *making, const char *name, struct bytes value)
{
    making_add_problem(making, "value_error", false, bytes_of_text(name),
                       "Input should be given once", value);
}

int64_t
making_find(const struct route_config *route, struct bytes name, bool in_path)
{
    for (int64_t i = 0; i < route->parameter_count; i++)
        if (route->parameters[i].in_path == in_path &&
            bytes_equal_text(name, route->parameters[i].name))
            return i;
    return -1;
}

void
making_take_value(struct making *making, int64_t index, struct bytes value)
{
    const struct parameter_config *parameter = &making->route->parameters[index];
    struct parameter_problem problem;

    parameter_check(parameter, value, &making->text, &making->values[index], &problem);
    if (problem.type != NULL)
        making_add_problem(making, problem.type, parameter->in_path, bytes_of_text(parameter->name),
                           problem.message, value);
    making->is_present[index] = problem.type != NULL || !making->values[index].is_absent;
}

static void
take_force_refresh(struct making *making, struct bytes value)
{
    int flag = parameter_read_flag(value);

    making->plan->force_refresh = flag > 0;
    if (flag < 0)
        making_add_problem(making, "bool_parsing", false, bytes_of_text("force_refresh"),
                           "Input should be a valid boolean, unable to interpret input", value);
}

static void
take_ttl_override(struct making *making, struct bytes value)
{
    const struct parameter_config seconds = {
        .type = PARAMETER_INTEGER, .least = 1, .most = (double)making->max_ttl_s};
    struct parameter_value checked;
    struct parameter_problem problem;

    parameter_check(&seconds, value, &making->text, &checked, &problem);
    if (problem.type != NULL)
        making_add_problem(making, problem.type, false, bytes_of_text("ttl_override"),
                           problem.message, value);
    else
        parameter_read_int(value, &making->plan->ttl_override_s);
}

/* force_refresh and ttl_override steer the cache; they are no part of the request. True: it was one of them. */
static bool
take_control(struct making *making, struct bytes name, struct bytes value)
{
    static const struct {
        const char *name;
        void (*take)(struct making *making, struct bytes value);
    } controls[CONTROL_COUNT] = {
        {"force_refresh", take_force_refresh},
        {"ttl_override", take_ttl_override},
    };

    for (size_t i = 0; i < CONTROL_COUNT; i++) {
        if (!bytes_equal_text(name, controls[i].name))
            continue;
        if (making->is_control_given[i])
            refuse_double(making, controls[i].name, value);
        else if (value.size > 0)
            controls[i].take(making, value);
        making->is_control_given[i] = true;
        return true;
    }
    return false;
}

static void
take_pair(struct making *making, struct bytes name, struct bytes value)
{
    int64_t index;

    if (take_control(making, name, value))
        return;
    index = making_find(making->route, name, false);
    if (index < 0)
        return;
    if (making->is_given[index])
        refuse_double(making, making->route->parameters[index].name, value);
    else if (value.size > 0)
        making_take_value(making, index, value);
    making->is_given[index] = true;
}

static enum status
read_query(struct making *making, struct bytes query)
{
    struct bytes raw_name, raw_value, name, value;

    while (query_next(&query, &raw_name, &raw_value)) {
        if (!query_decode(raw_name, true, &making->text, &name) ||
            !query_decode(raw_value, true, &making->text, &value))
            return STATUS_BAD_REQUEST;
        take_pair(making, name, value);
    }
    return STATUS_OK;
}

/* The names in the path's braces, in their order, meet the values of the match. A value that is a dot segment would
 * name another path at the upstream (RFC 3986 5.2.4). */
static enum status
read_path(struct making *making, const struct route_match *match)
{
    const char *at = making->route->path;

    for (size_t i = 0; i < match->path_value_count; i++) {
        const char *open = strchr(at, '{');
        size_t size = open != NULL ? strcspn(open + 1, "}") : 0;
        struct bytes value;
        int64_t index;

        if (open == NULL)
            return STATUS_INTERNAL;
        index = making_find(making->route, bytes_of(open + 1, size), true);
        if (index < 0)
            return STATUS_INTERNAL;
        if (!query_decode(match->path_values[i], false, &making->text, &value))
            return STATUS_BAD_REQUEST;
        making_take_value(making, index, value);
        if (bytes_equal_text(value, ".") || bytes_equal_text(value, ".."))
            making_add_problem(making, "value_error", true, bytes_of(open + 1, size),
                               "Input should not be . or ..", value);
        at = open + 1 + size;
    }
    return STATUS_OK;
}

static void
request_plan_reset(struct request_plan *plan)
{
    plan->signature = plan->near_signature = plan->target = plan->or_else = (struct bytes){0};
    plan->force_refresh = false;
    plan->ttl_override_s = 0;
    plan->problem_count = 0;
}

enum status
request_plan_build(const struct route_match *match, struct bytes query, int64_t max_ttl_s,
                   struct bytes scope, struct request_plan *plan)
{
    struct making making = {
        .route = match->source,
        .member = match->route->member,
        .plan = plan,
        .text = text_of(plan->buffer, sizeof plan->buffer),
        .max_ttl_s = max_ttl_s,
    };
    enum status status;

    request_plan_reset(plan);
    status = read_path(&making, match);
    if (status == STATUS_OK)
        status = read_query(&making, query);
    if (making.text.is_cut)
        return STATUS_TARGET_TOO_LONG;
    if (status != STATUS_OK)
        return status;
    making_complete(&making);
    if (making.text.is_cut)
        return STATUS_TARGET_TOO_LONG;
    if (plan->problem_count > 0)
        return STATUS_INVALID_PARAMETER;
    making_write(&making, scope);
    plan->buffer_used = making.text.size;
    return making.text.is_cut ? STATUS_TARGET_TOO_LONG : STATUS_OK;
}
