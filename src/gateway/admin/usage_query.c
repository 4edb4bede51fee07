/* usage_query.c - one table of parameters; each is read by one function. */
#include "usage_query.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "decision.h"

#define LEAST_MS_MOST 86400000
#define ROWS_MOST     1000
#define TIME_SIZE     40

struct usage_parameter {
    const char *name;
    bool (*read)(const struct usage_parameter *parameter, struct usage_query *query,
                 struct bytes value);
    size_t offset;       /* of the member, where read is for several */
    int64_t least, most; /* of a number */
    const char *expected;
};

static int64_t *
member_of(const struct usage_parameter *parameter, struct usage_query *query)
{
    return (int64_t *)(void *)((char *)query + parameter->offset);
}

static bool
usage_query_read_number(const struct usage_parameter *parameter, struct usage_query *query,
                        struct bytes value)
{
    int64_t *number = member_of(parameter, query);

    return bytes_read_number(value, number) && *number >= parameter->least &&
           *number <= parameter->most;
}

static bool
usage_query_read_time(const struct usage_parameter *parameter, struct usage_query *query,
                      struct bytes value)
{
    int64_t *wall_us = member_of(parameter, query);
    char text[TIME_SIZE];

    return bytes_copy_text(value, text, sizeof text) && clock_parse_wall_us(text, wall_us) &&
           *wall_us > 0; /* 0 is none */
}

static bool
usage_query_read_decision(const struct usage_parameter *parameter, struct usage_query *query,
                          struct bytes value)
{
    (void)parameter;
    for (int64_t i = 0; i < DECISION_COUNT; i++)
        if (bytes_equal_text(value, decision_text((enum decision)i)))
            query->decision = 1 + i;
    return query->decision != 0;
}

static bool
usage_query_read_name(const struct usage_parameter *parameter, struct usage_query *query,
                      struct bytes value)
{
    (void)parameter;
    for (size_t i = 0; i < value.size; i++)
        if (!isalnum(value.data[i]) && value.data[i] != '_' && value.data[i] != '-')
            return false;
    return bytes_copy_text(value, query->key_name, sizeof query->key_name);
}

/* As report_requests.c writes it: microseconds, "-", the row's id. */
static bool
usage_query_read_place(const struct usage_parameter *parameter, struct usage_query *query,
                       struct bytes value)
{
    struct bytes wall_us = bytes_take_until(&value, '-');

    (void)parameter;
    return bytes_read_number(wall_us, &query->before_wall_us) && query->before_wall_us > 0 &&
           bytes_read_number(value, &query->before_id) && query->before_id > 0;
}

#define MEMBER(member) offsetof(struct usage_query, member)
#define A_TIME         "a time after 1970 like 2026-01-15T12:00:00Z or a day like 2026-01-15 (UTC)"

static const struct usage_parameter usage_parameters[] = {
    {"name", usage_query_read_name, 0, 0, 0, "the name of a key: letters, digits, '_' or '-'"},
    {"key_id", usage_query_read_number, MEMBER(api_key_id), 1, INT64_MAX,
     "the id of a key: a whole number from 1"},
    {"status", usage_query_read_number, MEMBER(status_code), 100, 599,
     "a whole number from 100 to 599"},
    {"decision", usage_query_read_decision, 0, 0, 0,
     "hit, stale, collapsed, miss, refused or error"},
    {"from", usage_query_read_time, MEMBER(from_wall_us), 0, 0, A_TIME},
    {"to", usage_query_read_time, MEMBER(to_wall_us), 0, 0, A_TIME},
    {"min_ms", usage_query_read_number, MEMBER(least_ms), 1, LEAST_MS_MOST,
     "a whole number of milliseconds from 1 to 86400000"},
    {"limit", usage_query_read_number, MEMBER(limit), 1, ROWS_MOST,
     "a whole number from 1 to 1000"},
    {"before", usage_query_read_place, 0, 0, 0, "next_before of an earlier answer"},
};

static const struct usage_parameter *
find_parameter(struct bytes name)
{
    for (size_t i = 0; i < COUNT(usage_parameters); i++)
        if (bytes_equal_text(name, usage_parameters[i].name))
            return &usage_parameters[i];
    return NULL;
}

static bool
take_endpoint_name(struct usage_query *query, const struct config *config, struct bytes value,
                   char why[USAGE_QUERY_WHY_SIZE])
{
    if (config_has_endpoint(config, value) &&
        bytes_copy_text(value, query->endpoint, sizeof query->endpoint))
        return true;
    config_explain_endpoint(config, value, why, USAGE_QUERY_WHY_SIZE);
    return false;
}

bool
usage_query_take(struct usage_query *query, const struct config *config, struct bytes name,
                 struct bytes value, char why[USAGE_QUERY_WHY_SIZE])
{
    const struct usage_parameter *parameter = find_parameter(name);

    if (parameter == NULL && bytes_equal_text(name, "endpoint"))
        return value.size == 0 || take_endpoint_name(query, config, value, why);
    if (parameter == NULL) {
        snprintf(
            why, USAGE_QUERY_WHY_SIZE,
            "%.*s: unknown parameter; expected name, key_id, endpoint, status, decision, from, "
            "to, min_ms, limit or before",
            (int)(name.size < 60 ? name.size : 60), (const char *)name.data);
        return false;
    }
    if (value.size == 0 || parameter->read(parameter, query, value))
        return true;
    snprintf(why, USAGE_QUERY_WHY_SIZE, "%s: expected %s", parameter->name, parameter->expected);
    return false;
}

bool
usage_query_check(const struct usage_query *query, char why[USAGE_QUERY_WHY_SIZE])
{
    if (query->api_key_id != 0 && query->key_name[0] != '\0')
        snprintf(why, USAGE_QUERY_WHY_SIZE, "name: expected without key_id, both say which key");
    else if (query->to_wall_us != 0 && query->from_wall_us >= query->to_wall_us)
        snprintf(why, USAGE_QUERY_WHY_SIZE, "from: expected a time before that of to");
    else
        return true;
    return false;
}

struct report_get
usage_query_as_report(const struct usage_query *query)
{
    bool is_later_page = query->before_wall_us != 0;

    return (struct report_get){
        .report = bytes_of_text("requests"),
        .endpoint = bytes_of_text(query->endpoint),
        .key_name = bytes_of_text(query->key_name),
        .api_key_id = query->api_key_id,
        .limit = query->limit,
        .status_code = query->status_code,
        .decision = query->decision,
        .least_ms = query->least_ms,
        .from_wall_us = query->from_wall_us,
        .before_wall_us = is_later_page ? query->before_wall_us : query->to_wall_us,
        .before_id = query->before_id,
    };
}
