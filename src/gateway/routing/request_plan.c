/* request_plan.c - reading a request's parameters in one pass; request_plan_validate.c completes, request_plan_write.c writes them. */
#include "routing/request_plan.h"

#include <stdio.h>

#include "routing/query_decode.h"
#include "routing/request_plan_builder.h"

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
plan_builder_add_problem(struct plan_builder *builder, const char *type, bool in_path,
                         struct bytes name, const char *message, struct bytes input)
{
    struct request_plan *plan = builder->plan;
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
refuse_double(struct plan_builder *builder, const char *name, struct bytes value)
{
    plan_builder_add_problem(builder, "value_error", false, bytes_of_text(name),
                             "Input should be given once", value);
}

int64_t
plan_builder_find(const struct route_config *route, struct bytes name, bool in_path)
{
    for (int64_t i = 0; i < route->parameter_count; i++)
        if (route->parameters[i].in_path == in_path &&
            bytes_equal_text(name, route->parameters[i].name))
            return i;
    return -1;
}

void
plan_builder_take_value(struct plan_builder *builder, int64_t index, struct bytes value)
{
    const struct parameter_config *parameter = &builder->route->parameters[index];
    struct parameter_problem problem;

    parameter_check(parameter, value, &builder->text, &builder->values[index], &problem);
    if (problem.type != NULL)
        plan_builder_add_problem(builder, problem.type, parameter->in_path,
                                 bytes_of_text(parameter->name), problem.message, value);
    builder->is_present[index] = problem.type != NULL || !builder->values[index].is_absent;
}

static void
take_force_refresh(struct plan_builder *builder, struct bytes value)
{
    int flag = parameter_read_flag(value);

    builder->plan->force_refresh = flag > 0;
    if (flag < 0)
        plan_builder_add_problem(builder, "bool_parsing", false, bytes_of_text("force_refresh"),
                                 "Input should be a valid boolean, unable to interpret input",
                                 value);
}

static void
take_ttl_override(struct plan_builder *builder, struct bytes value)
{
    const struct parameter_config seconds = {
        .type = PARAMETER_INTEGER, .least = 1, .most = (double)builder->max_ttl_s};
    struct parameter_value checked;
    struct parameter_problem problem;

    parameter_check(&seconds, value, &builder->text, &checked, &problem);
    if (problem.type != NULL)
        plan_builder_add_problem(builder, problem.type, false, bytes_of_text("ttl_override"),
                                 problem.message, value);
    else
        parameter_read_int(value, &builder->plan->ttl_override_s);
}

/* force_refresh and ttl_override steer the cache; they are no part of the request. True: it was one of them. */
static bool
take_control(struct plan_builder *builder, struct bytes name, struct bytes value)
{
    static const struct {
        const char *name;
        void (*take)(struct plan_builder *builder, struct bytes value);
    } controls[CONTROL_COUNT] = {
        {"force_refresh", take_force_refresh},
        {"ttl_override", take_ttl_override},
    };

    for (size_t i = 0; i < CONTROL_COUNT; i++) {
        if (!bytes_equal_text(name, controls[i].name))
            continue;
        if (builder->is_control_given[i])
            refuse_double(builder, controls[i].name, value);
        else if (value.size > 0)
            controls[i].take(builder, value);
        builder->is_control_given[i] = true;
        return true;
    }
    return false;
}

static void
take_pair(struct plan_builder *builder, struct bytes name, struct bytes value)
{
    int64_t index;

    if (take_control(builder, name, value))
        return;
    index = plan_builder_find(builder->route, name, false);
    if (index < 0) {
        plan_builder_take_unknown(builder, name, value);
        return;
    }
    if (builder->is_given[index])
        refuse_double(builder, builder->route->parameters[index].name, value);
    else if (value.size > 0)
        plan_builder_take_value(builder, index, value);
    builder->is_given[index] = true;
}

/* The name as far as it can be read. */
static enum status
refuse_encoding(struct plan_builder *builder, bool in_path, struct bytes name)
{
    snprintf(builder->plan->why, sizeof builder->plan->why,
             "%s%.*s%s must be percent-encoded UTF-8 without control characters",
             name.size > 0 ? "\"" : "", (int)cut_at_character(name, 64), (const char *)name.data,
             name.size > 0 ? "\""
             : in_path     ? "the path"
                           : "a parameter's name");
    return STATUS_BAD_REQUEST;
}

static enum status
read_query(struct plan_builder *builder, struct bytes query)
{
    struct bytes raw_name, raw_value, name, value;

    while (query_next(&query, &raw_name, &raw_value)) {
        if (!query_decode(raw_name, true, &builder->text, &name))
            return refuse_encoding(builder, false, (struct bytes){0});
        if (!query_decode(raw_value, true, &builder->text, &value))
            return refuse_encoding(builder, false, name);
        take_pair(builder, name, value);
    }
    return STATUS_OK;
}

/* The names in the path's braces, in their order, meet the values of the match. A value that is a dot segment would
 * name another path at the upstream (RFC 3986 5.2.4), and so would one with a slash where something there decodes twice. */
static enum status
read_path(struct plan_builder *builder, const struct route_match *match)
{
    const char *at = builder->route->path;

    for (size_t i = 0; i < match->path_value_count; i++) {
        const char *open = strchr(at, '{');
        size_t size = open != NULL ? strcspn(open + 1, "}") : 0;
        struct bytes value;
        int64_t index;

        if (open == NULL)
            return STATUS_INTERNAL;
        index = plan_builder_find(builder->route, bytes_of(open + 1, size), true);
        if (index < 0)
            return STATUS_INTERNAL;
        if (!query_decode(match->path_values[i], false, &builder->text, &value))
            return refuse_encoding(builder, true, bytes_of(open + 1, size));
        plan_builder_take_value(builder, index, value);
        if (bytes_equal_text(value, ".") || bytes_equal_text(value, "..") ||
            (value.size > 0 && memchr(value.data, '/', value.size) != NULL))
            plan_builder_add_problem(builder, "value_error", true, bytes_of(open + 1, size),
                                     "Input should not be . or .. or hold a /", value);
        at = open + 1 + size;
    }
    return STATUS_OK;
}

static void
request_plan_reset(struct request_plan *plan)
{
    plan->ignored = plan->signature = plan->near_signature = plan->target = plan->fallback_path =
        (struct bytes){0};
    plan->force_refresh = false;
    plan->ttl_override_s = 0;
    plan->problem_count = 0;
    plan->why[0] = '\0';
}

enum status
request_plan_build(const struct route_match *match, struct bytes query, int64_t max_ttl_s,
                   struct bytes scope, struct request_plan *plan)
{
    struct plan_builder builder = {
        .route = match->source,
        .member = match->route->member,
        .plan = plan,
        .text = text_of(plan->buffer, sizeof plan->buffer),
        .max_ttl_s = max_ttl_s,
    };
    enum status status;

    request_plan_reset(plan);
    status = read_path(&builder, match);
    if (status == STATUS_OK)
        status = read_query(&builder, query);
    if (builder.text.is_cut)
        return STATUS_TARGET_TOO_LONG;
    if (status != STATUS_OK)
        return status;
    plan_builder_complete(&builder);
    if (builder.text.is_cut)
        return STATUS_TARGET_TOO_LONG;
    if (plan->problem_count > 0)
        return STATUS_INVALID_PARAMETER;
    plan_builder_write(&builder, scope);
    plan->buffer_used = builder.text.size;
    return builder.text.is_cut ? STATUS_TARGET_TOO_LONG : STATUS_OK;
}
