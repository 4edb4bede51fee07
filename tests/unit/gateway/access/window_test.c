/* window_test.c - the window in parts against a list of all that was admitted. */
/* links: gateway/access/window.c */

#include "access/window.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "support/row.h"

#define SECOND_NS INT64_C(1000000000)
#define MS_NS     INT64_C(1000000)
#define START_NS  (INT64_C(20000) * 86400 * SECOND_NS) /* a day of 2024 */

static const struct rate thousand_an_hour = {.count = 1000, .period_ms = 3600000};
static const struct rate ten_a_minute = {.count = 10, .period_ms = 60000};

static struct window window;

static struct bucket_result
take(const struct rate *rate, int64_t tokens, int64_t now_ns)
{
    int64_t part;

    return window_take(&window, rate, tokens, now_ns, &part);
}

static int64_t
take_all(const struct rate *rate, int64_t now_ns)
{
    int64_t count = 0;

    while (take(rate, 1, now_ns).is_admitted)
        count++;
    return count;
}

START_TEST(the_one_after_a_thousand_is_refused_within_any_hour)
{
    const int64_t hour_ns = 3600 * SECOND_NS, part_ns = hour_ns / WINDOW_PARTS;

    row("R-151");
    window_init(&window, thousand_an_hour.period_ms);
    /* Where a bucket would give one back each 3.6 s, and a counter per hour a thousand at the hour. */
    for (int i = 0; i < 1000; i++)
        ck_assert(take(&thousand_an_hour, 1, START_NS - hour_ns / 2 + i * SECOND_NS).is_admitted);
    for (int64_t second = 1000; second < 3600; second++)
        ck_assert(
            !take(&thousand_an_hour, 1, START_NS - hour_ns / 2 + second * SECOND_NS).is_admitted);
    /* Two minutes' worth come back, at most two minutes late. */
    ck_assert_int_eq(take_all(&thousand_an_hour, START_NS + hour_ns / 2 + part_ns), 120);
    ck_assert_int_eq(take_all(&thousand_an_hour, START_NS + hour_ns), 1000 - 120);
}
END_TEST

START_TEST(a_refusal_says_how_long_truly)
{
    int64_t at_ns = START_NS + 7 * SECOND_NS + 123456789;
    struct bucket_result refused;

    row("R-151");
    window_init(&window, ten_a_minute.period_ms);
    ck_assert(take(&ten_a_minute, 4, at_ns).is_admitted);
    ck_assert(take(&ten_a_minute, 6, at_ns + 10 * SECOND_NS).is_admitted);
    at_ns += 20 * SECOND_NS;
    for (int64_t tokens = 1; tokens <= 10; tokens++) {
        struct window copy = window;

        refused = take(&ten_a_minute, tokens, at_ns);
        ck_assert(!refused.is_admitted);
        ck_assert_int_eq(refused.remaining, 0);
        ck_assert_int_eq(refused.reset_ms / 1000, 50);
        ck_assert_int_eq(refused.retry_after_ms / 1000, tokens <= 4 ? 40 : 50);
        ck_assert(
            !take(&ten_a_minute, tokens, at_ns + (refused.retry_after_ms - 1) * MS_NS).is_admitted);
        ck_assert(take(&ten_a_minute, tokens, at_ns + refused.retry_after_ms * MS_NS).is_admitted);
        window = copy;
    }
    /* More than ever fits. */
    refused = take(&ten_a_minute, 11, at_ns + 3600 * SECOND_NS);
    ck_assert(!refused.is_admitted);
    ck_assert_int_eq(refused.remaining, 10);
    ck_assert_int_ge(refused.retry_after_ms, 1);
    ck_assert(!take(&ten_a_minute, INT64_MAX, at_ns + 3600 * SECOND_NS).is_admitted);
}
END_TEST

static const struct rate model_rates[] = {
    {.count = 1000, .period_ms = 3600000}, {.count = 10, .period_ms = 60000},
    {.count = 7, .period_ms = 1000},       {.count = 1, .period_ms = 1000},
    {.count = 3, .period_ms = 86400000},   {.count = 5000, .period_ms = 1000},
};

enum { STEPS = 100000 };

static struct {
    int64_t at_ns, tokens;
} admitted[STEPS];

START_TEST(never_more_in_any_period_and_never_refused_for_longer_than_a_part)
{
    const struct rate *rate = &model_rates[_i];
    int64_t period_ns = rate->period_ms * MS_NS;
    int64_t now_ns = START_NS, count = 0, first = 0, first_maybe = 0, sure = 0, maybe = 0;
    int refusals = 0;

    row("R-151");
    srand48(815 + _i);
    window_init(&window, rate->period_ms);
    for (int i = 0; i < STEPS; i++) {
        double idle = drand48() < 0.001 ? drand48() * (double)rate->count : drand48() * 1.5;
        int64_t tokens = drand48() < 0.1 ? 1 + (int64_t)(drand48() * 3) : 1;

        now_ns += (int64_t)(idle * (double)period_ns / (double)rate->count);
        /* sure: admitted within the period; maybe: that and one part more. */
        for (; first < count && admitted[first].at_ns <= now_ns - period_ns; first++)
            sure -= admitted[first].tokens;
        for (; first_maybe < count &&
               admitted[first_maybe].at_ns <= now_ns - period_ns - window.part_ns;
             first_maybe++)
            maybe -= admitted[first_maybe].tokens;
        if (take(rate, tokens, now_ns).is_admitted) {
            sure += tokens;
            maybe += tokens;
            admitted[count].at_ns = now_ns;
            admitted[count++].tokens = tokens;
            ck_assert_int_le(sure, rate->count);
        } else {
            refusals++;
            ck_assert_int_gt(maybe + tokens, rate->count);
        }
    }
    ck_assert_int_gt(refusals, 100);
    ck_assert_int_gt(count, 1000);
}
END_TEST

/* A thirtieth of a second is no whole number of nanoseconds. What is taken at the end of a part is forgotten soonest. */
START_TEST(parts_together_are_not_shorter_than_the_period)
{
    static const struct rate one_a_second = {.count = 1, .period_ms = 1000};
    int64_t last_ns;

    window_init(&window, one_a_second.period_ms);
    last_ns = (START_NS / window.part_ns + 1) * window.part_ns - 1;
    ck_assert(take(&one_a_second, 1, last_ns).is_admitted);
    ck_assert(!take(&one_a_second, 1, last_ns + SECOND_NS - 1).is_admitted);
    ck_assert(take(&one_a_second, 1, last_ns + SECOND_NS + 30).is_admitted);
}
END_TEST

START_TEST(what_is_given_back_can_be_taken_again)
{
    int64_t part, other;

    window_init(&window, ten_a_minute.period_ms);
    ck_assert(window_take(&window, &ten_a_minute, 4, START_NS, &part).is_admitted);
    ck_assert(
        window_take(&window, &ten_a_minute, 6, START_NS + 10 * SECOND_NS, &other).is_admitted);
    window_give_back(&window, 3, part);
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS + 11 * SECOND_NS), 3);
    /* Those that were taken later stay as long as they would have. */
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS + 62 * SECOND_NS), 1);
    /* A part that is forgotten gives nothing back twice. */
    window_give_back(&window, 1, part);
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS + 62 * SECOND_NS), 0);
}
END_TEST

START_TEST(a_thread_whose_time_is_older_counts_as_the_newest)
{
    window_init(&window, ten_a_minute.period_ms);
    ck_assert(take(&ten_a_minute, 5, START_NS + 60 * SECOND_NS).is_admitted);
    ck_assert(take(&ten_a_minute, 5, START_NS).is_admitted);
    ck_assert(!take(&ten_a_minute, 1, START_NS).is_admitted);
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS + 62 * SECOND_NS), 0);
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS + 122 * SECOND_NS), 10);
}
END_TEST

START_TEST(the_largest_rates_fit)
{
    static const struct rate rates[] = {{.count = 1000000000, .period_ms = 1000},
                                        {.count = 1000000000, .period_ms = 86400000}};

    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        int64_t period_ns = rates[i].period_ms * MS_NS;

        window_init(&window, rates[i].period_ms);
        for (int64_t round = 0; round < 100; round++) {
            int64_t now_ns = START_NS + round * (period_ns + window.part_ns);

            ck_assert(take(&rates[i], 1000000000, now_ns).is_admitted);
            ck_assert(!take(&rates[i], 1, now_ns + period_ns - 1).is_admitted);
        }
    }
}
END_TEST

START_TEST(what_is_read_makes_another_one_alike)
{
    struct window_counts counts;
    struct window original;

    row("R-151");
    window_init(&window, ten_a_minute.period_ms);
    ck_assert(take(&ten_a_minute, 4, START_NS).is_admitted);
    ck_assert(take(&ten_a_minute, 3, START_NS + 10 * SECOND_NS).is_admitted);
    ck_assert_int_eq(window_read(&window, START_NS + 20 * SECOND_NS, &counts), 7);
    original = window;
    window_init(&window, ten_a_minute.period_ms);
    window_raise(&window, &counts, START_NS + 30 * SECOND_NS);
    window_raise(&window, &counts, START_NS + 30 * SECOND_NS); /* twice is as once */
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS + 30 * SECOND_NS), 3);
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS + 61 * SECOND_NS), 0);
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS + 62 * SECOND_NS), 4);
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS + 72 * SECOND_NS), 3);
    window = original;
    /* What another holds in addition counts, what both hold counts once. */
    ck_assert(take(&ten_a_minute, 2, START_NS + 20 * SECOND_NS).is_admitted);
    window_raise(&window, &counts, START_NS + 21 * SECOND_NS);
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS + 21 * SECOND_NS), 1);
}
END_TEST

START_TEST(counts_of_another_period_or_of_the_future_count_from_now_on)
{
    struct window_counts counts;

    window_init(&window, thousand_an_hour.period_ms);
    ck_assert(take(&thousand_an_hour, 6, START_NS).is_admitted);
    window_read(&window, START_NS + 600 * SECOND_NS, &counts);
    window_init(&window, ten_a_minute.period_ms);
    window_raise(&window, &counts, START_NS + 600 * SECOND_NS);
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS + 601 * SECOND_NS), 4);
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS + 662 * SECOND_NS), 10);

    window_init(&window, ten_a_minute.period_ms);
    ck_assert(take(&ten_a_minute, 6, START_NS).is_admitted);
    window_read(&window, START_NS, &counts);
    window_init(&window, ten_a_minute.period_ms);
    window_raise(&window, &counts, START_NS - 7200 * SECOND_NS);
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS - 7200 * SECOND_NS), 4);
    ck_assert_int_eq(take_all(&ten_a_minute, START_NS - 7138 * SECOND_NS), 10);
}
END_TEST

START_TEST(old_counts_count_no_more)
{
    struct window_counts counts;

    window_init(&window, ten_a_minute.period_ms);
    ck_assert(take(&ten_a_minute, 10, START_NS).is_admitted);
    window_read(&window, START_NS, &counts);
    window_init(&window, ten_a_minute.period_ms);
    window_raise(&window, &counts, START_NS + 62 * SECOND_NS);
    ck_assert_int_eq(window_read(&window, START_NS + 62 * SECOND_NS, &counts), 0);
}
END_TEST

enum { THREADS = 8, TRIES = 60000, PARTS = 512 };

static const struct rate shared_rate = {.count = 500, .period_ms = 1000};
static _Atomic int64_t shared_time_ns;
static _Atomic int64_t in_part[PARTS];

/* The threads push one clock on; each reads it a little before it takes. */
static void *
take_many(void *argument)
{
    (void)argument;
    for (int i = 0; i < TRIES; i++) {
        int64_t now_ns = atomic_fetch_add(&shared_time_ns, 20000), part;

        if (!window_take(&window, &shared_rate, 1, now_ns, &part).is_admitted)
            continue;
        if (i % 16 == 0)
            window_give_back(&window, 1, part);
        else
            atomic_fetch_add(&in_part[(part - START_NS / window.part_ns) % PARTS], 1);
    }
    return NULL;
}

START_TEST(threads_together_never_get_more_in_any_period)
{
    pthread_t threads[THREADS];
    int64_t all = 0;

    (void)_i;
    window_init(&window, shared_rate.period_ms);
    atomic_store(&shared_time_ns, START_NS);
    for (int i = 0; i < PARTS; i++)
        atomic_store(&in_part[i], 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_many, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int from = 0; from + WINDOW_PARTS < PARTS; from++) {
        int64_t together = 0;

        for (int i = from; i <= from + WINDOW_PARTS; i++)
            together += atomic_load(&in_part[i]);
        ck_assert_int_le(together, shared_rate.count);
        all += atomic_load(&in_part[from]);
    }
    /* 9.6 s: nine periods with a part each. Nothing was lost on the way, either. */
    ck_assert_int_ge(all, 8 * shared_rate.count);
    ck_assert_int_eq(take_all(&shared_rate, atomic_load(&shared_time_ns) + 2 * SECOND_NS),
                     shared_rate.count);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("window");
    TCase *tcase = tcase_create("window");

    tcase_add_test(tcase, the_one_after_a_thousand_is_refused_within_any_hour);
    tcase_add_test(tcase, a_refusal_says_how_long_truly);
    tcase_add_loop_test(tcase, never_more_in_any_period_and_never_refused_for_longer_than_a_part, 0,
                        (int)(sizeof model_rates / sizeof *model_rates));
    tcase_add_test(tcase, parts_together_are_not_shorter_than_the_period);
    tcase_add_test(tcase, what_is_given_back_can_be_taken_again);
    tcase_add_test(tcase, a_thread_whose_time_is_older_counts_as_the_newest);
    tcase_add_test(tcase, the_largest_rates_fit);
    tcase_add_test(tcase, what_is_read_makes_another_one_alike);
    tcase_add_test(tcase, counts_of_another_period_or_of_the_future_count_from_now_on);
    tcase_add_test(tcase, old_counts_count_no_more);
    tcase_add_loop_test(tcase, threads_together_never_get_more_in_any_period, 0, 5);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return suite;
}
