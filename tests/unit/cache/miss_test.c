/* miss_test.c - the whole cache actor: one fetch for many, what is stored, who pays, what is refused. */
/* links: @support @cache @storage @core */
#include "unit/cache/cache_fixture.h"

#include "support/row.h"

static struct cache_fixture fixture;

static void
begin(void)
{
    fixture_open(&fixture, NULL);
}

static void
end(void)
{
    fixture_close(&fixture);
}

START_TEST(a_miss_is_fetched_stored_and_answered)
{
    row("R-026");
    uint64_t question = ask(&fixture);
    const struct upstream_fetch *fetch = fetch_number(&fixture, 1);

    ck_assert(bytes_equal_text(fetch->route, "value"));
    ck_assert(bytes_equal_text(fetch->method, "GET"));
    ck_assert(bytes_equal_text(fetch->target, "/v1/value?a=1"));
    ck_assert(bytes_equal_text(fetch->cache_key, KEY_A));
    ck_assert_int_eq(fetch->api_key_id, 7);
    ck_assert_int_eq(fetch->reason, FETCH_REASON_MISS);
    ck_assert_int_eq(fetch->price_micro_usd, FIXTURE_PRICE);
    upstream_gives(&fixture, 1, "body");
    expect_decision(&fixture, question, DECISION_MISS, "body");

    const struct cache_reply *reply = answer_to(&fixture, question);

    ck_assert_int_eq(reply->meta.http_status, 200);
    ck_assert_int_eq(reply->cost_micro_usd, FIXTURE_PRICE);
    ck_assert_int_eq(reply->may_keep, 1);
    ck_assert_int_eq(reply->meta.expires_wall_ms - reply->meta.created_wall_ms, 3600000);
    ck_assert_int_eq(reply->meta.stale_until_wall_ms - reply->meta.expires_wall_ms, 7200000);
    ck_assert(
        bytes_equal_text(reply->headers, "Content-Type: application/json\r\nX-Total-Count: 3\r\n"));
    ck_assert_int_eq(metric_value(METRIC_CACHE_STORES), 1);
}
END_TEST

START_TEST(the_next_request_is_a_hit_of_the_database)
{
    row("R-015");
    store_old(&fixture, 10);
    uint64_t question = ask(&fixture);

    expect_decision(&fixture, question, DECISION_HIT, "old");
    const struct cache_reply *reply = answer_to(&fixture, question);

    ck_assert_int_eq(reply->level, LEVEL_L2);
    ck_assert_int_eq(reply->cost_micro_usd, 0);
    ck_assert_int_eq(reply->meta.price_micro_usd, FIXTURE_PRICE);
    ck_assert(
        bytes_equal_text(reply->headers, "Content-Type: application/json\r\nX-Total-Count: 3\r\n"));
    expect_fetches(&fixture, 1);
}
END_TEST

START_TEST(entries_survive_the_actor)
{
    row("R-014");
    store_old(&fixture, 10);
    actor_stop(&fixture.cache);
    fixture_start_cache(&fixture);
    fake_actor_settle(&fixture.gateway); /* connected again */
    expect_decision(&fixture, ask(&fixture), DECISION_HIT, "old");
}
END_TEST

START_TEST(a_thousand_waiters_share_one_fetch)
{
    row("R-060");
    uint64_t first = ask_with(&fixture, (struct ask){.api_key_id = 500});

    fetch_number(&fixture, 1);
    for (int i = 1; i < 1000; i++)
        ask_with(&fixture, (struct ask){.api_key_id = i});
    fixture_await_metric(&fixture, METRIC_CACHE_WAITERS, 1000);
    upstream_gives(&fixture, 1, "shared");
    expect_decision(&fixture, first, DECISION_MISS, "shared");
    for (uint64_t i = 1; i < 1000; i++) {
        expect_decision(&fixture, first + i, DECISION_COLLAPSED, "shared");
        ck_assert_int_eq(answer_to(&fixture, first + i)->cost_micro_usd, 0);
        ck_assert_int_eq(answer_to(&fixture, first + i)->meta.price_micro_usd, FIXTURE_PRICE);
    }
    expect_fetches(&fixture, 1);
    ck_assert_int_eq(fetch_number(&fixture, 1)->api_key_id, 500);
    ck_assert_int_eq(metric_value(METRIC_CACHE_COLLAPSED), 999);
}
END_TEST

START_TEST(a_collision_of_keys_is_never_shared)
{
    row("R-032");
    uint64_t first = ask(&fixture);

    fetch_number(&fixture, 1);
    uint64_t second = ask_with(&fixture, (struct ask){.signature = "{\"b\": 2}"});

    fetch_number(&fixture, 2);
    upstream_gives(&fixture, 2, "second");
    expect_decision(&fixture, second, DECISION_MISS, "second");
    ck_assert_int_eq(answer_to(&fixture, second)->may_keep, 0);
    upstream_gives(&fixture, 1, "first");
    expect_decision(&fixture, first, DECISION_MISS, "first");
    /* what was stored is the first one's, and a hit for it alone */
    expect_decision(&fixture, ask(&fixture), DECISION_HIT, "first");
    uint64_t again = ask_with(&fixture, (struct ask){.signature = "{\"b\": 2}"});

    upstream_gives(&fixture, 3, "second");
    expect_decision(&fixture, again, DECISION_MISS, "second");
    expect_decision(&fixture, ask(&fixture), DECISION_HIT, "first");
}
END_TEST

START_TEST(a_route_without_a_life_shares_nothing)
{
    struct ask never = {.route = "never"};
    uint64_t first = ask_with(&fixture, never);
    uint64_t second = ask_with(&fixture, never);

    upstream_gives(&fixture, 1, "one");
    upstream_gives(&fixture, 2, "two");
    expect_decision(&fixture, first, DECISION_MISS, "one");
    expect_decision(&fixture, second, DECISION_MISS, "two");
    ask_with(&fixture, never);
    fetch_number(&fixture, 3);
    upstream_gives(&fixture, 3, "three");
}
END_TEST

START_TEST(force_refresh_skips_the_lookup_and_stores)
{
    store_old(&fixture, 10);
    uint64_t forced = ask_with(&fixture, (struct ask){.force = 1, .api_key_id = 9});

    ck_assert_int_eq(fetch_number(&fixture, 2)->api_key_id, 9);
    uint64_t follower = ask(&fixture);

    settle(&fixture);
    upstream_gives(&fixture, 2, "new");
    expect_decision(&fixture, forced, DECISION_MISS, "new");
    expect_decision(&fixture, follower, DECISION_COLLAPSED, "new");
    expect_decision(&fixture, ask(&fixture), DECISION_HIT, "new");
    expect_fetches(&fixture, 2);
}
END_TEST

/* Sent in one go: the second may arrive while the first is being looked up. Whatever the order in time, the
 * first is answered from what is there, or by the fetch; the second only by a fetch. */
START_TEST(force_refresh_during_a_lookup_still_fetches)
{
    store_old(&fixture, 10);
    for (size_t round = 0; round < 20; round++) {
        uint64_t first = ask(&fixture);
        uint64_t forced = ask_with(&fixture, (struct ask){.force = 1});

        fetch_number(&fixture, 2 + round);
        upstream_gives(&fixture, 2 + round, "new");
        expect_decision(&fixture, forced, DECISION_MISS, "new");
        ck_assert_int_eq(answer_at(&fixture, 1, first)->message.status, STATUS_OK);
    }
    expect_fetches(&fixture, 21);
}
END_TEST

START_TEST(an_override_is_the_life_of_what_is_stored)
{
    row("R-016");
    uint64_t question = ask_with(&fixture, (struct ask){.override_s = 90});

    upstream_gives(&fixture, 1, "body");
    const struct cache_reply *reply = answer_to(&fixture, question);

    ck_assert_int_eq(reply->meta.expires_wall_ms - reply->meta.created_wall_ms, 90000);
    question = ask(&fixture);
    reply = answer_to(&fixture, question);
    ck_assert_int_eq(reply->decision, DECISION_HIT);
    ck_assert_int_eq(reply->meta.expires_wall_ms - reply->meta.created_wall_ms, 90000);
}
END_TEST

START_TEST(only_a_200_is_stored)
{
    uint64_t question = ask(&fixture);

    upstream_says(&fixture, 1, (struct upstream_answer){.http_status = 404, .body = "no data"});
    expect_error(&fixture, question, STATUS_UPSTREAM_REFUSED, 404);
    expect_body(&fixture, question, "no data");
    question = ask(&fixture);
    upstream_says(&fixture, 2, (struct upstream_answer){.http_status = 204, .charge = CHARGE_FREE});
    expect_decision(&fixture, question, DECISION_MISS, "");
    ck_assert_int_eq(answer_to(&fixture, question)->may_keep, 0);
    ask(&fixture);
    fetch_number(&fixture, 3);
    upstream_gives(&fixture, 3, "body");
}
END_TEST

START_TEST(a_404_is_kept_where_the_route_says_so)
{
    uint64_t question = ask_with(&fixture, (struct ask){.route = "kept"});

    upstream_says(
        &fixture, 1,
        (struct upstream_answer){.http_status = 404, .body = "no data", .charge = CHARGE_FREE});
    expect_decision(&fixture, question, DECISION_MISS, "no data");
    ck_assert_int_eq(answer_to(&fixture, question)->meta.price_micro_usd, 0); /* it was free */
    question = ask_with(&fixture, (struct ask){.route = "kept"});
    expect_decision(&fixture, question, DECISION_HIT, "no data");
    ck_assert_int_eq(answer_to(&fixture, question)->meta.http_status, 404);
    ck_assert_int_eq(answer_to(&fixture, question)->meta.expires_wall_ms -
                         answer_to(&fixture, question)->meta.created_wall_ms,
                     60000);
}
END_TEST

START_TEST(what_is_not_understood_is_refused)
{
    expect_error(&fixture, ask_with(&fixture, (struct ask){.route = "nowhere"}), STATUS_NOT_FOUND,
                 404);
    expect_error(&fixture, ask_with(&fixture, (struct ask){.key = "XYZ"}), STATUS_MALFORMED, 500);
    expect_fetches(&fixture, 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/miss");
    TCase *misses = tcase_create("misses");

    tcase_set_timeout(misses, 120);
    tcase_add_checked_fixture(misses, begin, end);
    tcase_add_test(misses, a_miss_is_fetched_stored_and_answered);
    tcase_add_test(misses, the_next_request_is_a_hit_of_the_database);
    tcase_add_test(misses, entries_survive_the_actor);
    tcase_add_test(misses, a_thousand_waiters_share_one_fetch);
    tcase_add_test(misses, a_collision_of_keys_is_never_shared);
    tcase_add_test(misses, a_route_without_a_life_shares_nothing);
    tcase_add_test(misses, force_refresh_skips_the_lookup_and_stores);
    tcase_add_test(misses, force_refresh_during_a_lookup_still_fetches);
    tcase_add_test(misses, an_override_is_the_life_of_what_is_stored);
    tcase_add_test(misses, only_a_200_is_stored);
    tcase_add_test(misses, a_404_is_kept_where_the_route_says_so);
    tcase_add_test(misses, what_is_not_understood_is_refused);
    suite_add_tcase(suite, misses);
    return suite;
}
