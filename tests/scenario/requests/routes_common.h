/* routes_common.h - asking routes and reading what the paid API was asked. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/row.h"
#include "support/testbed_fixture.h"

/* The n-th call from the end (1: the last one) as the paid API saw it: {"path", "query", "status", ...}. To be
 * decref'd. */
static inline json_t *
call_from_end(size_t n)
{
    json_t *journal = testbed_control(&testbed, "GET", "/_control/journal", NULL);
    json_t *requests = json_object_get(journal, "requests");
    json_t *call = json_incref(json_array_get(requests, json_array_size(requests) - n));

    json_decref(journal);
    ck_assert_ptr_nonnull(call);
    return call;
}

/* query: a JSON object of texts, or NULL: any. status 0: any. */
static inline void
expect_call(size_t from_end, const char *path, const char *query, int status)
{
    json_t *call = call_from_end(from_end);
    json_t *expected = query != NULL ? json_loads(query, 0, NULL) : NULL;
    char *seen = json_dumps(call, JSON_SORT_KEYS);

    ck_assert_msg(strcmp(json_string_value(json_object_get(call, "path")), path) == 0, "%s", seen);
    ck_assert_msg(query == NULL || json_equal(json_object_get(call, "query"), expected),
                  "not %s: %s", query, seen);
    ck_assert_msg(status == 0 || json_integer_value(json_object_get(call, "status")) == status,
                  "%s", seen);
    json_decref(expected);
    json_decref(call);
    free(seen);
}
