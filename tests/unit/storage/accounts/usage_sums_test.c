/* usage_sums_test.c - sums agree with the records, and a full table takes nothing. */
/* links: storage/accounts/usage_sums.c core/base/dates.c core/base/text.c core/base/duration.c */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts/usage_sums.h"
#include "base/dates.h"

static struct usage_sums sums;

static void
setup(void)
{
    memset(&sums, 0, sizeof sums);
}

static struct usage_record
make(int64_t created_wall_us, int64_t key, const char *endpoint, enum decision decision)
{
    struct usage_record record = {.created_wall_us = created_wall_us,
                                  .api_key_id = key,
                                  .response_time_us = 7,
                                  .cost_micro_usd = decision == DECISION_MISS ? 20 : 0,
                                  .saved_micro_usd = decision == DECISION_HIT ? 30 : 0,
                                  .decision = (uint8_t)decision};

    snprintf(record.endpoint, sizeof record.endpoint, "%s", endpoint);
    return record;
}

static void
add(struct usage_record record)
{
    ck_assert(usage_sums_add(&sums, &record));
}

START_TEST(an_hour_sums_the_decisions_of_an_endpoint)
{
    add(make(5, 1, "a", DECISION_HIT));
    add(make(DATES_US_OF_HOUR - 1, 2, "a", DECISION_HIT));
    add(make(6, 1, "a", DECISION_MISS));
    add(make(DATES_US_OF_HOUR, 1, "a", DECISION_HIT));
    add(make(5, 1, "ab", DECISION_REFUSED));
    ck_assert_uint_eq(sums.hour_count, 3);
    ck_assert_int_eq(sums.hours[0].hour_wall_us, 0);
    ck_assert_str_eq(sums.hours[0].endpoint, "a");
    ck_assert_int_eq(sums.hours[0].decisions[DECISION_HIT], 2);
    ck_assert_int_eq(sums.hours[0].decisions[DECISION_MISS], 1);
    ck_assert_int_eq(sums.hours[0].response_time_us, 21);
    ck_assert_int_eq(sums.hours[0].cost_micro_usd, 20);
    ck_assert_int_eq(sums.hours[0].saved_micro_usd, 60);
    ck_assert_int_eq(sums.hours[1].hour_wall_us, DATES_US_OF_HOUR);
    ck_assert_str_eq(sums.hours[2].endpoint, "ab");
    ck_assert_int_eq(sums.hours[2].decisions[DECISION_REFUSED], 1);
}
END_TEST

START_TEST(statuses_are_summed_apart_and_durations_by_bucket)
{
    struct usage_record slow = make(5, 1, "a", DECISION_ERROR);

    slow.status_code = 504;
    slow.response_time_us = 30000001;
    add(make(5, 1, "a", DECISION_HIT));
    add(slow);
    add(make(6, 2, "a", DECISION_HIT));
    ck_assert_uint_eq(sums.hour_count, 2);
    ck_assert_int_eq(sums.hours[0].status_code, 0);
    ck_assert_int_eq(sums.hours[0].durations[duration_bucket(7)], 2);
    ck_assert_int_eq(sums.hours[1].status_code, 504);
    ck_assert_int_eq(sums.hours[1].durations[DURATION_BOUND_COUNT], 1);
}
END_TEST

START_TEST(a_day_counts_what_was_admitted_for_a_key)
{
    add(make(9, 1, "a", DECISION_HIT));
    add(make(5, 1, "b", DECISION_ERROR));
    add(make(7, 1, "b", DECISION_REFUSED));
    add(make(DATES_US_OF_DAY, 1, "a", DECISION_MISS));
    add(make(5, 2, "a", DECISION_HIT));
    ck_assert_uint_eq(sums.day_count, 3);
    ck_assert_int_eq(sums.days[0].api_key_id, 1);
    ck_assert_int_eq(sums.days[0].day, 0);
    ck_assert_int_eq(sums.days[0].requests, 2);
    ck_assert_int_eq(sums.days[0].last_wall_us, 9);
    ck_assert_int_eq(sums.days[0].saved_micro_usd, 30);
    ck_assert_int_eq(sums.days[1].day, 1);
    ck_assert_int_eq(sums.days[1].cost_micro_usd, 20);
    ck_assert_int_eq(sums.days[2].api_key_id, 2);
}
END_TEST

START_TEST(the_longest_endpoint_is_kept_whole)
{
    char longest[50];

    memset(longest, 'x', 49);
    longest[49] = '\0';
    add(make(5, 1, longest, DECISION_HIT));
    longest[48] = '\0';
    add(make(5, 1, longest, DECISION_HIT));
    ck_assert_uint_eq(sums.hour_count, 2);
    ck_assert_uint_eq(strlen(sums.hours[0].endpoint), 49);
}
END_TEST

START_TEST(a_full_table_takes_no_new_sum_and_still_adds_to_the_old)
{
    struct usage_record record;
    int64_t kept;

    for (int64_t i = 0; i < USAGE_SUMS_DAYS; i++)
        add(make(5, i, "a", DECISION_HIT));
    record = make(5, USAGE_SUMS_DAYS, "a", DECISION_HIT);
    kept = sums.hours[0].decisions[DECISION_HIT];
    ck_assert(!usage_sums_add(&sums, &record));
    ck_assert_int_eq(sums.hours[0].decisions[DECISION_HIT], kept); /* nothing was added at all */
    add(make(5, 0, "a", DECISION_HIT));
    ck_assert_int_eq(sums.days[0].requests, 2);

    usage_sums_clear(&sums);
    ck_assert_uint_eq(sums.day_count, 0);
    ck_assert(usage_sums_add(&sums, &record));
    ck_assert_int_eq(sums.days[0].requests, 1);
}
END_TEST

START_TEST(too_many_endpoints_are_told_too)
{
    char endpoint[16];
    struct usage_record record;

    for (int i = 0; i < USAGE_SUMS_HOURS; i++) {
        snprintf(endpoint, sizeof endpoint, "e%d", i);
        add(make(5, 1, endpoint, DECISION_HIT));
    }
    record = make(5, 1, "other", DECISION_HIT);
    ck_assert(!usage_sums_add(&sums, &record));
}
END_TEST

START_TEST(any_order_gives_the_same_sums)
{
    int64_t hits = 0;
    unsigned seed = 7;

    for (int i = 0; i < 20000; i++) {
        struct usage_record record =
            make(rand_r(&seed) % 5 * DATES_US_OF_HOUR, rand_r(&seed) % 100, "a", DECISION_HIT);

        add(record);
    }
    for (size_t i = 0; i < sums.hour_count; i++)
        hits += sums.hours[i].decisions[DECISION_HIT];
    ck_assert_uint_eq(sums.hour_count, 5);
    ck_assert_uint_eq(sums.day_count, 100);
    ck_assert_int_eq(hits, 20000);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("usage_sums");
    TCase *tcase = tcase_create("sums");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, an_hour_sums_the_decisions_of_an_endpoint);
    tcase_add_test(tcase, statuses_are_summed_apart_and_durations_by_bucket);
    tcase_add_test(tcase, a_day_counts_what_was_admitted_for_a_key);
    tcase_add_test(tcase, the_longest_endpoint_is_kept_whole);
    tcase_add_test(tcase, a_full_table_takes_no_new_sum_and_still_adds_to_the_old);
    tcase_add_test(tcase, too_many_endpoints_are_told_too);
    tcase_add_test(tcase, any_order_gives_the_same_sums);
    suite_add_tcase(suite, tcase);
    return suite;
}
