/* hit_counts_test.c - reads per entry, summed until they are told. */
/* links: analytics/ingest/hit_counts.c */
#include <check.h>
#include <string.h>

#include "decision.h"
#include "ingest/hit_counts.h"

static struct hit_counts counts;
static struct entry_hit out[HIT_COUNTS_MAX];

static void
setup(void)
{
    memset(&counts, 0, sizeof counts);
}

static void
add(uint32_t key, enum decision decision, int64_t created_wall_us)
{
    struct usage_record record = {.decision = (uint8_t)decision,
                                  .created_wall_us = created_wall_us};

    memcpy(record.cache_key, &key, sizeof key);
    record.cache_key[15] = 1;
    hit_counts_add(&counts, &record);
}

START_TEST(reads_of_one_entry_are_one_row)
{
    add(7, DECISION_HIT, 100);
    add(7, DECISION_STALE, 300);
    add(7, DECISION_HIT, 200);
    ck_assert_uint_eq(hit_counts_take(&counts, out), 1);
    ck_assert_int_eq(out[0].count, 3);
    ck_assert_int_eq(out[0].last_wall_us, 300);
    ck_assert_int_eq(out[0].cache_key[0], 7);
    ck_assert_uint_eq(hit_counts_take(&counts, out), 0);
}
END_TEST

START_TEST(what_read_no_entry_is_not_counted)
{
    struct usage_record without_key = {.decision = DECISION_HIT};

    add(7, DECISION_MISS, 1);
    add(7, DECISION_COLLAPSED, 1);
    add(7, DECISION_REFUSED, 1);
    add(7, DECISION_ERROR, 1);
    hit_counts_add(&counts, &without_key);
    ck_assert_uint_eq(hit_counts_take(&counts, out), 0);
}
END_TEST

START_TEST(keys_that_fall_on_one_place_stay_apart)
{
    add(5, DECISION_HIT, 1);
    add(5 + HIT_COUNTS_MAX, DECISION_HIT, 1);
    add(5 + 2 * HIT_COUNTS_MAX, DECISION_HIT, 1);
    add(5 + HIT_COUNTS_MAX, DECISION_HIT, 1);
    ck_assert_uint_eq(hit_counts_take(&counts, out), 3);
    ck_assert_int_eq(out[0].count + out[1].count + out[2].count, 4);
}
END_TEST

START_TEST(a_full_table_goes_on_counting_what_it_has)
{
    size_t taken;

    for (uint32_t key = 0; key < 2 * HIT_COUNTS_MAX; key++)
        add(key, DECISION_HIT, 1);
    add(0, DECISION_HIT, 2);
    taken = hit_counts_take(&counts, out);
    ck_assert_uint_eq(taken, HIT_COUNTS_MAX / 4 * 3);
    ck_assert_int_eq(out[0].count, 2);
}
END_TEST

START_TEST(what_was_not_stored_is_forgotten)
{
    add(7, DECISION_HIT, 100);
    hit_counts_clear(&counts);
    ck_assert_uint_eq(hit_counts_take(&counts, out), 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("hit_counts");
    TCase *tcase = tcase_create("counts");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, reads_of_one_entry_are_one_row);
    tcase_add_test(tcase, what_read_no_entry_is_not_counted);
    tcase_add_test(tcase, keys_that_fall_on_one_place_stay_apart);
    tcase_add_test(tcase, a_full_table_goes_on_counting_what_it_has);
    tcase_add_test(tcase, what_was_not_stored_is_forgotten);
    suite_add_tcase(suite, tcase);
    return suite;
}
