/* purge_request.c - one table of filters; each is read by one function.
 *
 * null is no filter: what a client has not set must not clear more than it meant. */
#include "purge_request.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"

#define MS_PER_HOUR 3600000
#define HOURS_MOST  876000 /* a hundred years */

struct reading {
    const struct config *config;
    int64_t now_wall_ms;
    struct purge_scope *scope;
};

static bool
read_endpoint(struct reading *reading, const json_t *value)
{
    struct bytes name = bytes_of(json_string_value(value), json_string_length(value));

    return config_has_endpoint(reading->config, name) &&
           bytes_copy_text(name, reading->scope->endpoint, sizeof reading->scope->endpoint);
}

static bool
read_older_than(struct reading *reading, const json_t *value)
{
    json_int_t hours = json_integer_value(value);

    if (!json_is_integer(value) || hours < 1 || hours > HOURS_MOST)
        return false;
    reading->scope->fetched_before_wall_ms = reading->now_wall_ms - hours * MS_PER_HOUR;
    /* Nothing is that old, and 0 would mean whenever. */
    if (reading->scope->fetched_before_wall_ms < 1)
        reading->scope->fetched_before_wall_ms = 1;
    return true;
}

static bool
read_invalid_only(struct reading *reading, const json_t *value)
{
    if (json_is_true(value))
        reading->scope->expired_before_wall_ms = reading->now_wall_ms;
    return json_is_boolean(value);
}

static const struct filter {
    const char *name;
    bool (*read)(struct reading *reading, const json_t *value);
    const char *type, *expected;
} filters[] = {
    {"endpoint", read_endpoint, "enum", "unknown endpoint; leave it out to purge all endpoints"},
    {"older_than_hours", read_older_than, "greater_than",
     "expected a whole number of hours from 1 to 876000"},
    {"invalid_only", read_invalid_only, "bool_type", "expected true or false"},
};

static const struct filter *
find_filter(const char *name)
{
    for (size_t i = 0; i < COUNT(filters); i++)
        if (strcmp(filters[i].name, name) == 0)
            return &filters[i];
    return NULL;
}

bool
purge_request_read(const struct config *config, const json_t *body, int64_t now_wall_ms,
                   struct purge_scope *scope, struct purge_request_problem *problem)
{
    struct reading reading = {.config = config, .now_wall_ms = now_wall_ms, .scope = scope};
    const char *name;
    json_t *value;

    *scope = (struct purge_scope){0};
    json_object_foreach((json_t *)(uintptr_t)body, name, value)
    {
        const struct filter *filter = find_filter(name);

        if (filter != NULL && filter->read(&reading, value))
            continue;
        snprintf(problem->member, sizeof problem->member, "%.60s", name);
        problem->type = filter != NULL ? filter->type : "extra_forbidden";
        problem->message = filter != NULL ? filter->expected : "unknown field";
        return false;
    }
    return true;
}

/* "*", or the endpoint, and what narrows it. */
static void
write_pattern(const struct purge_scope *scope, char *pattern, size_t size)
{
    char time[CLOCK_TEXT_SIZE] = "";
    bool is_timed = scope->fetched_before_wall_ms != 0;

    if (is_timed)
        clock_format_wall_us(scope->fetched_before_wall_ms * 1000, time);
    snprintf(pattern, size, "%s%s%s%s", scope->endpoint[0] != '\0' ? scope->endpoint : "*",
             is_timed ? " fetched before " : "", time,
             scope->expired_before_wall_ms != 0 ? " expired" : "");
}

json_t *
purge_request_answer(const struct purge_scope *scope, int64_t cleared_count, int64_t purge_number,
                     int64_t unconfirmed_count)
{
    char message[96], pattern[ROUTE_NAME_SIZE + 64];

    snprintf(message, sizeof message, "Cleared %lld cache entries", (long long)cleared_count);
    write_pattern(scope, pattern, sizeof pattern);
    return json_pack("{s:s, s:s, s:I, s:I, s:I}", "message", message, "pattern", pattern, "cleared",
                     (json_int_t)cleared_count, "purge_number", (json_int_t)purge_number,
                     "unconfirmed_gateways", (json_int_t)unconfirmed_count);
}
