/* flight_result_test.c - decisions, costs and savings of those who are told. */
/* links: cache/flight/flight_result.c cache/object/entry.c cache/object/freshness.c core/base/blob.c core/domain/status.c */
#include "flight/flight_result.h"

#include <check.h>

#include "support/row.h"

#define T0 1768478400000

static const struct route_config route = {.name = "value_estimate", .endpoint = "value_estimate"};
static const struct flight_result_address payer = {.route = "value_estimate",
                                                   .cache_key = "ceba473f42f79d99adb48ccd2b0ae28c",
                                                   .is_payer = true,
                                                   .reason = CACHE_REASON_EXPIRED,
                                                   .upstream_us = 1500};
static const struct flight_result_address follower = {
    .route = "value_estimate", .cache_key = "ceba473f42f79d99adb48ccd2b0ae28c"};

static struct entry *entry;
static struct flight_result result;

static void
begin(void)
{
    struct blob *body = blob_copy(bytes_of_text("{}"));
    struct entry source = {.route = &route,
                           .meta = {.http_status = 200,
                                    .created_wall_ms = T0,
                                    .expires_wall_ms = T0 + 3600000,
                                    .stale_until_wall_ms = T0 + 7200000,
                                    .price_micro_usd = 2000000,
                                    .purge_number = 3},
                           .headers = bytes_of_text("X-Total-Count: 7\r\n"),
                           .body = body};

    entry = entry_of_fetch(&source);
    ck_assert_ptr_nonnull(entry);
    blob_release(&body);
}

static void
end(void)
{
    flight_result_fini(&result);
    ck_assert_int_eq(entry->references, 1);
    entry_release(&entry);
}

START_TEST(one_pays_the_others_saved)
{
    row("R-026");
    result = flight_result_of_fetch(entry, 2000000, STATUS_OK);
    ck_assert_int_eq(result.reason, CACHE_REASON_NONE); /* each waiter's own */
    struct cache_reply paid = flight_result_as_reply(&result, &payer);
    struct cache_reply shared = flight_result_as_reply(&result, &follower);

    ck_assert_int_eq(paid.decision, DECISION_MISS);
    ck_assert_int_eq(paid.cost_micro_usd, 2000000);
    ck_assert_int_eq(shared.decision, DECISION_COLLAPSED);
    ck_assert_int_eq(shared.cost_micro_usd, 0);
    ck_assert_int_eq(shared.meta.price_micro_usd, 2000000);
    ck_assert_int_eq(shared.may_keep, 1);
    ck_assert_int_eq(shared.meta.purge_number, 3);
    ck_assert_int_eq(shared.level, LEVEL_NONE);
    ck_assert_int_eq(paid.reason, CACHE_REASON_EXPIRED);
    ck_assert_int_eq(paid.upstream_us, 1500);
    ck_assert(bytes_equal_text(shared.headers, "X-Total-Count: 7\r\n"));
    ck_assert(result.may_push);
}
END_TEST

static const struct {
    enum status stored;
    bool may_keep, may_push;
    const char *detail;
} stores[] = {
    {STATUS_OK, true, true, ""},
    {STATUS_PURGED, false, false, "purged"},
    {STATUS_STORAGE, true, false, "store-failed"}, /* a second ask would cost again: no push */
    {STATUS_OVERLOADED, true, false, "store-failed"},
    {STATUS_NOT_IMPLEMENTED, false, false, "not-cached"},
};

START_TEST(what_may_be_kept_depends_on_the_store)
{
    result = flight_result_of_fetch(entry, 0, stores[_i].stored);
    ck_assert_int_eq(result.may_keep, stores[_i].may_keep);
    ck_assert_int_eq(result.may_push, stores[_i].may_push);
    ck_assert_str_eq(result.detail, stores[_i].detail);
    ck_assert_int_eq(result.status, STATUS_OK);
}
END_TEST

START_TEST(a_hit_is_the_same_for_all)
{
    row("R-024");
    result = flight_result_of_hit(entry, LEVEL_L2, T0 + 1000);
    struct cache_reply first = flight_result_as_reply(&result, &payer);
    struct cache_reply second = flight_result_as_reply(&result, &follower);

    ck_assert_int_eq(first.decision, DECISION_HIT);
    ck_assert_int_eq(second.decision, DECISION_HIT);
    ck_assert_int_eq(first.cost_micro_usd, 0);
    ck_assert_int_eq(first.meta.price_micro_usd, 2000000);
    ck_assert_int_eq(first.level, LEVEL_L2);
    ck_assert_int_eq(first.meta.created_wall_ms, T0);
    ck_assert_int_eq(first.meta.expires_wall_ms, T0 + 3600000);
    ck_assert_int_eq(first.may_keep, 1);
    ck_assert_int_eq(first.reason, CACHE_REASON_FRESH);
    ck_assert_int_eq(first.upstream_us, 0); /* nobody waited for it */
}
END_TEST

START_TEST(a_hit_from_the_future_is_told_as_just_stored)
{
    result = flight_result_of_hit(entry, LEVEL_L2, T0 - 5000);
    struct cache_reply reply = flight_result_as_reply(&result, &follower);

    ck_assert_int_eq(reply.meta.created_wall_ms, T0 - 5000);
    ck_assert_int_eq(reply.meta.expires_wall_ms, T0 - 5000 + 3600000);
}
END_TEST

START_TEST(a_stale_answer_says_so_and_is_not_kept)
{
    row("R-057");
    result = flight_result_of_stale(entry, LEVEL_L2, T0 + 3600001, "upstream-timeout");
    struct cache_reply reply = flight_result_as_reply(&result, &payer);

    ck_assert_int_eq(reply.decision, DECISION_STALE);
    ck_assert_int_eq(reply.may_keep, 0);
    ck_assert_int_eq(reply.cost_micro_usd, 0);
    ck_assert(!result.may_push);
    ck_assert(bytes_equal_text(reply.detail, "upstream-timeout"));
    ck_assert_int_eq(reply.reason, CACHE_REASON_STALE_IF_ERROR);
    ck_assert_int_eq(reply.upstream_us, 1500);
}
END_TEST

START_TEST(a_stale_answer_that_is_refreshed_behind_waited_for_nobody)
{
    result = flight_result_of_stale(entry, LEVEL_L2, T0 + 3600001, NULL);
    struct cache_reply reply = flight_result_as_reply(&result, &payer);

    ck_assert_int_eq(reply.reason, CACHE_REASON_STALE_REVALIDATING);
    ck_assert_int_eq(reply.upstream_us, 0);
    ck_assert_uint_eq(reply.detail.size, 0);
}
END_TEST

START_TEST(an_error_carries_the_upstreams_words)
{
    struct blob *text = blob_copy(bytes_of_text("no such address"));

    result = flight_result_of_error(STATUS_UPSTREAM_REFUSED, 404, 0, bytes_of_text("cause"), text);
    blob_release(&text);
    struct cache_reply reply = flight_result_as_reply(&result, &payer);

    ck_assert_int_eq(result.status, STATUS_UPSTREAM_REFUSED);
    ck_assert_int_eq(reply.meta.http_status, 404);
    ck_assert_int_eq(reply.decision, DECISION_ERROR);
    ck_assert_int_eq(reply.cost_micro_usd, 0);
    ck_assert_int_eq(reply.meta.price_micro_usd, 0);
    ck_assert_int_eq(reply.may_keep, 0);
    ck_assert(bytes_equal_text(reply.detail, "cause"));
    ck_assert_int_eq(reply.reason, CACHE_REASON_EXPIRED); /* why it was asked for at all */
    ck_assert(bytes_equal_text(blob_bytes(result.body), "no such address"));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/flight_result");
    TCase *telling = tcase_create("telling");

    tcase_add_checked_fixture(telling, begin, end);
    tcase_add_test(telling, one_pays_the_others_saved);
    tcase_add_loop_test(telling, what_may_be_kept_depends_on_the_store, 0, (int)COUNT(stores));
    tcase_add_test(telling, a_hit_is_the_same_for_all);
    tcase_add_test(telling, a_hit_from_the_future_is_told_as_just_stored);
    tcase_add_test(telling, a_stale_answer_says_so_and_is_not_kept);
    tcase_add_test(telling, a_stale_answer_that_is_refreshed_behind_waited_for_nobody);
    tcase_add_test(telling, an_error_carries_the_upstreams_words);
    suite_add_tcase(suite, telling);
    return suite;
}
