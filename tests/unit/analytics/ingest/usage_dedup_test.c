/* usage_dedup_test.c - exactly once: which part of a run is new, and when a gap will never be filled. */
/* links: analytics/ingest/usage_dedup.c */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/usage_dedup.h"

struct intake_case {
    int64_t mark, first, count;
    enum usage_dedup expected;
    int64_t skip;
};

static const struct intake_case cases[] = {
    {0, 1, 10, USAGE_ALL_NEW, 0},   /* the first run of a ring */
    {10, 11, 5, USAGE_ALL_NEW, 0},  /* the next one */
    {10, 6, 5, USAGE_KNOWN, 0},     /* sent twice */
    {10, 1, 3, USAGE_KNOWN, 0},     /* an old one again */
    {10, 10, 1, USAGE_KNOWN, 0},    /* its last record alone */
    {10, 6, 6, USAGE_TAIL_NEW, 5},  /* overlaps by five */
    {10, 10, 2, USAGE_TAIL_NEW, 1}, /* overlaps by one */
    {10, 1, 1000, USAGE_TAIL_NEW, 10},
    {10, 12, 5, USAGE_GAP, 0}, /* 11 is missing */
    {0, 2, 5, USAGE_GAP, 0},   /* 1 is missing */
    {10, INT64_MAX - 5, 5, USAGE_GAP, 0},
};

START_TEST(a_run_is_compared_with_the_mark)
{
    const struct intake_case *run = &cases[_i];
    int64_t skip = -1;

    ck_assert_int_eq(usage_dedup_decide(run->mark, run->first, run->count, &skip), run->expected);
    ck_assert_int_eq(skip, run->skip);
}
END_TEST

/* Whatever is sent again, cut or doubled: stored is each sequence once, in order. */
START_TEST(any_retelling_stores_each_record_once)
{
    unsigned seed = 3;
    int64_t mark = 0;

    for (int i = 0; i < 20000; i++) {
        int64_t first = mark + 3 - rand_r(&seed) % 20;
        int64_t count = 1 + rand_r(&seed) % 20;
        int64_t skip;
        enum usage_dedup intake;

        if (first < 1)
            continue;
        intake = usage_dedup_decide(mark, first, count, &skip);
        if (intake == USAGE_ALL_NEW || intake == USAGE_TAIL_NEW) {
            ck_assert_int_eq(first + skip, mark + 1);
            ck_assert_int_gt(count - skip, 0);
            mark = first + count - 1;
        } else if (intake == USAGE_KNOWN) {
            ck_assert_int_le(first + count - 1, mark);
        } else {
            ck_assert_int_gt(first, mark + 1);
        }
    }
    ck_assert_int_gt(mark, 1000);
}
END_TEST

static bool
is_lost(struct gap_watch *watch, const char *spool_id, int64_t ring, int64_t first)
{
    return gap_watch_is_lost(watch, bytes_of_text(spool_id), ring, first);
}

START_TEST(a_gap_is_asked_for_before_it_counts_as_lost)
{
    static struct gap_watch watch;

    memset(&watch, 0, sizeof watch);
    ck_assert(!is_lost(&watch, "a", 1, 50));
    ck_assert(!is_lost(&watch, "a", 1, 50));
    ck_assert(is_lost(&watch, "a", 1, 50));
    ck_assert(!is_lost(&watch, "a", 1, 50)); /* and from the start again */
}
END_TEST

START_TEST(another_gap_starts_anew)
{
    static struct gap_watch watch;

    memset(&watch, 0, sizeof watch);
    ck_assert(!is_lost(&watch, "a", 1, 50));
    ck_assert(!is_lost(&watch, "a", 1, 50));
    ck_assert(!is_lost(&watch, "a", 1, 40)); /* something before it came after all */
    ck_assert(!is_lost(&watch, "a", 1, 40));
    ck_assert(is_lost(&watch, "a", 1, 40));
}
END_TEST

START_TEST(rings_and_spools_are_watched_apart)
{
    static struct gap_watch watch;

    memset(&watch, 0, sizeof watch);
    for (int i = 0; i < 2; i++) {
        ck_assert(!is_lost(&watch, "a", 1, 50));
        ck_assert(!is_lost(&watch, "a", 2, 50));
        ck_assert(!is_lost(&watch, "b", 1, 50));
    }
    ck_assert(is_lost(&watch, "b", 1, 50));
    ck_assert(is_lost(&watch, "a", 2, 50));
    ck_assert(is_lost(&watch, "a", 1, 50));
}
END_TEST

START_TEST(more_rings_than_places_forget_the_oldest)
{
    static struct gap_watch watch;

    memset(&watch, 0, sizeof watch);
    for (int times = 0; times < 2; times++)
        for (int64_t ring = 0; ring < GAP_WATCH_RINGS; ring++)
            ck_assert(!is_lost(&watch, "a", ring, 50));
    ck_assert(!is_lost(&watch, "a", GAP_WATCH_RINGS, 50)); /* takes the place of ring 0 */
    ck_assert(!is_lost(&watch, "a", 0, 50));               /* that of ring 1 */
    ck_assert(is_lost(&watch, "a", 2, 50));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("usage_dedup");
    TCase *tcase = tcase_create("intake");

    tcase_add_loop_test(tcase, a_run_is_compared_with_the_mark, 0, (int)COUNT(cases));
    tcase_add_test(tcase, any_retelling_stores_each_record_once);
    tcase_add_test(tcase, a_gap_is_asked_for_before_it_counts_as_lost);
    tcase_add_test(tcase, another_gap_starts_anew);
    tcase_add_test(tcase, rings_and_spools_are_watched_apart);
    tcase_add_test(tcase, more_rings_than_places_forget_the_oldest);
    suite_add_tcase(suite, tcase);
    return suite;
}
