/* request_plan.c - reading a request's parameters in one pass, then writing its signature and its target. */
#include "request_plan.h"

#include <stdio.h>

#include "digest.h"
#include "parameter_value.h"
#include "query_decode.h"
#include "signature.h"
#include "text.h"

#define INPUT_SHOWN_BYTES 256
#define CONTROL_COUNT     2

/* What is known while a plan is made; lives on the stack. */
struct making {
    const struct route_config *route;
    struct request_plan *plan;
    struct text text; /* over plan->buffer */
    int64_t max_ttl_s;
    bool is_control_given[CONTROL_COUNT];
    bool is_given[ROUTE_PARAMETERS_MAX];   /* named in the request, also with an empty value */
    bool is_present[ROUTE_PARAMETERS_MAX]; /* has a value, given or filled in */
    struct parameter_value values[ROUTE_PARAMETERS_MAX];
};

/* The size of text's longest beginning of at most `most` bytes that ends between characters. */
static size_t
cut_at_character(struct bytes text, size_t most)
{
    size_t size = text.size < most ? text.size : most;

    while (size > 0 && size < text.size && (text.data[size] & 0xc0) == 0x80)
        size--;
    return size;
}

static void
add_problem(struct making *making, const char *type, bool in_path, struct bytes name,
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
    add_problem(making, "value_error", false, bytes_of_text(name), "Input should be given once",
                value);
}

static int64_t
find_parameter(const struct route_config *route, struct bytes name, bool in_path)
{
    for (int64_t i = 0; i < route->parameter_count; i++)
        if (route->parameters[i].in_path == in_path &&
            bytes_equal_text(name, route->parameters[i].name))
            return i;
    return -1;
}

static void
take_value(struct making *making, int64_t index, struct bytes value)
{
    const struct parameter_config *parameter = &making->route->parameters[index];
    struct parameter_problem problem;

    parameter_check(parameter, value, &making->text, &making->values[index], &problem);
    if (problem.type != NULL)
        add_problem(making, problem.type, parameter->in_path, bytes_of_text(parameter->name),
                    problem.message, value);
    making->is_present[index] = problem.type != NULL || !making->values[index].is_absent;
}

static void
take_force_refresh(struct making *making, struct bytes value)
{
    int flag = parameter_read_flag(value);

    making->plan->force_refresh = flag > 0;
    if (flag < 0)
        add_problem(making, "bool_parsing", false, bytes_of_text("force_refresh"),
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
        add_problem(making, problem.type, false, bytes_of_text("ttl_override"), problem.message,
                    value);
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
    index = find_parameter(making->route, name, false);
    if (index < 0)
        return;
    if (making->is_given[index])
        refuse_double(making, making->route->parameters[index].name, value);
    else if (value.size > 0)
        take_value(making, index, value);
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
        index = find_parameter(making->route, bytes_of(open + 1, size), true);
        if (index < 0)
            return STATUS_INTERNAL;
        if (!query_decode(match->path_values[i], false, &making->text, &value))
            return STATUS_BAD_REQUEST;
        take_value(making, index, value);
        if (bytes_equal_text(value, ".") || bytes_equal_text(value, ".."))
            add_problem(making, "value_error", true, bytes_of(open + 1, size),
                        "Input should not be . or ..", value);
        at = open + 1 + size;
    }
    return STATUS_OK;
}

static void
fill_in(struct making *making)
{
    for (int64_t i = 0; i < making->route->parameter_count; i++) {
        const struct parameter_config *parameter = &making->route->parameters[i];

        if (making->is_present[i])
            continue;
        if (parameter->default_text[0] != '\0')
            take_value(making, i, bytes_of_text(parameter->default_text));
        else if (parameter->required)
            add_problem(making, "missing", parameter->in_path, bytes_of_text(parameter->name),
                        "Field required", (struct bytes){0});
    }
}

/* "latitude+longitude": all of them have values. */
static bool
is_complete(const struct making *making, struct bytes alternative)
{
    while (alternative.size > 0) {
        const uint8_t *plus = memchr(alternative.data, '+', alternative.size);
        size_t size = plus != NULL ? (size_t)(plus - alternative.data) : alternative.size;
        int64_t index = find_parameter(making->route, bytes_of(alternative.data, size), false);

        if (index < 0 || !making->is_present[index])
            return false;
        size += plus != NULL;
        alternative = bytes_of(alternative.data + size, alternative.size - size);
    }
    return true;
}

/* "address, latitude+longitude": one of them is complete. */
static bool
has_alternative(const struct making *making, const char *list)
{
    while (*list != '\0') {
        size_t size;

        list += strspn(list, ", ");
        size = strcspn(list, ", ");
        if (size > 0 && is_complete(making, bytes_of(list, size)))
            return true;
        list += size;
    }
    return false;
}

static void
check_together(struct making *making)
{
    const struct route_config *route = making->route;
    const char *colon = strchr(route->require_with, ':');
    char message[160];
    struct bytes name;

    if (route->require_one_of[0] != '\0' && !has_alternative(making, route->require_one_of)) {
        name = bytes_of(route->require_one_of, strcspn(route->require_one_of, ",+ "));
        snprintf(message, sizeof message, "One of these is required: %.120s",
                 route->require_one_of);
        add_problem(making, "missing", false, name, message, (struct bytes){0});
    }
    if (colon == NULL)
        return;
    name = bytes_of(route->require_with, (size_t)(colon - route->require_with));
    if (is_complete(making, name) && !has_alternative(making, colon + 1)) {
        snprintf(message, sizeof message, "This needs one of:%.120s", colon + 1);
        add_problem(making, "value_error", false, name, message, (struct bytes){0});
    }
}

static void
write_signature(struct making *making, struct bytes scope)
{
    struct signature_member path[ROUTE_PARAMETERS_MAX], query[ROUTE_PARAMETERS_MAX];
    struct signature_parts parts = {
        .endpoint = making->route->endpoint,
        .method = making->route->method,
        .path = path,
        .query = query,
        .scope = scope,
    };
    size_t start = making->text.size;

    for (int64_t i = 0; i < making->route->parameter_count; i++) {
        const struct parameter_config *parameter = &making->route->parameters[i];
        struct signature_member member = {parameter->name, making->values[i]};

        if (!making->is_present[i])
            continue;
        if (parameter->in_path)
            path[parts.path_count++] = member;
        else
            query[parts.query_count++] = member;
    }
    signature_write(&parts, &making->text);
    making->plan->signature = bytes_of(making->text.data + start, making->text.size - start);
    digest_md5(making->plan->signature, making->plan->cache_key);
    digest_hex(making->plan->cache_key, sizeof making->plan->cache_key,
               making->plan->cache_key_hex);
}

static void
write_upstream_path(struct making *making)
{
    const char *at = making->route->upstream_path;

    while (*at != '\0') {
        size_t literal = strcspn(at, "{");
        size_t name_size;
        int64_t index;

        text_add_bytes(&making->text, bytes_of(at, literal));
        at += literal;
        if (*at == '\0')
            break;
        name_size = strcspn(at + 1, "}");
        index = find_parameter(making->route, bytes_of(at + 1, name_size), true);
        if (index >= 0)
            query_encode(making->values[index].wire, ",", &making->text);
        at += name_size + 1;
        at += *at == '}';
    }
}

static void
write_target(struct making *making)
{
    size_t start = making->text.size;
    const char *mark = "?";

    write_upstream_path(making);
    for (int64_t i = 0; i < making->route->parameter_count; i++) {
        const struct parameter_config *parameter = &making->route->parameters[i];

        if (parameter->in_path || !making->is_present[i])
            continue;
        text_add(&making->text, mark);
        text_add(&making->text,
                 parameter->upstream_name[0] != '\0' ? parameter->upstream_name : parameter->name);
        text_add(&making->text, "=");
        query_encode(making->values[i].wire, "", &making->text);
        mark = "&";
    }
    making->plan->target = bytes_of(making->text.data + start, making->text.size - start);
}

static void
reset(struct request_plan *plan)
{
    plan->signature = plan->target = (struct bytes){0};
    plan->force_refresh = false;
    plan->ttl_override_s = 0;
    plan->problem_count = 0;
}

enum status
request_plan_build(const struct route_match *match, struct bytes query, int64_t max_ttl_s,
                   struct bytes scope, struct request_plan *plan)
{
    struct making making = {
        .route = match->route,
        .plan = plan,
        .text = text_of(plan->buffer, sizeof plan->buffer),
        .max_ttl_s = max_ttl_s,
    };
    enum status status;

    reset(plan);
    status = read_path(&making, match);
    if (status == STATUS_OK)
        status = read_query(&making, query);
    if (making.text.is_cut)
        return STATUS_TARGET_TOO_LONG;
    if (status != STATUS_OK)
        return status;
    fill_in(&making);
    check_together(&making);
    if (plan->problem_count > 0)
        return STATUS_INVALID_PARAMETER;
    write_signature(&making, scope);
    write_target(&making);
    plan->buffer_used = making.text.size;
    return making.text.is_cut ? STATUS_TARGET_TOO_LONG : STATUS_OK;
}
