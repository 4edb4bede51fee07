/* log_lines_test.c - what the log says of a request, of a refusal and of a change: one JSON object a line, typed. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "support/server/admin.h"
#include "support/server/log_line.h"
#include "support/testbed_fixture.h"

#define PATH  "/api/v1/properties"
#define QUERY "state=TX&limit=2"

static json_t *
await_line(const char *message, const char *name, const char *value)
{
    return log_line_await(testbed.log_path, message, name, value);
}

static void
expect_texts(const json_t *line, const char *const *pairs)
{
    for (size_t i = 0; pairs[i] != NULL; i += 2)
        ck_assert_msg(strcmp(json_string_value(json_object_get(line, pairs[i])) != NULL
                                 ? json_string_value(json_object_get(line, pairs[i]))
                                 : "",
                             pairs[i + 1]) == 0,
                      "%s is %s", pairs[i], json_string_value(json_object_get(line, pairs[i])));
}

static void
call(const char *target, const char *key, const char *request_id, int status)
{
    char fields[96];
    struct http http;
    struct http_response response;

    snprintf(fields, sizeof fields, "X-Request-ID: %s\r\n", request_id);
    http_open(&http, testbed.port);
    ck_assert(http_call_on(&http, "GET", target, key, NULL, fields, &response));
    ck_assert_int_eq(response.status, status);
    http_response_fini(&response);
    http_close(&http);
}

START_TEST(a_request_is_a_line_of_typed_fields)
{
    static const char *const miss[] = {"service",  "gateway", "level",      "INFO",      "method",
                                       "GET",      "route",   "properties", "path",      PATH,
                                       "decision", "miss",    "client",     "127.0.0.1", NULL};
    static const char *const hit[] = {"decision", "hit", "cache_level", "near", NULL};
    json_t *first, *second;

    call(PATH "?" QUERY "&nobody_declared=SECRET", testbed.key, "first", 200);
    call(PATH "?" QUERY, testbed.key, "second", 200);
    first = await_line("access", "request_id", "first");
    second = await_line("access", "request_id", "second");
    expect_texts(first, miss);
    expect_texts(second, hit);
    ck_assert_uint_eq(strlen(json_string_value(json_object_get(first, "timestamp"))), 27);
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(first, "query")), "state=TX"));
    ck_assert_ptr_null(strstr(json_string_value(json_object_get(first, "query")), "SECRET"));
    ck_assert_str_eq(json_string_value(json_object_get(first, "cache_key")),
                     json_string_value(json_object_get(second, "cache_key")));
    ck_assert_int_eq(json_integer_value(json_object_get(first, "status")), 200);
    ck_assert_int_gt(json_integer_value(json_object_get(first, "key_id")), 0);
    ck_assert_int_gt(json_integer_value(json_object_get(first, "bytes")), 0);
    ck_assert_int_gt(json_integer_value(json_object_get(first, "duration_us")), 0);
    ck_assert_double_gt(json_real_value(json_object_get(first, "cost_usd")), 0);
    ck_assert_double_eq(json_real_value(json_object_get(second, "cost_usd")), 0);
    ck_assert_double_gt(json_real_value(json_object_get(second, "saved_usd")), 0);
    ck_assert_int_gt(json_integer_value(json_object_get(second, "ttl_s")), 0);
    json_decref(first);
    json_decref(second);
}
END_TEST

static void
setup_debug(void)
{
    const char *settings[] = {"LOG_LEVEL=DEBUG", NULL};

    testbed_start(&testbed, settings);
}

START_TEST(the_request_id_is_in_the_lines_of_the_other_actors)
{
    json_t *lookup, *paid, *failed;

    call(PATH "?" QUERY, testbed.key, "miss", 200);
    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 500}");
    call(PATH "?state=CA", testbed.key, "broken", 500);
    lookup = await_line("lookup", "request_id", "miss");
    paid = await_line("call", "request_id", "miss");
    failed = await_line("call failed", "request_id", "broken");
    expect_texts(lookup, (const char *const[]){"service", "cache", "level", "DEBUG", "reason",
                                               "absent", "decision", "miss", NULL});
    expect_texts(paid, (const char *const[]){"service", "upstream", "level", "DEBUG", "route",
                                             "properties", "charge", "billed", NULL});
    expect_texts(failed, (const char *const[]){"service", "upstream", "level", "WARNING", "charge",
                                               "free", NULL});
    ck_assert_int_eq(json_integer_value(json_object_get(failed, "status")), 500);
    ck_assert_int_gt(json_integer_value(json_object_get(paid, "duration_us")), 0);
    json_decref(lookup);
    json_decref(paid);
    json_decref(failed);
}
END_TEST

/* The server's own lines: those that begin as JSON. */
START_TEST(every_line_of_every_actor_has_its_head)
{
    static const char *const head[] = {"timestamp", "level", "service", "message"};
    FILE *log;
    char text[6144];
    int lines = 0;

    call(PATH "?" QUERY, testbed.key, "miss", 200);
    json_decref(await_line("access", "request_id", "miss"));
    log = fopen(testbed.log_path, "re");
    ck_assert_ptr_nonnull(log);
    while (fgets(text, sizeof text, log) != NULL) {
        json_t *line = json_loads(text, 0, NULL);

        for (size_t i = 0; line != NULL && i < sizeof head / sizeof *head; i++)
            ck_assert_msg(json_is_string(json_object_get(line, head[i])), "no %s: %s", head[i],
                          text);
        lines += line != NULL;
        json_decref(line);
    }
    fclose(log);
    ck_assert_int_gt(lines, 10);
}
END_TEST

struct refusal {
    const char *request_id, *target,
        *key; /* key NULL: none, "" the testbed's, "old": one that has expired */
    int status;
    const char *message, *reason;
};

static const struct refusal refusals[] = {
    {"no-key", PATH, NULL, 401, "refused", "no-key"},
    {"unknown", PATH, "rc_unknown", 401, "refused", "unknown-key"},
    {"expired", PATH, "old", 401, "refused", "expired-key"},
    {"nowhere", "/api/v1/nowhere", "", 404, "access", "not-found"},
    {"wrong", PATH "?limit=x", "", 422, "access", "invalid-parameter"},
};

START_TEST(a_refusal_has_a_line_that_says_why)
{
    const struct refusal *refusal = &refusals[_i];
    const char *const expected[] = {"reason", refusal->reason, "decision", "refused", NULL};
    const char *key = refusal->key;
    char old[80];
    json_t *line;

    if (key != NULL && strcmp(key, "old") == 0) {
        testbed_make_key(&testbed, "old", "", old);
        json_decref(
            admin_change_key(&testbed, "old", "{\"expires_at\": \"2020-01-01T00:00:00Z\"}", 200));
        key = old;
    }
    call(refusal->target, key != NULL && key[0] == '\0' ? testbed.key : key, refusal->request_id,
         refusal->status);
    line = await_line(refusal->message, "request_id", refusal->request_id);
    expect_texts(line, expected);
    ck_assert_int_eq(json_integer_value(json_object_get(line, "status")), refusal->status);
    if (key == old)
        ck_assert_int_eq(json_integer_value(json_object_get(line, "key_id")),
                         admin_key_id(&testbed, "old"));
    json_decref(line);
}
END_TEST

START_TEST(a_change_by_an_administrator_has_a_line)
{
    char key[80], id[32], target[64];

    testbed_make_key(&testbed, "mine", "", key);
    snprintf(id, sizeof id, "%lld", admin_key_id(&testbed, "mine"));
    snprintf(target, sizeof target, "/admin/api-keys/%s", id);
    json_decref(await_line("key created", "key_name", "mine"));
    json_decref(await_line("key created", "key_id", id));
    json_decref(admin_change_key(&testbed, "mine", "{\"daily_limit\": 5}", 200));
    json_decref(await_line("key changed", "members", "daily_limit"));
    json_decref(admin_call(&testbed, "DELETE", target, NULL, 200));
    json_decref(await_line("key deleted", "key_id", id));
    json_decref(
        admin_call(&testbed, "POST", "/admin/cache/clear", "{\"endpoint\": \"properties\"}", 200));
    json_decref(await_line("cache cleared", "route", "properties"));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("log_lines");
    TCase *test = tcase_create("log_lines");

    tcase_set_timeout(test, 120);
    tcase_add_checked_fixture(test, testbed_setup, testbed_teardown);
    tcase_add_test(test, a_request_is_a_line_of_typed_fields);
    tcase_add_loop_test(test, a_refusal_has_a_line_that_says_why, 0,
                        sizeof refusals / sizeof *refusals);
    tcase_add_test(test, a_change_by_an_administrator_has_a_line);
    suite_add_tcase(suite, test);
    test = tcase_create("debug");
    tcase_set_timeout(test, 120);
    tcase_add_checked_fixture(test, setup_debug, testbed_teardown);
    tcase_add_test(test, the_request_id_is_in_the_lines_of_the_other_actors);
    tcase_add_test(test, every_line_of_every_actor_has_its_head);
    suite_add_tcase(suite, test);
    return suite;
}
