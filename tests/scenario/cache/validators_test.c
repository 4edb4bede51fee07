/* validators_test.c - every stored answer has validators; a client that has the copy already gets 304. */
/* links: @support */
/* topologies: one four */
#include <time.h>

#include "validators_common.h"

static char tag[FIELD_SIZE], modified[FIELD_SIZE];

static void
setup(void)
{
    testbed_start(&testbed, NULL);
}

static void
teardown(void)
{
    testbed_stop(&testbed);
}

/* The first answer, whose validators the tests go on with. */
static void
fetch(void)
{
    struct http_response response;

    ask("GET", TARGET, NULL, &response);
    ck_assert_msg(response.status == 200, "%d: %s", response.status, response.body);
    http_expect_field(&response, "X-Cache-Hit", "false");
    read_field(&response, "ETag", tag);
    read_field(&response, "Last-Modified", modified);
    http_response_fini(&response);
}

static void
expect_same_validators(const struct http_response *response)
{
    http_expect_field(response, "ETag", tag);
    http_expect_field(response, "Last-Modified", modified);
}

static char *
none_match(const char *value)
{
    static char field[2 * FIELD_SIZE];

    snprintf(field, sizeof field, "If-None-Match: %s\r\n", value);
    return field;
}

static void
expect_empty(const struct http_response *response)
{
    ck_assert_uint_eq(response->body_size, 0);
    http_expect_no_field(response, "Content-Length");
    http_expect_no_field(response, "Content-Type");
    http_expect_no_field(response, "Transfer-Encoding");
}

START_TEST(an_entry_has_one_tag_and_the_time_of_its_fetch)
{
    time_t before = time(NULL), seconds;
    struct tm parts = {0};

    row("R-115");
    fetch();
    ck_assert_msg(tag[0] == '"' && strlen(tag) > 20, "no strong tag: %s", tag);
    row("R-116");
    ck_assert_ptr_nonnull(strptime(modified, "%a, %d %b %Y %H:%M:%S GMT", &parts));
    seconds = timegm(&parts);
    ck_assert(seconds >= before && seconds <= time(NULL));
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(status_with("GET", TARGET, NULL, expect_same_validators), 200);
    ck_assert_int_eq(status_with("HEAD", TARGET, NULL, expect_same_validators), 200);
}
END_TEST

/* The fields that a client's cache brings up to date, and those that tell what happened here. */
static void
check_304(const struct http_response *response)
{
    char text[FIELD_SIZE];

    expect_empty(response);
    expect_same_validators(response);
    http_expect_field(response, "Cache-Control", "private, no-cache");
    ck_assert_msg(has_line(response, "Vary: Accept-Encoding"), "%s", response->head);
    http_expect_field(response, "X-Cache-Hit", "true");
    http_expect_field(response, "X-Cache-Level", "near");
    read_field(response, "Date", text);
    read_field(response, "Age", text);
    read_field(response, "X-Response-Time-MS", text);
    read_field(response, "X-Request-ID", text);
    http_expect_field(response, "X-Limit", "5");
    read_field(response, "Cache-Status", text);
    ck_assert_int_eq(strncmp(text, "RentCache; hit; ttl=", 20), 0);
}

START_TEST(a_copy_that_is_current_is_not_sent_again)
{
    char list[FIELD_SIZE * 2];

    row("R-115");
    fetch();
    ck_assert_int_eq(status_with("GET", TARGET, none_match(tag), check_304), 304);
    ck_assert_int_eq(status_with("HEAD", TARGET, none_match(tag), check_304), 304);
    snprintf(list, sizeof list, "\"x\", W/%s, \"y\"", tag);
    ck_assert_int_eq(status_with("GET", TARGET, none_match(list), check_304), 304);
    ck_assert_int_eq(status_with("GET", TARGET, none_match("*"), check_304), 304);
    ck_assert_int_eq(status_with("GET", TARGET, none_match("\"x\""), NULL), 200);
    ck_assert_int_eq(status_with("GET", TARGET, none_match("broken"), NULL), 200);
    snprintf(list, sizeof list, "%s, broken", tag);
    ck_assert_int_eq(status_with("GET", TARGET, none_match(list), NULL), 200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

START_TEST(a_304_leaves_the_connection_in_step)
{
    struct http_response response;
    struct http http;
    json_t *records;

    fetch();
    http_open(&http, testbed.port);
    for (int i = 0; i < 3; i++) {
        ck_assert(http_call_on(&http, i == 1 ? "HEAD" : "GET", TARGET, testbed.key, NULL,
                               none_match(tag), &response));
        ck_assert_int_eq(response.status, 304);
        http_response_fini(&response);
        ck_assert(http_call_on(&http, "GET", TARGET, testbed.key, NULL, NULL, &response));
        ck_assert_int_eq(response.status, 200);
        records = json_loads(response.body, 0, NULL);
        ck_assert_ptr_nonnull(records);
        json_decref(records);
        http_response_fini(&response);
    }
    http_close(&http);
}
END_TEST

/* The three forms of a date. */
enum form { FORM_PREFERRED, FORM_RFC850, FORM_ASCTIME, FORM_COUNT };

static void
since(char field[FIELD_SIZE], enum form form, time_t seconds)
{
    struct tm parts;
    char date[64], day[32];

    gmtime_r(&seconds, &parts);
    strftime(day, sizeof day, "%A, %d-%b", &parts);
    if (form == FORM_PREFERRED)
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    else if (form == FORM_RFC850)
        snprintf(date, sizeof date, "%s-%02d %02d:%02d:%02d GMT", day, parts.tm_year % 100,
                 parts.tm_hour, parts.tm_min, parts.tm_sec);
    else
        strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &parts);
    snprintf(field, FIELD_SIZE, "If-Modified-Since: %s\r\n", date);
}

START_TEST(a_date_is_a_condition_too)
{
    struct tm parts = {0};
    char field[FIELD_SIZE], both[3 * FIELD_SIZE];
    time_t fetched;

    row("R-116");
    fetch();
    ck_assert_ptr_nonnull(strptime(modified, "%a, %d %b %Y %H:%M:%S GMT", &parts));
    fetched = timegm(&parts);
    for (enum form form = 0; form < FORM_COUNT; form++) {
        since(field, form, fetched);
        ck_assert_int_eq(status_with("GET", TARGET, field, check_304), 304);
        ck_assert_int_eq(status_with("HEAD", TARGET, field, check_304), 304);
        since(field, form, fetched + 1);
        ck_assert_int_eq(status_with("GET", TARGET, field, check_304), 304);
        since(field, form, fetched - 1);
        ck_assert_int_eq(status_with("GET", TARGET, field, NULL), 200);
    }
    ck_assert_int_eq(status_with("GET", TARGET, "If-Modified-Since: yesterday\r\n", NULL), 200);
    /* the tag wins, both ways */
    since(field, FORM_PREFERRED, fetched + 60);
    snprintf(both, sizeof both, "%s%s", field, none_match("\"x\""));
    ck_assert_int_eq(status_with("GET", TARGET, both, NULL), 200);
    since(field, FORM_PREFERRED, fetched - 60);
    snprintf(both, sizeof both, "%s%s", field, none_match(tag));
    ck_assert_int_eq(status_with("GET", TARGET, both, check_304), 304);
}
END_TEST

static void
look_at_paid_304(const struct http_response *response)
{
    expect_empty(response);
    http_expect_field(response, "ETag", tag);
    http_expect_field(response, "X-Cache-Hit", "false");
    http_expect_field(response, "X-Estimated-Cost", "1.0");
}

START_TEST(what_was_fetched_and_did_not_change_is_304_and_paid)
{
    fetch();
    ck_assert_int_eq(
        status_with("GET", TARGET "&force_refresh=true", none_match(tag), look_at_paid_304), 304);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    testbed_await_query(
        &testbed, "rentcache.db",
        "SELECT count(*) FROM usage_stats WHERE status_code = 304 AND cost_micro_usd "
        "= 1000000 AND decision = 'miss'",
        1, 60000);
}
END_TEST

START_TEST(a_304_is_a_hit_with_a_row)
{
    row("R-115");
    fetch();
    ck_assert_int_eq(status_with("GET", TARGET, none_match(tag), NULL), 304);
    testbed_await_query(
        &testbed, "rentcache.db",
        "SELECT count(*) FROM usage_stats WHERE status_code = 304 AND decision = 'hit'", 1, 60000);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 2, 60000);
}
END_TEST

static void
look_at_l2(const struct http_response *response)
{
    expect_same_validators(response);
    http_expect_field(response, "X-Cache-Level", "L2");
}

START_TEST(validators_outlive_the_server)
{
    row("R-115");
    fetch();
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    ck_assert_int_eq(status_with("GET", TARGET, none_match(tag), look_at_l2), 304);
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    ck_assert_int_eq(status_with("GET", TARGET, NULL, look_at_l2), 200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

START_TEST(other_bytes_have_another_tag)
{
    struct http_response response;
    char other[FIELD_SIZE];

    fetch();
    ask("GET", "/api/v1/properties?state=TX&limit=6", NULL, &response);
    read_field(&response, "ETag", other);
    ck_assert_str_ne(other, tag);
    http_response_fini(&response);
}
END_TEST

static void
look_at_error(const struct http_response *response)
{
    http_expect_no_field(response, "ETag");
    http_expect_no_field(response, "Last-Modified");
    http_expect_field(response, "Cache-Control", "no-store");
}

START_TEST(errors_have_no_validators_and_conditions_do_not_change_them)
{
    ck_assert_int_eq(
        status_with("GET", "/api/v1/properties?limit=0", "If-None-Match: *\r\n", look_at_error),
        422);
    ck_assert_int_eq(
        status_with("GET", "/api/v1/properties/Nowhere-1", "If-None-Match: *\r\n", look_at_error),
        404);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("validators");
    TCase *tests = tcase_create("answers");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_entry_has_one_tag_and_the_time_of_its_fetch);
    tcase_add_test(tests, a_copy_that_is_current_is_not_sent_again);
    tcase_add_test(tests, a_304_leaves_the_connection_in_step);
    tcase_add_test(tests, a_date_is_a_condition_too);
    tcase_add_test(tests, what_was_fetched_and_did_not_change_is_304_and_paid);
    tcase_add_test(tests, a_304_is_a_hit_with_a_row);
    tcase_add_test(tests, validators_outlive_the_server);
    tcase_add_test(tests, other_bytes_have_another_tag);
    tcase_add_test(tests, errors_have_no_validators_and_conditions_do_not_change_them);
    suite_add_tcase(suite, tests);
    return suite;
}
