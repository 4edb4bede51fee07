/* fault_test.c - the whole cache actor: what the faults of an upstream leave for those who wait. */
/* links: @support @cache @storage @core */
#include "unit/cache/cache_fixture.h"

#include <sqlite3.h>

#include "support/row.h"

/* "value" lives 3600 s and stands in for errors for 7200 s more. */
#define REFRESH_AGO_S 4000
#define ERROR_AGO_S   5000
#define USELESS_AGO_S 11000

static struct cache_fixture fixture;

static void
begin(void)
{
    fixture_open(&fixture, NULL);
}

static void
begin_short(void)
{
    fixture_open(&fixture, (const char *const[]){"UPSTREAM_TIMEOUT_MS=5000", NULL});
}

static void
end(void)
{
    fixture_close(&fixture);
}

static uint64_t
ask_as(int64_t api_key_id)
{
    return ask_with(&fixture, (struct ask){.api_key_id = api_key_id});
}

static const struct {
    struct upstream_answer line;
    const char *detail;
} faults[] = {
    {{.status = STATUS_UPSTREAM_FAILED}, "upstream-failed"},
    {{.status = STATUS_UPSTREAM_TIMEOUT}, "upstream-timeout"},
    {{.status = STATUS_UPSTREAM_LIMITED, .retry_after_s = 9}, "upstream-limited"},
    {{.status = STATUS_UPSTREAM_CREDENTIAL, .http_status = 403}, "upstream-credential"},
    {{.status = STATUS_LEDGER_UNAVAILABLE}, "ledger-unavailable"},
    {{.status = STATUS_UPSTREAM_TOO_LARGE}, "upstream-too-large"},
    {{.http_status = 500, .body = "oops"}, "upstream-refused"},
};

START_TEST(a_stale_entry_stands_in_for_a_fault)
{
    row("R-061");
    store_old(&fixture, ERROR_AGO_S);
    uint64_t payer = ask(&fixture);

    fetch_number(&fixture, 2);
    uint64_t follower = ask(&fixture);

    settle(&fixture);
    upstream_says(&fixture, 2, faults[_i].line);
    expect_decision(&fixture, payer, DECISION_STALE, "old");
    expect_decision(&fixture, follower, DECISION_STALE, "old");
    ck_assert(bytes_equal_text(answer_to(&fixture, payer)->detail, faults[_i].detail));
    ck_assert_int_eq(answer_to(&fixture, payer)->cost_micro_usd, 0);
    ck_assert_int_eq(answer_to(&fixture, payer)->meta.http_status, 200);
}
END_TEST

START_TEST(an_entry_past_all_windows_does_not)
{
    store_old(&fixture, USELESS_AGO_S);
    uint64_t question = ask(&fixture);

    upstream_says(&fixture, 2, (struct upstream_answer){.status = STATUS_UPSTREAM_TIMEOUT});
    expect_error(&fixture, question, STATUS_UPSTREAM_TIMEOUT, 504);
}
END_TEST

START_TEST(what_the_upstream_says_of_the_request_is_relayed)
{
    store_old(&fixture, ERROR_AGO_S);
    uint64_t question = ask(&fixture);

    upstream_says(&fixture, 2, (struct upstream_answer){.http_status = 400, .body = "bad address"});
    expect_error(&fixture, question, STATUS_UPSTREAM_REFUSED, 400);
    expect_body(&fixture, question, "bad address");
}
END_TEST

START_TEST(a_limited_upstream_says_when_to_come_back)
{
    uint64_t question = ask(&fixture);

    upstream_says(&fixture, 1,
                  (struct upstream_answer){.status = STATUS_UPSTREAM_LIMITED,
                                           .retry_after_s = 9,
                                           .detail = "too many calls"});
    expect_error(&fixture, question, STATUS_UPSTREAM_LIMITED, 503);
    ck_assert_int_eq(answer_to(&fixture, question)->retry_after_s, 9);
    ck_assert(bytes_equal_text(answer_to(&fixture, question)->detail, "too many calls"));
}
END_TEST

START_TEST(a_long_error_text_is_cut)
{
    char text[6000];
    uint64_t question = ask(&fixture);

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    upstream_says(&fixture, 1, (struct upstream_answer){.http_status = 503, .body = text});
    expect_error(&fixture, question, STATUS_UPSTREAM_REFUSED, 503);
    ck_assert_uint_eq(blob_bytes(answer_at(&fixture, 1, question)->message.body).size, 4096);
}
END_TEST

START_TEST(a_refusal_for_the_payers_sake_is_its_own)
{
    uint64_t first = ask_as(1);

    fetch_number(&fixture, 1);
    uint64_t second = ask_as(2);
    uint64_t third = ask_as(3);

    settle(&fixture);
    upstream_says(&fixture, 1, (struct upstream_answer){.status = STATUS_QUOTA_EXCEEDED});
    expect_error(&fixture, first, STATUS_QUOTA_EXCEEDED, 429);
    ck_assert_int_eq(fetch_number(&fixture, 2)->api_key_id, 2);
    ck_assert(!is_answered(&fixture, second));
    upstream_gives(&fixture, 2, "body");
    expect_decision(&fixture, second, DECISION_MISS, "body");
    expect_decision(&fixture, third, DECISION_COLLAPSED, "body");
}
END_TEST

START_TEST(a_silent_upstream_is_given_up)
{
    store_old(&fixture, ERROR_AGO_S);
    uint64_t question = ask(&fixture);

    fetch_number(&fixture, 2); /* never answered: 5 s and the grace of 2 s */
    expect_decision(&fixture, question, DECISION_STALE, "old");
    ck_assert(bytes_equal_text(answer_to(&fixture, question)->detail, "upstream-timeout"));
    /* its answer comes too late for anything */
    upstream_gives(&fixture, 2, "late");
    settle(&fixture);
    ck_assert_int_eq(metric_value(METRIC_CACHE_STORES), 1);
}
END_TEST

/* Nobody waits for it, so nobody's deadline ends it. */
START_TEST(a_refresh_of_a_silent_upstream_is_given_up)
{
    store_old(&fixture, REFRESH_AGO_S);
    expect_decision(&fixture, ask(&fixture), DECISION_STALE, "old");
    fetch_number(&fixture, 2); /* never answered */
    fixture_await_metric(&fixture, METRIC_CACHE_FLIGHTS, 1);
    fixture_await_metric(&fixture, METRIC_CACHE_FLIGHTS, 0);
    /* its key can be asked for as before */
    uint64_t forced = ask_with(&fixture, (struct ask){.force = 1});

    upstream_gives(&fixture, 3, "new");
    expect_decision(&fixture, forced, DECISION_MISS, "new");
}
END_TEST

START_TEST(a_fetch_goes_on_when_its_client_has_left)
{
    uint64_t impatient = ask_with(&fixture, (struct ask){.force = 1, .time_left_ms = 1});

    fetch_number(&fixture, 1);
    settle(&fixture);
    fixture_await_metric(&fixture, METRIC_CACHE_WAITERS, 0);
    upstream_gives(&fixture, 1, "body");
    fixture_await_metric(&fixture, METRIC_CACHE_STORES, 1);
    ck_assert(!is_answered(&fixture, impatient));
    expect_decision(&fixture, ask(&fixture), DECISION_HIT, "body");
}
END_TEST

START_TEST(a_restarted_upstream_owes_nothing)
{
    uint64_t question = ask(&fixture);

    fetch_number(&fixture, 1);
    actor_stop(&fixture.upstream.runner);
    fake_actor_serve(&fixture.upstream, fixture.system, ACTOR_UPSTREAM);
    expect_error(&fixture, question, STATUS_UNAVAILABLE, 503);
    question = ask(&fixture);
    upstream_gives(&fixture, 2, "body");
    expect_decision(&fixture, question, DECISION_MISS, "body");
}
END_TEST

START_TEST(a_dead_upstream_is_stale_or_unavailable)
{
    store_old(&fixture, ERROR_AGO_S);
    uint64_t stale = ask(&fixture);
    uint64_t nothing = ask_with(&fixture, (struct ask){.key = KEY_B, .signature = "{}"});

    fetch_number(&fixture, 3);
    actor_stop(&fixture.upstream.runner);
    expect_decision(&fixture, stale, DECISION_STALE, "old");
    expect_error(&fixture, nothing, STATUS_UNAVAILABLE, 503);
    /* and from now on at once */
    expect_decision(&fixture, ask(&fixture), DECISION_STALE, "old");
    expect_error(&fixture, ask_with(&fixture, (struct ask){.key = KEY_B, .signature = "{}"}),
                 STATUS_UNAVAILABLE, 503);
}
END_TEST

static void
break_database(void)
{
    char path[128];
    sqlite3 *database;

    ck_assert(config_data_path(fixture.config, "cache.db", path, sizeof path));
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(database, "ALTER TABLE cache_entries RENAME TO gone", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(database);
}

/* Neither the look-up nor the store works: the client gets its answer all the same, each pays for its own. */
START_TEST(a_failing_database_is_skipped)
{
    uint64_t first;

    hello(&fixture, 1, -1);
    break_database();
    first = ask(&fixture);
    fetch_number(&fixture, 1);
    uint64_t second = ask(&fixture);

    settle(&fixture);
    upstream_gives(&fixture, 1, "body");
    expect_decision(&fixture, first, DECISION_MISS, "body");
    expect_decision(&fixture, second, DECISION_COLLAPSED, "body");
    ck_assert(bytes_equal_text(answer_to(&fixture, first)->detail, "store-failed"));
    /* a near cache that lost it would have to pay again: bodies, not the near cache */
    ck_assert_uint_eq(fake_actor_count(&fixture.gateway, MSG_ENTRY_PUSH), 0);
    ck_assert_int_eq(metric_value(METRIC_CACHE_STORE_FAILURES), 1);
    ck_assert_int_eq(metric_value(METRIC_CACHE_STORES), 0);
    ck_assert_int_eq(purge_reply_to(&fixture, purge(&fixture, NULL))->status, STATUS_STORAGE);
    settle(&fixture);
    ck_assert_int_eq(fake_actor_expect(&fixture.gateway, MSG_HEARTBEAT_REPLY,
                                       fake_actor_count(&fixture.gateway, MSG_HEARTBEAT_REPLY))
                         ->message.u.HEARTBEAT_REPLY.is_healthy,
                     0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/fault");
    TCase *failing = tcase_create("faults");
    TCase *quick = tcase_create("short deadline");

    tcase_set_timeout(failing, 120);
    tcase_add_checked_fixture(failing, begin, end);
    tcase_add_loop_test(failing, a_stale_entry_stands_in_for_a_fault, 0, (int)COUNT(faults));
    tcase_add_test(failing, an_entry_past_all_windows_does_not);
    tcase_add_test(failing, what_the_upstream_says_of_the_request_is_relayed);
    tcase_add_test(failing, a_limited_upstream_says_when_to_come_back);
    tcase_add_test(failing, a_long_error_text_is_cut);
    tcase_add_test(failing, a_refusal_for_the_payers_sake_is_its_own);
    tcase_add_test(failing, a_fetch_goes_on_when_its_client_has_left);
    tcase_add_test(failing, a_restarted_upstream_owes_nothing);
    tcase_add_test(failing, a_dead_upstream_is_stale_or_unavailable);
    tcase_add_test(failing, a_failing_database_is_skipped);
    suite_add_tcase(suite, failing);
    tcase_set_timeout(quick, 120);
    tcase_add_checked_fixture(quick, begin_short, end);
    tcase_add_test(quick, a_silent_upstream_is_given_up);
    tcase_add_test(quick, a_refresh_of_a_silent_upstream_is_given_up);
    suite_add_tcase(suite, quick);
    return suite;
}
