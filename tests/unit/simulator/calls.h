/* calls.h - calls operations of the simulator without a listener, over a data set of seed 1.
 *
 * For tests of the simulator itself, one at a time: the fixture calls_set_up, calls_tear_down.
 */
#pragma once

#include "common/calendar.h"
#include "operation/operation.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const int64_t calls_noon_ms = INT64_C(1768478400000); /* 2026-01-15T12:00:00.000Z */

static struct dataset *dataset;
static struct answer answer;
static json_t *document;

static inline void
calls_set_up(void)
{
    dataset = dataset_create(1, calendar_day_of(calls_noon_ms));
}

static inline void
calls_forget(void)
{
    json_decref(document);
    document = NULL;
    answer_fini(&answer);
    answer = (struct answer){0};
}

static inline void
calls_tear_down(void)
{
    calls_forget();
    dataset_destroy(&dataset);
}

/* Answers a target such as /v1/properties?limit=1 into answer and document. */
static inline int
calls_get_at(const char *target, int64_t now_ms, uint64_t draw_number)
{
    char path[512];
    struct query query;
    const char *id;
    snprintf(path, sizeof path, "%s", target);
    char *mark = strchr(path, '?');
    if (mark != NULL)
        *mark++ = '\0';
    calls_forget();
    const struct operation *operation = operation_match(path, &id);
    ck_assert_msg(operation != NULL, "%s", target);
    query_parse(mark, &query);
    struct call call = {dataset, &query, id, now_ms, draw_number, 0};
    operation->answer(&call, &answer);
    query_fini(&query);
    document = json_loadb(answer.body.data, answer.body.size, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(document != NULL, "%s: %s", target, answer.body.data);
    return answer.status;
}

static inline int
calls_get(const char *target)
{
    return calls_get_at(target, calls_noon_ms, 0);
}

static inline const char *
calls_text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

static inline double
calls_number_of(const json_t *object, const char *member)
{
    return json_number_value(json_object_get(object, member));
}
