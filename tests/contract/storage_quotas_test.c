/* storage_quotas_test.c - leases of quotas: never more than N, by whatever way N is reached; windows are dates. */
/* links: @storage @core */
#include "contract/storage_support.h"

static struct place place;
static struct accounts *accounts;

static void
open_backend(int backend)
{
    place_init(&place, backend);
    accounts = place_accounts(&place);
}

static void
teardown(void)
{
    accounts_close(&accounts);
    place_fini(&place);
}

struct lease {
    int64_t granted, day, retry_at;
    struct quota_refusal refusal;
};

static struct lease
lease(int64_t api_key_id, int64_t wanted, int64_t now_wall_us)
{
    struct lease lease = {-1, -1, -1, {0}};

    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(quota_lease(accounts, api_key_id, 1, wanted, now_wall_us, &lease.granted,
                                 &lease.day, &lease.refusal),
                     STATUS_OK);
    lease.retry_at = lease.refusal.retry_at_wall_us;
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
    return lease;
}

static void
give_back(int64_t api_key_id, int64_t day, int64_t count)
{
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(quota_return(accounts, api_key_id, day, count), STATUS_OK);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
}

/* Leases until nothing is granted any more; how much it was. */
static int64_t
drain(int64_t api_key_id, int64_t now_wall_us)
{
    int64_t sum = 0;

    for (struct lease got = lease(api_key_id, 1000, now_wall_us); got.granted > 0;
         got = lease(api_key_id, 1000, now_wall_us)) {
        ck_assert_int_le(got.granted, 1000);
        sum += got.granted;
    }
    return sum;
}

START_TEST(a_lease_is_one_percent_of_what_is_left)
{
    struct key_row key;
    struct lease got;

    open_backend(_i);
    key = make_key(accounts, "a", 1000, 30000, NOON_US);
    got = lease(key.id, 500, NOON_US);
    ck_assert_int_eq(got.granted, 10);
    ck_assert_int_eq(got.day, NOON_DAY);
    ck_assert_int_eq(got.retry_at, 0);
    ck_assert_int_eq(lease(key.id, 500, NOON_US).granted, 9); /* of 990 */
    ck_assert_int_eq(lease(key.id, 3, NOON_US).granted, 3);   /* no more than wanted */
}
END_TEST

START_TEST(the_narrower_window_decides)
{
    struct key_row key;

    open_backend(_i);
    key = make_key(accounts, "a", 100000, 500, NOON_US);
    ck_assert_int_eq(lease(key.id, 1000, NOON_US).granted, 5);
}
END_TEST

START_TEST(many_leases_give_exactly_the_limit)
{
    static const int64_t limits[] = {1, 7, 99, 100, 101, 1000};
    struct key_row key;
    char name[8];

    open_backend(_i);
    for (size_t i = 0; i < COUNT(limits); i++) {
        snprintf(name, sizeof name, "k%zu", i);
        key = make_key(accounts, name, limits[i], 0, NOON_US);
        ck_assert_int_eq(drain(key.id, NOON_US), limits[i]);
        ck_assert_int_eq(drain(key.id, NOON_US), 0);
    }
}
END_TEST

START_TEST(a_used_up_window_says_when_the_next_one_opens)
{
    struct key_row daily, monthly, both;

    open_backend(_i);
    daily = make_key(accounts, "daily", 2, 1000, NOON_US);
    monthly = make_key(accounts, "monthly", 1000, 2, NOON_US);
    both = make_key(accounts, "both", 2, 2, NOON_US);
    (void)drain(daily.id, NOON_US);
    (void)drain(monthly.id, NOON_US);
    (void)drain(both.id, NOON_US);
    ck_assert_int_eq(lease(daily.id, 1, NOON_US).retry_at, NOON_US + 12 * HOUR_US);
    ck_assert_int_eq(lease(monthly.id, 1, NOON_US).retry_at,
                     NOON_US + 12 * HOUR_US + 16 * DAY_US); /* 1 February */
    ck_assert_int_eq(lease(both.id, 1, NOON_US).retry_at, NOON_US + 12 * HOUR_US + 16 * DAY_US);
}
END_TEST

START_TEST(a_new_day_opens_a_new_window_within_the_month)
{
    struct key_row key;

    open_backend(_i);
    key = make_key(accounts, "a", 10, 25, NOON_US);
    ck_assert_int_eq(drain(key.id, NOON_US), 10);
    ck_assert_int_eq(drain(key.id, NOON_US + DAY_US), 10);
    ck_assert_int_eq(drain(key.id, NOON_US + 2 * DAY_US), 5);
    ck_assert_int_eq(drain(key.id, NOON_US + 3 * DAY_US), 0);
    ck_assert_int_eq(drain(key.id, NOON_US + 17 * DAY_US), 10); /* 1 February */
}
END_TEST

START_TEST(a_clock_that_steps_back_goes_on_with_the_old_count)
{
    struct key_row key;

    open_backend(_i);
    key = make_key(accounts, "a", 10, 1000, NOON_US);
    ck_assert_int_eq(drain(key.id, NOON_US), 10);
    ck_assert_int_eq(lease(key.id, 4, NOON_US + DAY_US).granted, 1);
    ck_assert_int_eq(drain(key.id, NOON_US), 0);
    ck_assert_int_eq(drain(key.id, NOON_US + DAY_US), 9);
}
END_TEST

START_TEST(what_is_given_back_can_be_granted_again_in_its_windows)
{
    struct key_row key;

    open_backend(_i);
    key = make_key(accounts, "a", 10, 12, NOON_US);
    ck_assert_int_eq(drain(key.id, NOON_US), 10);
    give_back(key.id, NOON_DAY, 4);
    ck_assert_int_eq(drain(key.id, NOON_US + DAY_US), 6); /* of the month */
    give_back(key.id, NOON_DAY, 1000);
    ck_assert_int_eq(drain(key.id, NOON_US), 10); /* never more than the limit */
}
END_TEST

START_TEST(leases_and_returns_never_exceed_the_limit)
{
    struct key_row key;
    int64_t held = 0;
    unsigned seed = 42;

    open_backend(_i);
    key = make_key(accounts, "a", 50, 0, NOON_US);
    for (int i = 0; i < 500; i++) {
        if (rand_r(&seed) % 3 > 0) {
            held += lease(key.id, 1 + rand_r(&seed) % 20, NOON_US).granted;
        } else if (held > 0) {
            int64_t back = 1 + rand_r(&seed) % held;

            give_back(key.id, NOON_DAY, back);
            held -= back;
        }
        ck_assert_int_le(held, 50);
        ck_assert_int_ge(held, 0);
    }
}
END_TEST

/* A key is changed in the middle of its day. */
static void
set_daily_limit(struct key_row *key, int64_t limit)
{
    key->daily_limit = limit;
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(key_update(accounts, key), STATUS_OK);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
}

START_TEST(a_limit_below_what_was_granted_grants_nothing_more)
{
    struct key_row key;
    struct lease got;

    open_backend(_i);
    key = make_key(accounts, "a", 100, 0, NOON_US);
    for (int64_t granted = 0; granted < 40;)
        granted += lease(key.id, 1, NOON_US).granted;
    set_daily_limit(&key, 10);
    got = lease(key.id, 5, NOON_US);
    ck_assert_int_eq(got.granted, 0);
    ck_assert_int_eq(got.retry_at, NOON_US + 12 * HOUR_US);
    give_back(key.id, NOON_DAY, 29); /* 11 are out, still more than the limit */
    ck_assert_int_eq(lease(key.id, 1, NOON_US).granted, 0);
    give_back(key.id, NOON_DAY, 2);
    ck_assert_int_eq(drain(key.id, NOON_US), 1);
    set_daily_limit(&key, 12);
    ck_assert_int_eq(drain(key.id, NOON_US), 2);
    ck_assert_int_eq(drain(key.id, NOON_US + DAY_US), 12);
}
END_TEST

START_TEST(a_key_without_limits_gets_what_it_wants)
{
    struct key_row key;

    open_backend(_i);
    key = make_key(accounts, "a", 0, 0, NOON_US);
    ck_assert_int_eq(lease(key.id, 12345, NOON_US).granted, 12345);
    ck_assert_int_eq(lease(key.id, 12345, NOON_US).retry_at, 0);
}
END_TEST

START_TEST(a_key_that_is_not_there_has_no_quota)
{
    struct lease got;

    open_backend(_i);
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(quota_lease(accounts, 99, 1, 1, NOON_US, &got.granted, &got.day, &got.refusal),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(got.granted, 0);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
}
END_TEST

struct need {
    int64_t needed, granted;
    bool is_soon; /* nothing is used up: no time is told */
};

/* In turn, of a hundred a day and 130 a month. */
static const struct need needs[] = {
    {1, 1, false}, {10, 10, false}, {60, 60, false}, {30, 0, true}, {29, 29, false}, {1, 0, false},
};

START_TEST(what_is_needed_is_granted_at_once_or_not_at_all)
{
    struct key_row key;

    open_backend(_i);
    key = make_key(accounts, "a", 100, 130, NOON_US);
    for (size_t i = 0; i < COUNT(needs); i++) {
        int64_t granted, day;
        struct quota_refusal refusal;

        ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
        ck_assert_int_eq(
            quota_lease(accounts, key.id, needs[i].needed, 1000, NOON_US, &granted, &day, &refusal),
            STATUS_OK);
        ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
        ck_assert_int_eq(granted, needs[i].granted);
        if (granted == 0)
            ck_assert_int_eq(refusal.retry_at_wall_us == 0, needs[i].is_soon);
    }
}
END_TEST

START_TEST(a_refusal_names_the_quota_its_limit_and_what_is_used)
{
    struct key_row daily, monthly;
    struct lease refused;

    open_backend(_i);
    daily = make_key(accounts, "daily", 3, 100, NOON_US);
    monthly = make_key(accounts, "monthly", 100, 2, NOON_US);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(lease(daily.id, 1, NOON_US).granted, 1);
    refused = lease(daily.id, 1, NOON_US);
    ck_assert_int_eq(refused.granted, 0);
    ck_assert(!refused.refusal.is_monthly);
    ck_assert_int_eq(refused.refusal.limit, 3);
    ck_assert_int_eq(refused.refusal.used, 3);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(lease(monthly.id, 1, NOON_US).granted, 1);
    refused = lease(monthly.id, 1, NOON_US);
    ck_assert(refused.refusal.is_monthly);
    ck_assert_int_eq(refused.refusal.limit, 2);
    ck_assert_int_eq(refused.refusal.used, 2);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage_quotas");
    TCase *tcase = tcase_create("quotas");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, what_is_needed_is_granted_at_once_or_not_at_all, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_refusal_names_the_quota_its_limit_and_what_is_used, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_lease_is_one_percent_of_what_is_left, 0, BACKENDS);
    tcase_add_loop_test(tcase, the_narrower_window_decides, 0, BACKENDS);
    tcase_add_loop_test(tcase, many_leases_give_exactly_the_limit, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_used_up_window_says_when_the_next_one_opens, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_new_day_opens_a_new_window_within_the_month, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_clock_that_steps_back_goes_on_with_the_old_count, 0, BACKENDS);
    tcase_add_loop_test(tcase, what_is_given_back_can_be_granted_again_in_its_windows, 0, BACKENDS);
    tcase_add_loop_test(tcase, leases_and_returns_never_exceed_the_limit, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_limit_below_what_was_granted_grants_nothing_more, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_key_without_limits_gets_what_it_wants, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_key_that_is_not_there_has_no_quota, 0, BACKENDS);
    suite_add_tcase(suite, tcase);
    return suite;
}
