/* bucket_test.c - the bucket in one word against a bucket as the documents describe it. */
/* links: gateway/access/bucket.c */

#include "access/bucket.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "support/row.h"

#define SECOND_NS INT64_C(1000000000)
#define MS_NS     INT64_C(1000000)
#define START_NS  (INT64_C(86400) * SECOND_NS)

static bool
take(struct bucket *bucket, const struct rate *rate, int64_t now_ns)
{
    return bucket_take(bucket, rate, 1, now_ns).is_admitted;
}

static int64_t
take_all(struct bucket *bucket, const struct rate *rate, int64_t now_ns)
{
    int64_t count = 0;

    while (count <= rate->count && take(bucket, rate, now_ns))
        count++;
    return count;
}

static const struct rate sixty_a_minute = {.count = 60, .period_ms = 60000};

START_TEST(a_new_bucket_is_full)
{
    static const struct rate rates[] = {
        {.count = 60, .period_ms = 60000},   {.count = 1000, .period_ms = 3600000},
        {.count = 7, .period_ms = 1000},     {.count = 5000, .period_ms = 1000},
        {.count = 1, .period_ms = 86400000},
    };

    row("R-062");
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct bucket bucket = {0};

        ck_assert_int_eq(take_all(&bucket, &rates[i], START_NS), rates[i].count);
        ck_assert(!take(&bucket, &rates[i], START_NS));
    }
}
END_TEST

START_TEST(tokens_come_back_continuously)
{
    struct bucket bucket = {0};

    row("R-063");
    take_all(&bucket, &sixty_a_minute, START_NS);
    ck_assert(!take(&bucket, &sixty_a_minute, START_NS + SECOND_NS / 2));
    ck_assert(!take(&bucket, &sixty_a_minute, START_NS + SECOND_NS - 1));
    ck_assert(take(&bucket, &sixty_a_minute, START_NS + SECOND_NS));
    ck_assert(!take(&bucket, &sixty_a_minute, START_NS + SECOND_NS));
    /* The half token of the first half second was kept, not lost by the refusal. */
    ck_assert(!take(&bucket, &sixty_a_minute, START_NS + SECOND_NS * 3 / 2));
    ck_assert(take(&bucket, &sixty_a_minute, START_NS + 2 * SECOND_NS));
}
END_TEST

/* A token of them is no whole number of nanoseconds: rounded down, they would let more through than they say. */
static const struct rate uneven_rates[] = {
    {.count = 7, .period_ms = 1000},          {.count = 3, .period_ms = 1000},
    {.count = 17, .period_ms = 60000},        {.count = 999, .period_ms = 3600000},
    {.count = 86399, .period_ms = 86400000},  {.count = 4999, .period_ms = 1000},
    {.count = 700000000, .period_ms = 60000},
};

START_TEST(a_rate_that_does_not_divide_is_never_faster_than_it_says)
{
    const struct rate *rate = &uneven_rates[_i];
    int64_t period_ns = rate->period_ms * MS_NS;
    int64_t token_ns = period_ns / rate->count;
    struct bucket bucket = {0};
    int64_t remaining;

    row("R-063");
    ck_assert_int_ne(period_ns % rate->count, 0);
    ck_assert(bucket_take(&bucket, rate, rate->count, START_NS).is_admitted);
    ck_assert(!take(&bucket, rate, START_NS + token_ns));
    ck_assert(take(&bucket, rate, START_NS + token_ns + 1));
    ck_assert(!take(&bucket, rate, START_NS + token_ns + 1));
    /* Nor is it full before its period is over, and soon after that it is. */
    bucket = (struct bucket){0};
    ck_assert(bucket_take(&bucket, rate, rate->count, START_NS).is_admitted);
    ck_assert(!bucket_take(&bucket, rate, rate->count, START_NS + period_ns).is_admitted);
    remaining = bucket_take(&bucket, rate, rate->count, START_NS + period_ns).remaining;
    ck_assert_int_ge(remaining, rate->count - rate->count / token_ns - 1);
    ck_assert(
        bucket_take(&bucket, rate, rate->count, START_NS + period_ns + rate->count).is_admitted);
}
END_TEST

/* What a refusal says is enough, to the millisecond, and a millisecond less is not. */
START_TEST(a_wait_is_rounded_up_and_no_longer_than_that)
{
    const struct rate *rate = &uneven_rates[_i];
    struct bucket bucket = {0};
    struct bucket_result refused;
    int64_t wait_ns;

    ck_assert(bucket_take(&bucket, rate, rate->count, START_NS).is_admitted);
    refused = bucket_take(&bucket, rate, 1, START_NS);
    wait_ns = refused.retry_after_ms * MS_NS;
    ck_assert(!refused.is_admitted);
    ck_assert_int_ge(refused.reset_ms, rate->period_ms);
    if (refused.retry_after_ms > 1)
        ck_assert(!take(&bucket, rate, START_NS + wait_ns - MS_NS));
    ck_assert(take(&bucket, rate, START_NS + wait_ns));
}
END_TEST

/* What a counter per minute allows: twice the limit within two seconds. */
START_TEST(no_minute_boundary_gives_a_second_burst)
{
    const int64_t boundary_ns = START_NS - START_NS % (60 * SECOND_NS) + 60 * SECOND_NS;
    struct bucket bucket = {0};

    row("R-017");
    ck_assert_int_eq(take_all(&bucket, &sixty_a_minute, boundary_ns - SECOND_NS), 60);
    ck_assert_int_eq(take_all(&bucket, &sixty_a_minute, boundary_ns + SECOND_NS), 2);
    /* and then steadily: one a second, however long */
    for (int64_t second = 2; second <= 600; second++)
        ck_assert_int_eq(take_all(&bucket, &sixty_a_minute, boundary_ns + second * SECOND_NS), 1);
}
END_TEST

START_TEST(idle_time_never_fills_above_capacity)
{
    struct bucket bucket = {0};

    row("R-065");
    ck_assert(take(&bucket, &sixty_a_minute, START_NS));
    ck_assert_int_eq(take_all(&bucket, &sixty_a_minute, START_NS + 3600 * SECOND_NS), 60);
    bucket_give_back(&bucket, &sixty_a_minute, 1);
    bucket_give_back(&bucket, &sixty_a_minute, 60);
    ck_assert_int_eq(take_all(&bucket, &sixty_a_minute, START_NS + 3600 * SECOND_NS), 60);
}
END_TEST

/* The bucket as written: tokens as a number, refilled by time, never above capacity. */
struct model {
    double tokens;
    int64_t last_ns;
};

static void
refill(struct model *model, const struct rate *rate, int64_t now_ns)
{
    double per_ns = (double)rate->count / ((double)rate->period_ms * MS_NS);

    model->tokens += (double)(now_ns - model->last_ns) * per_ns;
    if (model->tokens > (double)rate->count)
        model->tokens = (double)rate->count;
    model->last_ns = now_ns;
}

static bool
is_about(int64_t value, double expected, double below, double above)
{
    return (double)value >= expected - below && (double)value <= expected + above;
}

/* Nearer to a whole token than the roundings of 10^6 steps reach, either answer is right. */
static bool
agrees(struct bucket *bucket, struct model *model, const struct rate *rate, int64_t tokens)
{
    struct bucket_result result = bucket_take(bucket, rate, tokens, model->last_ns);
    double spare = model->tokens - (double)tokens;
    double wait_ms = -spare * (double)rate->period_ms / (double)rate->count;

    if ((spare > 0.01 && !result.is_admitted) || (spare < -0.01 && result.is_admitted))
        return false;
    if (!result.is_admitted && tokens <= rate->count &&
        !is_about(result.retry_after_ms, wait_ms, wait_ms * 0.02, wait_ms * 0.02 + 2))
        return false;
    if (result.is_admitted)
        model->tokens -= (double)tokens;
    return is_about(result.remaining, model->tokens, 1.01, 0.01);
}

static const struct rate model_rates[] = {
    {.count = 60, .period_ms = 60000},     {.count = 30, .period_ms = 60000},
    {.count = 1000, .period_ms = 3600000}, {.count = 5000, .period_ms = 1000},
    {.count = 7, .period_ms = 1000},       {.count = 1, .period_ms = 1000},
    {.count = 3, .period_ms = 86400000},   {.count = 100, .period_ms = 60000},
};

START_TEST(a_million_steps_agree_with_the_model)
{
    row("R-064");
    srand48(4711 + _i);
    for (size_t r = 0; r < sizeof model_rates / sizeof model_rates[0]; r++) {
        const struct rate *rate = &model_rates[r];
        double token_ns = (double)rate->period_ms * MS_NS / (double)rate->count;
        struct model model = {.tokens = (double)rate->count, .last_ns = START_NS};
        struct bucket bucket = {0};
        int disagreements = 0;

        for (int i = 0; i < 125000; i++) {
            double idle = drand48() < 0.01 ? drand48() * 200 : drand48() * 2.2;
            int64_t tokens = drand48() < 0.1 ? 1 + (int64_t)(drand48() * 5) : 1;

            refill(&model, rate, model.last_ns + (int64_t)(idle * token_ns));
            disagreements += agrees(&bucket, &model, rate, tokens) ? 0 : 1;
        }
        ck_assert_int_eq(disagreements, 0);
    }
}
END_TEST

START_TEST(several_tokens_are_taken_whole_or_not)
{
    struct bucket bucket = {0};
    struct bucket_result result = bucket_take(&bucket, &sixty_a_minute, 50, START_NS);

    ck_assert(result.is_admitted);
    ck_assert_int_eq(result.remaining, 10);
    ck_assert_int_eq(result.reset_ms, 50000);
    result = bucket_take(&bucket, &sixty_a_minute, 11, START_NS);
    ck_assert(!result.is_admitted);
    ck_assert_int_eq(result.remaining, 10);
    ck_assert_int_eq(result.retry_after_ms, 1000);
    ck_assert(bucket_take(&bucket, &sixty_a_minute, 10, START_NS).is_admitted);
}
END_TEST

START_TEST(more_than_the_capacity_is_always_refused)
{
    struct bucket bucket = {0};
    struct bucket_result result = bucket_take(&bucket, &sixty_a_minute, 61, START_NS);

    ck_assert(!result.is_admitted);
    ck_assert_int_ge(result.retry_after_ms, 1);
    result = bucket_take(&bucket, &sixty_a_minute, INT64_MAX, START_NS);
    ck_assert(!result.is_admitted);
    ck_assert_int_eq(result.remaining, 60);
}
END_TEST

START_TEST(no_limit_always_admits)
{
    static const struct rate none = {0};
    struct bucket bucket = {0};

    for (int i = 0; i < 1000; i++)
        ck_assert(bucket_take(&bucket, &none, 1000000, START_NS).is_admitted);
    ck_assert_int_eq(bucket.full_at_ns, 0);
}
END_TEST

START_TEST(given_back_tokens_can_be_taken_again)
{
    struct bucket bucket = {0};

    take_all(&bucket, &sixty_a_minute, START_NS);
    bucket_give_back(&bucket, &sixty_a_minute, 2);
    ck_assert(take(&bucket, &sixty_a_minute, START_NS));
    ck_assert(take(&bucket, &sixty_a_minute, START_NS));
    ck_assert(!take(&bucket, &sixty_a_minute, START_NS));
}
END_TEST

START_TEST(a_new_rate_waits_no_longer_than_its_own_period)
{
    static const struct rate ten_a_day = {.count = 10, .period_ms = 86400000};
    static const struct rate ninety_in_ninety_s = {.count = 90, .period_ms = 90000};
    struct bucket bucket = {0};

    take_all(&bucket, &ten_a_day, START_NS);
    ck_assert(!take(&bucket, &sixty_a_minute, START_NS));

    struct bucket_result result = bucket_take(&bucket, &sixty_a_minute, 1, START_NS);

    ck_assert_int_eq(result.retry_after_ms, 1000);
    ck_assert_int_eq(result.reset_ms, 60000);
    /* and after that wait it is true */
    ck_assert(take(&bucket, &sixty_a_minute, START_NS + SECOND_NS));
    ck_assert_int_eq(take_all(&bucket, &sixty_a_minute, START_NS + 61 * SECOND_NS), 60);
    /* also where the old one is not much deeper */
    bucket = (struct bucket){0};
    ck_assert(bucket_take(&bucket, &ninety_in_ninety_s, 90, START_NS).is_admitted);
    result = bucket_take(&bucket, &sixty_a_minute, 1, START_NS);
    ck_assert(!result.is_admitted);
    ck_assert_int_eq(result.remaining, 0);
    ck_assert(!take(&bucket, &sixty_a_minute, START_NS + result.retry_after_ms * MS_NS - MS_NS));
    ck_assert(take(&bucket, &sixty_a_minute, START_NS + result.retry_after_ms * MS_NS));
}
END_TEST

START_TEST(the_largest_rates_do_not_overflow)
{
    static const struct rate rates[] = {{.count = 1000000000, .period_ms = 1000},
                                        {.count = 1000000000, .period_ms = 86400000}};

    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct bucket bucket = {0};
        int64_t now_ns = INT64_C(36500) * 86400 * SECOND_NS;

        ck_assert(bucket_take(&bucket, &rates[i], 1000000000, now_ns).is_admitted);
        ck_assert(!bucket_take(&bucket, &rates[i], 1, now_ns).is_admitted);
        ck_assert(bucket_take(&bucket, &rates[i], 1, now_ns + MS_NS).is_admitted);
    }
}
END_TEST

enum { THREADS = 8, TRIES = 40000, STEP_NS = 5000 };

static struct bucket shared_bucket;
static const struct rate shared_rate = {.count = 5000, .period_ms = 1000};

/* Every thread's clock goes from 0 to TRIES * STEP_NS, each at its own speed. */
static void *
take_many(void *admitted)
{
    int64_t *count = admitted;

    for (int64_t i = 0; i < TRIES; i++)
        if (take(&shared_bucket, &shared_rate, START_NS + i * STEP_NS))
            ++*count;
    return NULL;
}

START_TEST(eight_threads_get_no_more_than_one)
{
    pthread_t threads[THREADS];
    int64_t counts[THREADS] = {0};
    int64_t admitted = 0;
    int64_t refilled = (int64_t)TRIES * STEP_NS * shared_rate.count / SECOND_NS;

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_many, &counts[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        admitted += counts[i];
    }
    ck_assert_int_le(admitted, shared_rate.count + refilled);
    /* 320,000 tries for 6,000 tokens: at most the last one is not yet whole. */
    ck_assert_int_ge(admitted, shared_rate.count + refilled - 1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("bucket");
    TCase *tcase = tcase_create("bucket");

    tcase_add_test(tcase, a_new_bucket_is_full);
    tcase_add_test(tcase, tokens_come_back_continuously);
    tcase_add_loop_test(tcase, a_rate_that_does_not_divide_is_never_faster_than_it_says, 0,
                        (int)(sizeof uneven_rates / sizeof uneven_rates[0]));
    tcase_add_loop_test(tcase, a_wait_is_rounded_up_and_no_longer_than_that, 0,
                        (int)(sizeof uneven_rates / sizeof uneven_rates[0]));
    tcase_add_test(tcase, no_minute_boundary_gives_a_second_burst);
    tcase_add_test(tcase, idle_time_never_fills_above_capacity);
    tcase_add_test(tcase, a_million_steps_agree_with_the_model);
    tcase_add_test(tcase, several_tokens_are_taken_whole_or_not);
    tcase_add_test(tcase, more_than_the_capacity_is_always_refused);
    tcase_add_test(tcase, no_limit_always_admits);
    tcase_add_test(tcase, given_back_tokens_can_be_taken_again);
    tcase_add_test(tcase, a_new_rate_waits_no_longer_than_its_own_period);
    tcase_add_test(tcase, the_largest_rates_do_not_overflow);
    tcase_add_test(tcase, eight_threads_get_no_more_than_one);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return suite;
}
