/* breaker_test.c - the states of a breaker, one by one and in a million random steps beside a model. */
/* links: upstream/call/breaker.c @core */

#include "call/breaker.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "support/row.h"

#define START_MS 7000000

static struct breaker breaker;

static const struct breaker_settings seed = {
    .failures = 5,
    .reset_timeout_ms = 30000,
    .window_ms = 10000,
    .minimum_calls = 20,
    .failure_percent = 50,
    .probes = 1,
};

static bool
call(bool is_failure, int64_t duration_ms, int64_t now_ms)
{
    struct breaker_permit permit;

    if (!breaker_permit(&breaker, now_ms, &permit))
        return false;
    breaker_record(&breaker, &permit, is_failure, duration_ms, now_ms);
    return true;
}

static void
open_it(int64_t now_ms)
{
    for (int64_t i = 0; i < breaker.settings.failures; i++)
        ck_assert(call(true, 1, now_ms));
    ck_assert_int_eq(breaker.state, BREAKER_OPEN);
}

static void
start(void)
{
    breaker_init(&breaker, &seed, START_MS);
}

START_TEST(the_fifth_failure_in_a_row_opens_it)
{
    row("A-023");
    row("A-024");
    for (int i = 0; i < 4; i++)
        ck_assert(call(true, 1, START_MS));
    ck_assert(call(false, 1, START_MS)); /* the row is broken */
    for (int i = 0; i < 4; i++)
        ck_assert(call(true, 1, START_MS));
    ck_assert_int_eq(breaker.state, BREAKER_CLOSED);
    ck_assert(call(true, 1, START_MS + 1));
    ck_assert_int_eq(breaker.state, BREAKER_OPEN);
    ck_assert_int_eq(breaker.reason, BREAKER_REASON_CONSECUTIVE_FAILURES);
    ck_assert_int_eq(breaker.since_ms, START_MS + 1);
    ck_assert(!call(false, 1, START_MS + 2));
    ck_assert_int_eq(breaker_wait_ms(&breaker, START_MS + 1001), 29000);
}
END_TEST

START_TEST(a_probe_after_the_timeout_decides)
{
    row("A-025");
    row("A-026");
    row("A-027");
    open_it(START_MS);
    ck_assert(!call(false, 1, START_MS + 29999));
    ck_assert(call(true, 1, START_MS + 30000));
    ck_assert_int_eq(breaker.state, BREAKER_OPEN);
    ck_assert_int_eq(breaker.reason, BREAKER_REASON_PROBE_FAILED);
    ck_assert(!call(false, 1, START_MS + 59999)); /* the timer began anew */
    ck_assert(call(false, 1, START_MS + 60000));
    ck_assert_int_eq(breaker.state, BREAKER_CLOSED);
    ck_assert_int_eq(breaker.consecutive_failures, 0);
    ck_assert_int_eq(breaker_window(&breaker, START_MS + 60000).calls, 0);
    ck_assert_int_eq(breaker.entered[BREAKER_OPEN], 2);
    ck_assert_int_eq(breaker.entered[BREAKER_HALF_OPEN], 2);
    ck_assert_int_eq(breaker.entered[BREAKER_CLOSED], 1);
}
END_TEST

START_TEST(of_a_thousand_callers_one_is_the_probe)
{
    row("A-030");
    struct breaker_permit permits[1000];
    int given = 0;

    open_it(START_MS);
    for (int i = 0; i < 1000; i++)
        given += breaker_permit(&breaker, START_MS + 30000, &permits[i]);
    ck_assert_int_eq(given, 1);
    ck_assert_int_eq(breaker.state, BREAKER_HALF_OPEN);
    ck_assert_int_gt(breaker_wait_ms(&breaker, START_MS + 30000), 0);
}
END_TEST

START_TEST(three_probes_are_three_and_all_must_succeed)
{
    struct breaker_permit permits[4];

    breaker.settings.probes = 3;
    open_it(START_MS);
    for (int i = 0; i < 3; i++)
        ck_assert(breaker_permit(&breaker, START_MS + 30000, &permits[i]));
    for (int i = 0; i < 2; i++) {
        breaker_record(&breaker, &permits[i], false, 1, START_MS + 30001);
        ck_assert(!breaker_permit(&breaker, START_MS + 30001, &permits[3]));
    }
    ck_assert_int_eq(breaker.state, BREAKER_HALF_OPEN);
    breaker_record(&breaker, &permits[2], false, 1, START_MS + 30002);
    ck_assert_int_eq(breaker.state, BREAKER_CLOSED);
}
END_TEST

START_TEST(a_permit_that_comes_back_is_given_again)
{
    struct breaker_permit first, second;

    open_it(START_MS);
    ck_assert(breaker_permit(&breaker, START_MS + 30000, &first));
    ck_assert(!breaker_permit(&breaker, START_MS + 30000, &second));
    breaker_return(&breaker, &first);
    breaker_return(&breaker, &first); /* an empty one changes nothing */
    ck_assert(breaker_permit(&breaker, START_MS + 30000, &second));
    ck_assert(!breaker_permit(&breaker, START_MS + 30000, &first));
}
END_TEST

START_TEST(a_call_from_before_the_opening_is_no_probe)
{
    struct breaker_permit old, probe;

    ck_assert(breaker_permit(&breaker, START_MS, &old));
    open_it(START_MS);
    breaker_record(&breaker, &old, false, 1, START_MS + 10);
    ck_assert_int_eq(breaker.state, BREAKER_OPEN);
    ck_assert(breaker_permit(&breaker, START_MS + 30000, &probe));
    breaker_record(&breaker, &old, false, 1, START_MS + 30001);
    ck_assert_int_eq(breaker.state, BREAKER_HALF_OPEN);
    breaker_record(&breaker, &probe, false, 1, START_MS + 30002);
    ck_assert_int_eq(breaker.state, BREAKER_CLOSED);
}
END_TEST

START_TEST(half_of_twenty_calls_in_the_window_open_it)
{
    for (int i = 0; i < 19; i++)
        ck_assert(call(i % 2 == 0, 1, START_MS + i * 100));
    ck_assert_int_eq(breaker.state, BREAKER_CLOSED); /* too few to tell */
    ck_assert(call(true, 1, START_MS + 1900));
    ck_assert_int_eq(breaker.state, BREAKER_OPEN);
    ck_assert_int_eq(breaker.reason, BREAKER_REASON_FAILURE_RATE);
}
END_TEST

START_TEST(failures_leave_the_window)
{
    for (int i = 0; i < 19; i++)
        ck_assert(call(i % 2 == 1, 1, START_MS));
    for (int i = 0; i < 4; i++)
        ck_assert(call(true, 1, START_MS + 11000)); /* the 19 are past */
    ck_assert_int_eq(breaker.state, BREAKER_CLOSED);
    ck_assert_int_eq(breaker_window(&breaker, START_MS + 11000).calls, 4);
    ck_assert_int_eq(breaker_window(&breaker, START_MS + 22000).calls, 0);
}
END_TEST

START_TEST(slow_calls_open_it_and_a_slow_probe_does_not_close_it)
{
    breaker.settings.slow_call_ms = 1000;
    breaker.settings.slow_percent = 100;
    for (int i = 0; i < 20; i++)
        ck_assert(call(false, 1000, START_MS));
    ck_assert_int_eq(breaker.reason, BREAKER_REASON_SLOW_CALL_RATE);
    ck_assert(call(false, 1000, START_MS + 30000));
    ck_assert_int_eq(breaker.reason, BREAKER_REASON_PROBE_FAILED);
    ck_assert(call(false, 999, START_MS + 60000));
    ck_assert_int_eq(breaker.state, BREAKER_CLOSED);
}
END_TEST

START_TEST(what_is_switched_off_does_not_open_it)
{
    breaker.settings.failures = 0;
    breaker.settings.failure_percent = 0;
    for (int i = 0; i < 100; i++)
        ck_assert(call(true, 100000, START_MS));
    ck_assert_int_eq(breaker.state, BREAKER_CLOSED);
}
END_TEST

START_TEST(a_reset_closes_it)
{
    open_it(START_MS);
    breaker_reset(&breaker, START_MS + 5);
    ck_assert_int_eq(breaker.reason, BREAKER_REASON_RESET);
    ck_assert(call(false, 1, START_MS + 5));
}
END_TEST

/* The model: every call that ended since the last change of state, added up anew each time. */
#define MODEL_MAX 4096

static struct {
    enum breaker_state state;
    int64_t since_ms, generation;
    int64_t out, succeeded, in_a_row;
    struct {
        int64_t ended_ms;
        bool failed, slow;
    } ended[MODEL_MAX];
    size_t count;
} model;

static void
model_enter(enum breaker_state state, int64_t now_ms)
{
    model.state = state;
    model.since_ms = now_ms;
    model.generation++;
    model.out = model.succeeded = model.in_a_row = 0;
    model.count = 0;
}

static bool
model_permit(int64_t now_ms)
{
    const struct breaker_settings *s = &breaker.settings;

    if (model.state == BREAKER_OPEN && now_ms - model.since_ms < s->reset_timeout_ms)
        return false;
    if (model.state == BREAKER_HALF_OPEN && model.out + model.succeeded >= s->probes)
        return false;
    if (model.state == BREAKER_OPEN)
        model_enter(BREAKER_HALF_OPEN, now_ms);
    if (model.state == BREAKER_HALF_OPEN)
        model.out++;
    return true;
}

static bool
model_must_open(int64_t now_ms)
{
    const struct breaker_settings *s = &breaker.settings;
    int64_t slice_ms = s->window_ms / BREAKER_SLICES, calls = 0, failed = 0, slow = 0;

    for (size_t i = 0; i < model.count; i++) {
        if (model.ended[i].ended_ms / slice_ms + BREAKER_SLICES <= now_ms / slice_ms)
            continue;
        calls++;
        failed += model.ended[i].failed;
        slow += model.ended[i].slow;
    }
    return model.in_a_row >= s->failures ||
           (calls >= s->minimum_calls &&
            (failed * 100 >= calls * s->failure_percent || slow * 100 >= calls * s->slow_percent));
}

static void
model_record(bool failed, bool slow, int64_t now_ms)
{
    if (model.state == BREAKER_HALF_OPEN) {
        model.out--;
        if (failed || slow)
            model_enter(BREAKER_OPEN, now_ms);
        else if (++model.succeeded >= breaker.settings.probes)
            model_enter(BREAKER_CLOSED, now_ms);
        return;
    }
    if (model.count == MODEL_MAX)
        memmove(model.ended, model.ended + 1, --model.count * sizeof model.ended[0]);
    model.ended[model.count].ended_ms = now_ms;
    model.ended[model.count].failed = failed;
    model.ended[model.count++].slow = slow;
    model.in_a_row = failed ? model.in_a_row + 1 : 0;
    if (model_must_open(now_ms))
        model_enter(BREAKER_OPEN, now_ms);
}

#define PERMITS 64

/* What a step of the random walk works on: permits that are out, and the generation that the model gave them in. */
static struct {
    struct breaker_permit permit;
    int64_t generation;
} out[PERMITS];

static void
end_one(size_t i, unsigned *random, int64_t now_ms, unsigned percent_bad)
{
    bool is_current = out[i].generation == model.generation;
    bool failed = (unsigned)rand_r(random) % 100 < percent_bad;
    bool slow = (unsigned)rand_r(random) % 100 < percent_bad / 4;

    if (rand_r(random) % 8 == 0) {
        breaker_return(&breaker, &out[i].permit);
        if (is_current && model.state == BREAKER_HALF_OPEN)
            model.out--;
    } else {
        breaker_record(&breaker, &out[i].permit, failed, slow ? 500 : 20, now_ms);
        if (is_current)
            model_record(failed, slow, now_ms);
    }
    out[i].generation = 0;
}

START_TEST(a_million_steps_as_the_model)
{
    int64_t now_ms = START_MS;
    unsigned random = 11, percent_bad = 0;

    breaker.settings.probes = 3;
    breaker.settings.slow_call_ms = 500;
    breaker.settings.slow_percent = 60;
    breaker.settings.reset_timeout_ms = 700;
    model_enter(BREAKER_CLOSED, START_MS);
    for (int step = 0; step < 1000000; step++) {
        size_t i = (size_t)rand_r(&random) % PERMITS;

        if (step % 2000 == 0)
            percent_bad = (unsigned)rand_r(&random) % 101;
        now_ms += rand_r(&random) % 40;
        if (out[i].generation != 0) {
            end_one(i, &random, now_ms, percent_bad);
        } else {
            bool is_given = breaker_permit(&breaker, now_ms, &out[i].permit);

            ck_assert(is_given == model_permit(now_ms));
            out[i].generation = is_given ? model.generation : 0;
        }
        ck_assert_int_eq(breaker.state, model.state);
        ck_assert_int_eq(breaker.since_ms, model.since_ms);
    }
    for (int state = 0; state < BREAKER_STATE_COUNT; state++)
        ck_assert_int_gt(breaker.entered[state], 100);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("breaker");
    TCase *tcase = tcase_create("breaker");

    tcase_add_checked_fixture(tcase, start, NULL);
    tcase_add_test(tcase, the_fifth_failure_in_a_row_opens_it);
    tcase_add_test(tcase, a_probe_after_the_timeout_decides);
    tcase_add_test(tcase, of_a_thousand_callers_one_is_the_probe);
    tcase_add_test(tcase, three_probes_are_three_and_all_must_succeed);
    tcase_add_test(tcase, a_permit_that_comes_back_is_given_again);
    tcase_add_test(tcase, a_call_from_before_the_opening_is_no_probe);
    tcase_add_test(tcase, half_of_twenty_calls_in_the_window_open_it);
    tcase_add_test(tcase, failures_leave_the_window);
    tcase_add_test(tcase, slow_calls_open_it_and_a_slow_probe_does_not_close_it);
    tcase_add_test(tcase, what_is_switched_off_does_not_open_it);
    tcase_add_test(tcase, a_reset_closes_it);
    tcase_add_test(tcase, a_million_steps_as_the_model);
    suite_add_tcase(suite, tcase);
    return suite;
}
