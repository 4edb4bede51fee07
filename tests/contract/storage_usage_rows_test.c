/* storage_usage_rows_test.c - usage rows read back: filters, pages, bounds, and the indexes that they go along. */
/* links: @storage @core */
#include "contract/storage_support.h"
#include "sql/statements.h"
#include "support/row.h"

#define ACCOUNT_TEXT(name, text) {#name, text},

static const struct {
    const char *name, *text;
} account_statements[] = {ACCOUNT_STATEMENTS(ACCOUNT_TEXT)};

static struct place place;
static struct accounts *accounts;
static struct key_row first_key, second_key;
static struct usage_row found[64];
static size_t found_count;

static void
open_backend(int backend)
{
    place_init(&place, backend);
    accounts = place_accounts(&place);
    first_key = make_key(accounts, "first", 0, 0, NOON_US);
    second_key = make_key(accounts, "second", 0, 0, NOON_US);
}

static void
teardown(void)
{
    accounts_close(&accounts);
    place_fini(&place);
}

static struct usage_record
record(int64_t sequence, int64_t wall_us, int64_t api_key_id, enum decision decision, int status,
       const char *endpoint)
{
    struct usage_record made = make_record(sequence, wall_us, api_key_id, decision);

    made.status_code = (uint16_t)status;
    made.response_time_us = (uint32_t)sequence * 1000;
    snprintf(made.endpoint, sizeof made.endpoint, "%s", endpoint);
    return made;
}

/* The row of a sequence took as many milliseconds. 4 and 5 were made at one instant, 6 before all others. */
static void
store(void)
{
    const struct usage_record records[] = {
        record(1, NOON_US + 1, first_key.id, DECISION_HIT, 200, "a"),
        record(2, NOON_US + 2, second_key.id, DECISION_MISS, 200, "a"),
        record(3, NOON_US + 3, first_key.id, DECISION_REFUSED, 429, "b"),
        record(4, NOON_US + 4, first_key.id, DECISION_STALE, 200, "b"),
        record(5, NOON_US + 4, first_key.id, DECISION_ERROR, 504, "a"),
        record(6, NOON_US - 9, second_key.id, DECISION_HIT, 404, "b"),
    };

    store_records(accounts, 1, records, COUNT(records));
}

static void
note_row(void *context, const struct usage_row *row)
{
    (void)context;
    ck_assert_uint_lt(found_count, COUNT(found));
    found[found_count++] = *row;
}

static struct usage_filter
everything(void)
{
    return (struct usage_filter){
        .endpoint = "", .decision = -1, .rows_most = 50, .looked_at_most = 1000};
}

static struct usage_place
ask(const struct usage_filter *filter)
{
    struct usage_place next = {.wall_us = -1};

    found_count = 0;
    ck_assert_int_eq(usage_rows(accounts, filter, note_row, NULL, &next), STATUS_OK);
    return next;
}

/* numbers: the milliseconds that the rows took, in their order. */
static void
expect_found(const char *numbers)
{
    char text[256] = "";
    size_t used = 0;

    for (size_t i = 0; i < found_count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", i > 0 ? " " : "",
                                 (long long)found[i].response_time_us / 1000);
    ck_assert_str_eq(text, numbers);
}

START_TEST(a_row_comes_back_as_it_was_stored)
{
    struct usage_filter filter = everything();
    struct usage_record stored = make_record(1, NOON_US + 123456, 0, DECISION_MISS);

    row("R-081");
    open_backend(_i);
    stored.api_key_id = second_key.id;
    stored.response_time_us = 45670;
    stored.level = LEVEL_L2;
    store_records(accounts, 1, &stored, 1);
    ask(&filter);
    ck_assert_uint_eq(found_count, 1);
    ck_assert_int_eq(found[0].created_wall_us, NOON_US + 123456);
    ck_assert_int_eq(found[0].api_key_id, second_key.id);
    ck_assert_str_eq(found[0].key_name, "second");
    ck_assert_str_eq(found[0].endpoint, "properties");
    ck_assert_str_eq(found[0].method, "GET");
    ck_assert_int_eq(found[0].status_code, 200);
    ck_assert_int_eq(found[0].response_time_us, 45670);
    ck_assert_str_eq(found[0].decision, "miss");
    ck_assert_str_eq(found[0].level, "L2");
    ck_assert_int_eq(found[0].cost_micro_usd, 1000000);
    ck_assert_int_eq(found[0].saved_micro_usd, 0);
    ck_assert_str_eq(found[0].user_agent, "curl/7.8");
    ck_assert_str_eq(found[0].ip_address, "192.0.2.17");
}
END_TEST

START_TEST(rows_come_newest_first)
{
    struct usage_filter filter = everything();

    row("R-089");
    open_backend(_i);
    store();
    ck_assert_int_eq(ask(&filter).wall_us, 0);
    expect_found("5 4 3 2 1 6");
}
END_TEST

START_TEST(each_filter_narrows_alone_and_with_others)
{
    struct usage_filter filter = everything();

    row("R-087");
    row("R-088");
    row("R-089");
    open_backend(_i);
    store();
    filter.api_key_id = first_key.id;
    ask(&filter);
    expect_found("5 4 3 1");
    filter.endpoint = "a";
    ask(&filter);
    expect_found("5 1");
    filter.api_key_id = 0;
    ask(&filter);
    expect_found("5 2 1");
    filter.least_response_time_us = 2000;
    ask(&filter);
    expect_found("5 2");
    filter = everything();
    filter.decision = DECISION_HIT;
    ask(&filter);
    expect_found("1 6");
    filter.decision = DECISION_ERROR;
    ask(&filter);
    expect_found("5");
    filter = everything();
    filter.status_code = 200;
    ask(&filter);
    expect_found("4 2 1");
}
END_TEST

START_TEST(a_range_has_its_beginning_and_not_its_end)
{
    struct usage_filter filter = everything();

    row("R-087");
    open_backend(_i);
    store();
    filter.from_wall_us = NOON_US + 2;
    filter.before.wall_us = NOON_US + 4;
    ask(&filter);
    expect_found("3 2");
    filter.api_key_id = second_key.id;
    ask(&filter);
    expect_found("2");
}
END_TEST

/* Also where a page ends between two rows of one instant. */
START_TEST(pages_follow_each_other_without_a_gap)
{
    struct usage_filter filter = everything();
    char numbers[64] = "";

    open_backend(_i);
    store();
    filter.rows_most = 1;
    do {
        filter.before = ask(&filter);
        if (found_count > 0)
            snprintf(numbers + strlen(numbers), sizeof numbers - strlen(numbers), "%lld ",
                     (long long)found[0].response_time_us / 1000);
    } while (filter.before.wall_us != 0);
    ck_assert_str_eq(numbers, "5 4 3 2 1 6 ");
}
END_TEST

START_TEST(a_filter_that_fits_little_ends_and_goes_on)
{
    struct usage_filter filter = everything();

    open_backend(_i);
    store();
    filter.status_code = 404;
    filter.looked_at_most = 4;
    filter.before = ask(&filter);
    ck_assert_uint_eq(found_count, 0);
    ck_assert_int_eq(filter.before.wall_us, NOON_US + 2);
    ck_assert_int_eq(ask(&filter).wall_us, 0);
    expect_found("6");
}
END_TEST

START_TEST(the_oldest_row_says_since_when_there_are_rows)
{
    int64_t since_wall_us = -1, deleted;

    open_backend(_i);
    ck_assert_int_eq(usage_rows_since(accounts, &since_wall_us), STATUS_OK);
    ck_assert_int_eq(since_wall_us, 0);
    store();
    ck_assert_int_eq(usage_rows_since(accounts, &since_wall_us), STATUS_OK);
    ck_assert_int_eq(since_wall_us, NOON_US - 9);
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(usage_forget(accounts, NOON_US + 2, 10, &deleted), STATUS_OK);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
    ck_assert_int_eq(usage_rows_since(accounts, &since_wall_us), STATUS_OK);
    ck_assert_int_eq(since_wall_us, NOON_US + 2);
}
END_TEST

struct plan_case {
    const char *statement, *plan;
};

/* No row is read that is not in the range, and none is sorted. */
static const struct plan_case plans[] = {
    {"USAGE_ROWS_OF_KEY", "SEARCH u USING INDEX idx_usage_stats_api_key_created"
                          " (api_key_id=? AND created_at>? AND created_at<?)"},
    {"USAGE_ROWS_OF_ENDPOINT", "SEARCH u USING INDEX idx_usage_stats_endpoint_created"
                               " (endpoint=? AND created_at>? AND created_at<?)"},
    {"USAGE_ROWS_OF_HITS", "SEARCH u USING INDEX idx_usage_stats_cache_hit"
                           " (cache_hit=? AND created_at>? AND created_at<?)"},
    {"USAGE_ROWS", "SEARCH u USING INDEX idx_usage_stats_cache_hit"
                   " (cache_hit=? AND created_at>? AND created_at<?)"},
    {"USAGE_OLDEST",
     "SEARCH usage_stats USING COVERING INDEX idx_usage_stats_cache_hit (cache_hit=?)"},
    {"USAGE_FORGET", "SEARCH usage_stats USING COVERING INDEX idx_usage_stats_cache_hit"
                     " (cache_hit=? AND created_at<?)"},
};

START_TEST(a_question_goes_along_its_index)
{
    const struct plan_case *expected = &plans[_i];
    char query[2048] = "";
    const char *plan;

    row("R-087");
    row("R-088");
    row("R-089");
    open_backend(0);
    for (size_t i = 0; i < COUNT(account_statements); i++)
        if (strcmp(account_statements[i].name, expected->statement) == 0)
            snprintf(query, sizeof query, "EXPLAIN QUERY PLAN %s", account_statements[i].text);
    plan = raw_rows(&place, "rentcache.db", query);
    ck_assert_msg(strstr(plan, expected->plan) != NULL, "%s", plan);
    ck_assert_msg(strstr(plan, "TEMP B-TREE") == NULL && strstr(plan, "SCAN") == NULL, "%s", plan);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage/usage_rows");
    TCase *tcase = tcase_create("usage_rows");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, a_row_comes_back_as_it_was_stored, 0, BACKENDS);
    tcase_add_loop_test(tcase, rows_come_newest_first, 0, BACKENDS);
    tcase_add_loop_test(tcase, each_filter_narrows_alone_and_with_others, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_range_has_its_beginning_and_not_its_end, 0, BACKENDS);
    tcase_add_loop_test(tcase, pages_follow_each_other_without_a_gap, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_filter_that_fits_little_ends_and_goes_on, 0, BACKENDS);
    tcase_add_loop_test(tcase, the_oldest_row_says_since_when_there_are_rows, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_question_goes_along_its_index, 0, COUNT(plans));
    suite_add_tcase(suite, tcase);
    return suite;
}
