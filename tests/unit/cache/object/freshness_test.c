/* freshness_test.c - TTLs, stale windows and Age, each at the millisecond where it changes. */
/* links: cache/object/freshness.c */
#include "object/freshness.h"

#include <check.h>

#include "base/bytes.h"
#include "support/row.h"

#define T0 1768478400000 /* 2026-01-15 12:00 UTC */

static const struct freshness_rules rules = {.ttl_ms = 3600000,
                                             .stale_while_revalidate_ms = 60000,
                                             .stale_if_error_ms = 300000,
                                             .max_ttl_ms = 172800000};
static const struct response_meta ok = {.http_status = 200,
                                        .created_wall_ms = T0,
                                        .expires_wall_ms = T0 + 3600000,
                                        .stale_until_wall_ms = T0 + 3900000};

static const struct {
    int64_t after_ms;
    int64_t http_status;
    enum freshness expected;
    bool helps_on_error;
} cases[] = {
    {0, 200, FRESHNESS_FRESH, true},
    {3599999, 200, FRESHNESS_FRESH, true},
    {3600000, 200, FRESHNESS_STALE_WHILE_REVALIDATE, true}, /* at expiry it is stale */
    {3659999, 200, FRESHNESS_STALE_WHILE_REVALIDATE, true},
    {3660000, 200, FRESHNESS_STALE_IF_ERROR, true},
    {3899999, 200, FRESHNESS_STALE_IF_ERROR, true},
    {3900000, 200, FRESHNESS_EXPIRED, false},
    {3599999, 404, FRESHNESS_FRESH, false}, /* a negative answer has no stale windows */
    {3600000, 404, FRESHNESS_EXPIRED, false},
};

START_TEST(an_entry_passes_through_its_windows)
{
    row("R-057");
    struct response_meta meta = ok;

    meta.http_status = cases[_i].http_status;
    ck_assert_int_eq(freshness_of(&rules, &meta, T0 + cases[_i].after_ms), cases[_i].expected);
    ck_assert_int_eq(freshness_allows_stale_if_error(&rules, &meta, T0 + cases[_i].after_ms),
                     cases[_i].helps_on_error);
}
END_TEST

START_TEST(without_windows_an_expired_entry_is_of_no_use)
{
    struct freshness_rules none = {.ttl_ms = 3600000};

    ck_assert_int_eq(freshness_of(&none, &ok, T0 + 3599999), FRESHNESS_FRESH);
    ck_assert_int_eq(freshness_of(&none, &ok, T0 + 3600000), FRESHNESS_EXPIRED);
    ck_assert(!freshness_allows_stale_if_error(&none, &ok, T0 + 3600000));
}
END_TEST

START_TEST(a_revalidate_window_may_be_the_longer_one)
{
    struct freshness_rules longer = {
        .ttl_ms = 3600000, .stale_while_revalidate_ms = 9000, .stale_if_error_ms = 1000};

    ck_assert_int_eq(freshness_of(&longer, &ok, T0 + 3608999), FRESHNESS_STALE_WHILE_REVALIDATE);
    ck_assert(!freshness_allows_stale_if_error(&longer, &ok, T0 + 3608999));
    ck_assert_int_eq(freshness_of(&longer, &ok, T0 + 3609000), FRESHNESS_EXPIRED);
}
END_TEST

/* The wall clock was set back by a day: the entry has its TTL from now on, no longer. */
START_TEST(an_entry_from_the_future_counts_as_just_stored)
{
    int64_t now = T0 - 86400000;
    struct response_meta clamped = freshness_clamp(ok, now);

    ck_assert_int_eq(freshness_of(&rules, &ok, now), FRESHNESS_FRESH);
    ck_assert_int_eq(clamped.created_wall_ms, now);
    ck_assert_int_eq(clamped.expires_wall_ms, now + 3600000);
    ck_assert_int_eq(clamped.stale_until_wall_ms, now + 3900000);
}
END_TEST

static const struct {
    int64_t ttl_s, negative_ttl_s, http_status;
    bool expected;
} storeable[] = {
    {3600, 0, 200, true},   {3600, 0, 404, false},  {3600, 60, 404, true},
    {3600, 60, 400, false}, {3600, 60, 500, false}, {3600, 60, 206, false},
    {3600, 0, 204, false},  {0, 60, 200, false},    {0, 60, 404, false},
};

START_TEST(only_a_200_is_stored_and_a_404_where_the_route_says_so)
{
    struct freshness_rules some = {.ttl_ms = storeable[_i].ttl_s * 1000,
                                   .negative_ttl_ms = storeable[_i].negative_ttl_s * 1000};

    ck_assert_int_eq(freshness_is_storeable(&some, storeable[_i].http_status),
                     storeable[_i].expected);
}
END_TEST

static const struct {
    int64_t http_status, override_s, life_ms;
} lives[] = {
    {200, 0, 3600000},
    {200, 60, 60000},            /* shorter */
    {200, 7200, 7200000},        /* longer */
    {200, 172800, 172800000},    /* the most there is */
    {200, 172801, 172800000},    /* cut */
    {200, INT64_MAX, 172800000}, /* without overflow */
    {200, -5, 3600000},          /* no override */
    {404, 0, 30000},
    {404, 7200, 30000}, /* an override is about the answer asked for */
};

START_TEST(a_life_starts_when_the_answer_was_received)
{
    row("R-016");
    struct freshness_rules some = rules;

    struct response_meta started = {.http_status = lives[_i].http_status, .created_wall_ms = T0};

    some.negative_ttl_ms = 30000;
    freshness_start(&some, lives[_i].override_s, &started);
    ck_assert_int_eq(started.created_wall_ms, T0);
    ck_assert_int_eq(started.expires_wall_ms, T0 + lives[_i].life_ms);
    ck_assert_int_eq(started.stale_until_wall_ms,
                     T0 + lives[_i].life_ms + (lives[_i].http_status == 200 ? 300000 : 0));
}
END_TEST

START_TEST(rules_come_from_the_route_and_the_switches)
{
    struct config config = {.cache = {.max_ttl_s = 172800, .stale_while_revalidate = true}};
    struct route_config route = {.ttl_s = 86400,
                                 .negative_ttl_s = 60,
                                 .stale_while_revalidate_s = 3600,
                                 .stale_if_error_s = 7200};
    struct freshness_rules made = freshness_rules_of(&config, &route);

    ck_assert_int_eq(made.ttl_ms, 86400000);
    ck_assert_int_eq(made.negative_ttl_ms, 60000);
    ck_assert_int_eq(made.stale_while_revalidate_ms, 3600000);
    ck_assert_int_eq(made.stale_if_error_ms, 7200000);
    ck_assert_int_eq(made.max_ttl_ms, 172800000);

    config.cache.stale_while_revalidate = false;
    route.ttl_s = 1800;
    made = freshness_rules_of(&config, &route);
    ck_assert_int_eq(made.ttl_ms, 1800000);
    ck_assert_int_eq(made.stale_while_revalidate_ms, 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/freshness");
    TCase *windows = tcase_create("windows");
    TCase *storing = tcase_create("storing");

    tcase_add_loop_test(windows, an_entry_passes_through_its_windows, 0, (int)COUNT(cases));
    tcase_add_test(windows, without_windows_an_expired_entry_is_of_no_use);
    tcase_add_test(windows, a_revalidate_window_may_be_the_longer_one);
    tcase_add_test(windows, an_entry_from_the_future_counts_as_just_stored);
    suite_add_tcase(suite, windows);
    tcase_add_loop_test(storing, only_a_200_is_stored_and_a_404_where_the_route_says_so, 0,
                        (int)COUNT(storeable));
    tcase_add_loop_test(storing, a_life_starts_when_the_answer_was_received, 0, (int)COUNT(lives));
    tcase_add_test(storing, rules_come_from_the_route_and_the_switches);
    suite_add_tcase(suite, storing);
    return suite;
}
