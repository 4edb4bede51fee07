/* bulk_common.h - bodies of bulk requests, and their answers item by item. */
#pragma once

#include "scenario/requests/routes_common.h"

#define VALUE_BULK "/api/v1/estimates/value/bulk"
#define RENT_BULK  "/api/v1/estimates/rent/bulk"
#define BODY_SIZE  65536
#define HERE       "\"latitude\": 30.27, \"longitude\": -97.74"
#define NOWHERE    "{\"address\": \"1 No Such Street, Austin, TX, 78701\"}"

static inline void
add_item(char body[BODY_SIZE], const char *item)
{
    size_t size = strlen(body);

    snprintf(body + size, BODY_SIZE - size, "%s%s", size == 0 ? "{\"requests\": [" : ", ", item);
}

/* Estimates that are all different: with 5 to 25 comparables. */
static inline void
add_estimates(char body[BODY_SIZE], int from, int count)
{
    for (int i = 0; i < count; i++) {
        char item[160];

        snprintf(item, sizeof item, "{" HERE ", \"compCount\": %d}", from + i);
        add_item(body, item);
    }
}

static inline void
close_body(char body[BODY_SIZE])
{
    snprintf(body + strlen(body), BODY_SIZE - strlen(body), "]}");
}

/* The answer's JSON, to be decref'd. */
static inline json_t *
ask_with(const char *key, const char *path, const char *body, int status)
{
    struct http_response response;
    json_t *answer;

    http_call(testbed.port, "POST", path, key, body, NULL, &response);
    ck_assert_msg(response.status == status, "%d, not %d: %s", response.status, status,
                  response.body);
    answer = json_loads(response.body, 0, NULL);
    ck_assert_ptr_nonnull(answer);
    http_response_fini(&response);
    return answer;
}

static inline json_t *
ask(const char *path, const char *body)
{
    return ask_with(testbed.key, path, body, 200);
}

static inline json_t *
result(const json_t *answer, size_t index)
{
    json_t *item = json_array_get(json_object_get(answer, "results"), index);

    ck_assert_ptr_nonnull(item);
    ck_assert_int_eq(json_integer_value(json_object_get(item, "index")), (json_int_t)index);
    return item;
}

static inline int
status_of(const json_t *answer, size_t index)
{
    return (int)json_integer_value(json_object_get(result(answer, index), "status"));
}

static inline const char *
cache_of(const json_t *answer, size_t index)
{
    return json_string_value(json_object_get(result(answer, index), "cache"));
}

static inline int
count_of(const json_t *answer, const char *name)
{
    return (int)json_integer_value(json_object_get(answer, name));
}

static inline double
dollars(const json_t *answer, const char *name)
{
    return json_number_value(json_object_get(answer, name));
}
