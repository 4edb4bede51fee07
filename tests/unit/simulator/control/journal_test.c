/* journal_test.c - what arrived, what became of it, and how much is kept. */
/* links: simulator/control/journal.c simulator/control/waiting.c simulator/http/query.c */
/* links: simulator/http/field.c simulator/common/text.c simulator/common/calendar.c */
#include "control/journal.h"
#include "http/field.h"

#include <check.h>
#include <jansson.h>
#include <pthread.h>

static struct journal journal;

static void
set_up(void)
{
    journal_init(&journal, 3);
}

static void
tear_down(void)
{
    journal_fini(&journal);
}

static struct journal_ticket
arrive(const char *query)
{
    struct journal_arrival arrival = {"GET", "/v1/properties", query, "cafe", "r4", "c4", 1234};
    return journal_arrive(&journal, &arrival);
}

/* All rows; the caller gives them back. */
static json_t *
read_rows(uint64_t *dropped)
{
    struct journal_reader reader;
    struct text text = {0};
    journal_read(&journal, &reader);
    field_open(&text, NULL, '[');
    bool has_more = true;
    while (has_more)
        has_more = journal_read_more(&journal, &reader, 2, &text);
    field_close(&text, ']');
    json_t *rows = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(rows != NULL, "%s", text.data);
    text_fini(&text);
    *dropped = reader.dropped;
    return rows;
}

START_TEST(a_row_is_there_on_arrival_and_completed_later)
{
    uint64_t dropped;
    struct journal_ticket ticket = arrive("bedrooms=%2A%3A3&city=San+Antonio&bedrooms=9");
    json_t *rows = read_rows(&dropped);
    json_t *expected = json_pack(
        "[{s:i,s:i,s:s,s:s,s:{s:s,s:s},s:s,s:s,s:s,s:i,s:b}]", "seq", 1, "time_ms", 1234, "method",
        "GET", "path", "/v1/properties", "query", "bedrooms", "*:3", "city", "San Antonio",
        "key_hash", "cafe", "request_id", "r4", "call_id", "c4", "status", 0, "billable", 0);
    ck_assert(json_equal(rows, expected));
    json_decref(rows);
    journal_complete(&journal, ticket, 200, true);
    rows = read_rows(&dropped);
    json_object_set_new(json_array_get(expected, 0), "status", json_integer(200));
    json_object_set_new(json_array_get(expected, 0), "billable", json_true());
    ck_assert(json_equal(rows, expected));
    json_decref(rows);
    json_decref(expected);
}
END_TEST

START_TEST(strange_bytes_become_valid_json)
{
    uint64_t dropped;
    struct journal_arrival arrival = {"GET", "/\xff\"\\\x01", "a=%ff%22&b=%zz", NULL, NULL, NULL,
                                      0};
    journal_arrive(&journal, &arrival);
    json_t *rows = read_rows(&dropped);
    const json_t *row = json_array_get(rows, 0);
    ck_assert_str_eq(json_string_value(json_object_get(row, "path")), "/\xef\xbf\xbd\"\\\x01");
    ck_assert(json_is_null(json_object_get(row, "key_hash")));
    ck_assert(json_is_null(json_object_get(row, "request_id")));
    ck_assert(json_is_null(json_object_get(row, "call_id")));
    const json_t *query = json_object_get(row, "query");
    ck_assert_str_eq(json_string_value(json_object_get(query, "a")), "\xef\xbf\xbd\"");
    ck_assert_str_eq(json_string_value(json_object_get(query, "b")), "%zz");
    json_decref(rows);
}
END_TEST

START_TEST(rows_beyond_the_limit_are_counted_as_dropped)
{
    uint64_t dropped;
    struct journal_ticket last = {0};
    for (int i = 0; i < 5; i++)
        last = arrive(NULL);
    journal_complete(&journal, last, 200, true);
    json_t *rows = read_rows(&dropped);
    ck_assert_uint_eq(json_array_size(rows), 3);
    ck_assert_uint_eq(dropped, 2);
    json_decref(rows);
}
END_TEST

START_TEST(clearing_forgets_requests_in_progress)
{
    uint64_t dropped;
    struct journal_ticket before = arrive("a=1");
    journal_clear(&journal);
    arrive("b=1");
    journal_complete(&journal, before, 200, true);
    json_t *rows = read_rows(&dropped);
    const json_t *row = json_array_get(rows, 0);
    ck_assert_uint_eq(json_array_size(rows), 1);
    ck_assert_uint_eq(dropped, 0);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "seq")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "status")), 0);
    json_decref(rows);
}
END_TEST

static void *
arrive_five_times(void *unused)
{
    (void)unused;
    for (int i = 0; i < 5; i++)
        arrive(NULL);
    return NULL;
}

START_TEST(waiting_ends_with_the_requests_dropped_ones_too)
{
    pthread_t thread;
    int64_t begin_ms = waiting_now_ms();
    ck_assert_int_eq(pthread_create(&thread, NULL, arrive_five_times, NULL), 0);
    journal_wait(&journal, 5, 20000);
    ck_assert_int_lt(waiting_now_ms() - begin_ms, 20000);
    ck_assert_uint_eq(journal.count + journal.dropped, 5);
    pthread_join(thread, NULL);
}
END_TEST

START_TEST(waiting_ends_at_its_deadline_and_at_a_stop)
{
    int64_t begin_ms = waiting_now_ms();
    journal_wait(&journal, 1, 30);
    ck_assert_int_ge(waiting_now_ms() - begin_ms, 29);
    waiting_stop(&journal.waiting);
    journal_wait(&journal, 1, 60000);
    ck_assert_int_lt(waiting_now_ms() - begin_ms, 60000);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("journal");
    TCase *rows = tcase_create("journal");
    tcase_add_checked_fixture(rows, set_up, tear_down);
    tcase_add_test(rows, a_row_is_there_on_arrival_and_completed_later);
    tcase_add_test(rows, strange_bytes_become_valid_json);
    tcase_add_test(rows, rows_beyond_the_limit_are_counted_as_dropped);
    tcase_add_test(rows, clearing_forgets_requests_in_progress);
    tcase_add_test(rows, waiting_ends_with_the_requests_dropped_ones_too);
    tcase_add_test(rows, waiting_ends_at_its_deadline_and_at_a_stop);
    suite_add_tcase(suite, rows);
    return suite;
}
