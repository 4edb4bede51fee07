/* odd_responses_test.c - what was paid is used where it can be; our key stays ours; a wish to wait is handed on. */
/* links: @support */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/http/raw_upstream.h"
#include "support/testbed_fixture.h"

#define JSON "{\"a\":1}"

static struct raw_upstream raw;

/* The bytes of the test instead of the simulator's. */
static void
raw_setup(void)
{
    testbed_setup();
    process_kill(&testbed.simulator);
    raw_upstream_start(&raw, testbed.simulator_port);
}

static void
raw_teardown(void)
{
    raw_upstream_stop(&raw);
    testbed_teardown();
}

struct odd {
    const char *why;
    const char *fields;
    const char *body;
    size_t size;
};

#define ODD(why, fields, body)                                                                     \
    {                                                                                              \
        why, fields, body, sizeof(body) - 1                                                        \
    }

static const struct odd odds[] = {
    ODD("a byte order mark", "Content-Type: application/json\r\n", "\xef\xbb\xbf" JSON),
    ODD("text/json", "Content-Type: text/json\r\n", JSON),
    ODD("+json", "Content-Type: application/geo+json\r\n", JSON),
    ODD("gzip", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
        "\xab\x56\x4a\x54\xb2\x32\xac\x05\x00\xaf\xac\x1b\x56\x07\x00\x00\x00"),
    ODD("deflate", "Content-Type: application/json\r\nContent-Encoding: deflate\r\n",
        "\x78\x9c\xab\x56\x4a\x54\xb2\x32\xac\x05\x00\x08\x2a\x02\x09"),
    ODD("raw deflate", "Content-Type: application/json\r\nContent-Encoding: deflate\r\n",
        "\xab\x56\x4a\x54\xb2\x32\xac\x05\x00"),
    ODD("identity", "Content-Type: application/json\r\nContent-Encoding: identity\r\n", JSON),
};

static char said[2048];

/* The raw upstream answers with this from now on. */
static void
say(int status, const char *fields, const void *body, size_t size)
{
    int head = snprintf(said, sizeof said, "HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n", status,
                        fields, size);

    memcpy(said + head, body, size);
    raw_upstream_say(&raw, said, (size_t)head + size, RAW_END_CLOSE);
}

START_TEST(what_can_be_read_is_used)
{
    for (int i = 0; i < (int)(sizeof odds / sizeof *odds); i++) {
        struct http_response response;
        char target[96], text[64];

        say(200, odds[i].fields, odds[i].body, odds[i].size);
        snprintf(target, sizeof target, "/api/v1/properties?state=TX&offset=%d", i);
        for (int hit = 0; hit < 2; hit++) {
            testbed_get(&testbed, target, &response);
            ck_assert_msg(response.status == 200 && strcmp(response.body, JSON) == 0, "%s: %d %s",
                          odds[i].why, response.status, response.body);
            ck_assert(!http_field(&response, "Content-Encoding", text, sizeof text));
            http_response_fini(&response);
        }
        ck_assert_int_eq(raw_upstream_requests(&raw), i + 1);
    }
}
END_TEST

START_TEST(our_key_is_told_to_nobody)
{
    static const char text[] = "bad request for key sim_key_unlimited";
    struct http_response response;

    say(200,
        "Content-Type: application/json\r\nX-Api-Key: sim_key_unlimited\r\n"
        "X-Echo: key=sim_key_unlimited.\r\n",
        JSON, sizeof JSON - 1);
    testbed_get(&testbed, "/api/v1/properties?state=TX&offset=1", &response);
    ck_assert_int_eq(response.status, 200);
    http_expect_no_field(&response, "X-Api-Key");
    http_expect_field(&response, "X-Echo", "key=***.");
    http_response_fini(&response);
    ck_assert_int_eq(testbed_query(&testbed, "cache.db",
                                   "SELECT count(*) FROM cache_entries WHERE "
                                   "instr(CAST(headers AS TEXT), 'sim_key') > 0"),
                     0);

    say(400, "Content-Type: text/plain\r\n", text, sizeof text - 1);
    testbed_get(&testbed, "/api/v1/properties?state=TX&offset=2", &response);
    ck_assert_int_eq(response.status, 400);
    ck_assert_ptr_nonnull(strstr(response.body, "bad request for key ***"));
    http_response_fini(&response);
}
END_TEST

START_TEST(an_error_that_is_no_utf8_is_shown_all_the_same)
{
    static const char text[] = "caf\xe9 is closed";
    struct http_response response;

    say(400, "Content-Type: text/plain\r\n", text, sizeof text - 1);
    testbed_get(&testbed, "/api/v1/properties?state=TX&offset=2", &response);
    ck_assert_ptr_nonnull(strstr(response.body, "caf\xef\xbf\xbd is closed"));
    http_response_fini(&response);
}
END_TEST

struct wish {
    int upstream_status;
    const char *retry_after;
    int status;
    const char *told; /* NULL: nothing */
};

static const struct wish wishes[] = {
    {503, "30", 503, "30"},
    {503, "9999999999", 503, "300"},
    {503, "Thu, 01 Jan 2099 00:00:00 GMT", 503, "300"},
    {500, "7", 500, "7"},
    {501, NULL, 501, NULL},
    {429, "9999999999", 503, "300"},
};

/* Never asked again before its time, nor after a 501. */
START_TEST(a_wish_to_wait_is_handed_on)
{
    const struct wish *wish = &wishes[_i];
    struct http_response response;
    char fields[96] = "";

    if (wish->retry_after != NULL)
        snprintf(fields, sizeof fields, "Retry-After: %s\r\n", wish->retry_after);
    say(wish->upstream_status, fields, "no", 2);
    testbed_get(&testbed, "/api/v1/properties?state=TX", &response);
    ck_assert_int_eq(response.status, wish->status);
    if (wish->told != NULL)
        http_expect_field(&response, "Retry-After", wish->told);
    else
        http_expect_no_field(&response, "Retry-After");
    http_response_fini(&response);
    ck_assert_int_eq(raw_upstream_requests(&raw), 1);
}
END_TEST

START_TEST(an_item_is_told_to_wait_too)
{
    struct http_response response;

    say(503, "Retry-After: 30\r\n", "no", 2);
    http_call(testbed.port, "POST", "/api/v1/estimates/value/bulk", testbed.key,
              "[{\"latitude\": 30.27, \"longitude\": -97.74}]", NULL, &response);
    ck_assert_msg(strstr(response.body, "\"retry_after_s\": 30") != NULL, "%s", response.body);
    http_response_fini(&response);
    ck_assert_int_eq(raw_upstream_requests(&raw), 1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("odd_responses");
    TCase *cases = tcase_create("raw");

    tcase_add_checked_fixture(cases, raw_setup, raw_teardown);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, what_can_be_read_is_used);
    tcase_add_test(cases, our_key_is_told_to_nobody);
    tcase_add_test(cases, an_error_that_is_no_utf8_is_shown_all_the_same);
    tcase_add_loop_test(cases, a_wish_to_wait_is_handed_on, 0,
                        (int)(sizeof wishes / sizeof *wishes));
    tcase_add_test(cases, an_item_is_told_to_wait_too);
    suite_add_tcase(suite, cases);
    return suite;
}
