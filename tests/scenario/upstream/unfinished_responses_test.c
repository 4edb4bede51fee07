/* unfinished_responses_test.c - a 200 that is slow, refused or cut: waited for while it may still come, booked as the paid API
 * bills it, and not paid again at once. */
/* links: @support */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/http/raw_upstream.h"
#include "support/testbed_fixture.h"

static struct raw_upstream raw;
static char large_head[40000], announced_large_head[40000];

static void
setup(void)
{
    static const char *const settings[] = {"UPSTREAM_LOW_SPEED_TIME_S=1",
                                           "UPSTREAM_FIRST_BYTE_TIMEOUT_MS=20000", NULL};

    testbed_start(&testbed, settings);
}

/* The bytes of the test instead of the simulator's. */
static void
raw_setup(void)
{
    setup();
    process_kill(&testbed.simulator);
    raw_upstream_start(&raw, testbed.simulator_port);
}

static void
raw_teardown(void)
{
    raw_upstream_stop(&raw);
    testbed_teardown();
}

START_TEST(a_slow_first_byte_is_waited_for)
{
    testbed_fault(&testbed, "{\"kind\": \"latency\", \"latency_ms\": 2500}");
    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 200);
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 200), 1);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'billed'", 1, 60000);
}
END_TEST

START_TEST(what_was_paid_in_vain_is_not_paid_again)
{
    struct http_response response;
    char text[32];

    testbed_fault(&testbed, "{\"kind\": \"garbage\"}");
    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 502);
    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1&force_refresh=true", 503);
    testbed_get(&testbed, "/api/v1/properties?state=TX&limit=1", &response);
    ck_assert_int_eq(response.status, 503);
    ck_assert_ptr_nonnull(strstr(response.body, "upstream-unusable"));
    ck_assert(http_field(&response, "Retry-After", text, sizeof text));
    http_response_fini(&response);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    ck_assert_int_eq(testbed_count_ledger(&testbed, "1"), 1);
    testbed_await_metric(&testbed, "rentcache_unusable_responses_total{endpoint=\"properties\"}", 1,
                         60000);
    testbed_await_metric(&testbed, "rentcache_unusable_spared_calls_total", 2, 60000);
}
END_TEST

#define STATUS_LINE "HTTP/1.1 200 OK\r\n"
#define TYPE        "Content-Type: application/json\r\n"

struct head {
    const char *why;
    const char *data;
    size_t size; /* 0: up to its NUL */
    enum raw_end end;
    int status;
    const char *slug;
    const char *charge;
};

static const struct head heads[] = {
    {"too large, no length yet", large_head, 0, RAW_END_HOLD, 502, "upstream-too-large", "unknown"},
    {"too large, behind its length", announced_large_head, 0, RAW_END_HOLD, 502,
     "upstream-too-large", "billed"},
    {"a folded field", STATUS_LINE "X-A: b\r\n c\r\n", 0, RAW_END_HOLD, 502, "upstream-malformed",
     "unknown"},
    {"a control character in the type",
     STATUS_LINE "Content-Type: a\x01"
                 "b\r\n",
     0, RAW_END_HOLD, 502, "upstream-malformed", "unknown"},
    {"a NUL", STATUS_LINE "X-A: \0b\r\n", sizeof STATUS_LINE "X-A: \0b\r\n" - 1, RAW_END_HOLD, 502,
     "upstream-malformed", "unknown"},
    {"no colon", STATUS_LINE "X-A\r\n", 0, RAW_END_HOLD, 502, "upstream-malformed", "unknown"},
    {"a negative length", STATUS_LINE "Content-Length: -5\r\n", 0, RAW_END_HOLD, 502,
     "upstream-malformed", "unknown"},
    {"a length with letters", STATUS_LINE "Content-Length: 22abc\r\n", 0, RAW_END_HOLD, 502,
     "upstream-malformed", "unknown"},
    {"chunked, then a folded field", STATUS_LINE "Transfer-Encoding: chunked\r\n x\r\n", 0,
     RAW_END_HOLD, 502, "upstream-malformed", "billed"},
    {"stalled in the head", STATUS_LINE TYPE, 0, RAW_END_HOLD, 504, "upstream-timeout", "unknown"},
    {"closed in the head", STATUS_LINE TYPE, 0, RAW_END_CLOSE, 502, "upstream-failed", "unknown"},
    {"closed in the head, behind its length", STATUS_LINE "Content-Length: 5\r\n", 0, RAW_END_CLOSE,
     502, "upstream-failed", "billed"},
    {"closed before a body without length", STATUS_LINE TYPE "\r\n", 0, RAW_END_CLOSE, 502,
     "upstream-malformed", "unknown"},
    {"an announced body that stalls", STATUS_LINE TYPE "Content-Length: 5\r\n\r\n", 0, RAW_END_HOLD,
     504, "upstream-timeout", "billed"},
    {"an empty body", STATUS_LINE TYPE "Content-Length: 0\r\n\r\n", 0, RAW_END_CLOSE, 502,
     "upstream-malformed", "free"},
    {"no status line", "HTTP/1.1 200OK\r\n", 0, RAW_END_HOLD, 502, "upstream-malformed", "unknown"},
};

static void
fill_large_heads(void)
{
    size_t size = sizeof large_head - 16;

    memset(large_head, 'x', size);
    memcpy(large_head, STATUS_LINE "X-A: ", strlen(STATUS_LINE "X-A: "));
    memcpy(large_head + size, "\r\n", 3);
    memset(announced_large_head, 'x', size);
    memcpy(announced_large_head, STATUS_LINE "Content-Length: 2\r\nX-A: ",
           strlen(STATUS_LINE "Content-Length: 2\r\nX-A: "));
    memcpy(announced_large_head + size, "\r\n", 3);
}

/* The charge of the newest row. */
static void
expect_charge(const struct head *head)
{
    char sql[160];

    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'reserved'", 0, 60000);
    snprintf(sql, sizeof sql, "SELECT status = '%s' FROM ledger ORDER BY rowid DESC LIMIT 1",
             head->charge);
    ck_assert_msg(testbed_query(&testbed, "rentcache.db", sql) == 1, "%s: is not %s", head->why,
                  head->charge);
}

START_TEST(what_a_broken_200_costs_is_what_may_be_billed)
{
    fill_large_heads();
    for (int i = 0; i < (int)(sizeof heads / sizeof *heads); i++) {
        const struct head *head = &heads[i];
        struct http_response response;
        char target[96], type[96];

        raw_upstream_say(&raw, head->data, head->size > 0 ? head->size : strlen(head->data),
                         head->end);
        snprintf(target, sizeof target, "/api/v1/properties?state=TX&offset=%d", i);
        snprintf(type, sizeof type, "urn:rentcache:problem:%s", head->slug);
        testbed_get(&testbed, target, &response);
        ck_assert_msg(response.status == head->status && strstr(response.body, type) != NULL &&
                          strstr(response.body, "writing") == NULL,
                      "%s: %d %s", head->why, response.status, response.body);
        http_response_fini(&response);
        expect_charge(head);
        ck_assert_int_eq(raw_upstream_requests(&raw), i + 1);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("unfinished_responses");
    TCase *slow = tcase_create("slow"), *broken = tcase_create("broken");

    tcase_add_checked_fixture(slow, setup, testbed_teardown);
    tcase_set_timeout(slow, 60);
    tcase_add_test(slow, a_slow_first_byte_is_waited_for);
    tcase_add_test(slow, what_was_paid_in_vain_is_not_paid_again);
    suite_add_tcase(suite, slow);
    tcase_add_checked_fixture(broken, raw_setup, raw_teardown);
    tcase_set_timeout(broken, 120);
    tcase_add_test(broken, what_a_broken_200_costs_is_what_may_be_billed);
    suite_add_tcase(suite, broken);
    return suite;
}
