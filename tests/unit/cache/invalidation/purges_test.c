/* purges_test.c - when a waiting purge may be answered. */
/* links: cache/invalidation/purges.c core/domain/subscribers.c core/domain/purge.c */
#include "invalidation/purges.h"

#include <check.h>
#include <stdlib.h>

#include "support/scope.h"

static struct purges purges;
static struct subscribers listeners;

static void
begin(void)
{
    purges_init(&purges, 0);
    listeners = (struct subscribers){0};
}

static void
end(void)
{
    purges_fini(&purges);
}

static struct sender *
sender(int number)
{
    struct sender *made = malloc(sizeof *made);

    ck_assert_ptr_nonnull(made);
    made->correlation_id = (uint64_t)number;
    return made;
}

static void
ask_and_log(int64_t number, int64_t deadline)
{
    ck_assert(purges_admit(&purges));
    purge_ring_add(&purges.log, number, SCOPE(""));
    purges_wait(&purges, &(struct purge_wait){.number = number,
                                              .cleared_count = 10 * number,
                                              .deadline_mono_ms = deadline,
                                              .from = sender((int)number)});
    for (size_t i = 0; i < listeners.count; i++)
        listeners.rows[i].sent = number;
}

static void
expect_taken(int64_t now, int64_t number, size_t unconfirmed)
{
    struct purge_wait taken;

    ck_assert(purges_pop_finished(&purges, &listeners, now, 0, &taken));
    ck_assert_int_eq(taken.number, number);
    ck_assert_int_eq(taken.cleared_count, 10 * number);
    ck_assert_uint_eq(taken.from->correlation_id, (uint64_t)number);
    ck_assert_uint_eq(taken.unconfirmed, unconfirmed);
    free(taken.from);
}

static void
expect_none(int64_t now, int64_t not_before)
{
    struct purge_wait taken;

    ck_assert(!purges_pop_finished(&purges, &listeners, now, not_before, &taken));
}

START_TEST(a_purge_is_answered_when_all_confirmed)
{
    subscribers_add(&listeners, 1, &(struct sender){0}, 0, 0);
    subscribers_add(&listeners, 2, &(struct sender){0}, 0, 0);
    ask_and_log(1, 3000);
    expect_none(0, 0);
    subscribers_confirm(&listeners, 2, 1);
    expect_none(2999, 0);
    subscribers_confirm(&listeners, 1, 1);
    expect_taken(2999, 1, 0);
    expect_none(2999, 0);
}
END_TEST

START_TEST(a_purge_without_gateways_is_answered_at_once)
{
    ask_and_log(1, 3000);
    expect_taken(0, 1, 0);
}
END_TEST

START_TEST(silent_gateways_are_named_at_the_deadline)
{
    subscribers_add(&listeners, 1, &(struct sender){0}, 0, 0);
    subscribers_add(&listeners, 2, &(struct sender){0}, 0, 0);
    ask_and_log(1, 3000);
    subscribers_confirm(&listeners, 2, 1);
    expect_taken(3000, 1, 1);
    /* the next one does not wait for the silent one, but names it too */
    ask_and_log(2, 6000);
    subscribers_confirm(&listeners, 2, 2);
    expect_taken(3001, 2, 1);
}
END_TEST

START_TEST(purges_are_answered_in_order)
{
    subscribers_add(&listeners, 1, &(struct sender){0}, 0, 0);
    ask_and_log(1, 3000);
    ask_and_log(2, 4000);
    subscribers_confirm(&listeners, 1, 1);
    expect_taken(10, 1, 0);
    expect_none(10, 0);
    subscribers_confirm(&listeners, 1, 2);
    expect_taken(11, 2, 0);
}
END_TEST

START_TEST(nothing_is_confirmed_before_its_time)
{
    ask_and_log(1, 500);
    expect_none(999, 1000);
    expect_taken(1000, 1, 0);
}
END_TEST

START_TEST(too_many_at_once_are_not_admitted)
{
    for (int i = 0; i < PURGES_WAITING_MAX; i++)
        ck_assert(purges_admit(&purges));
    ck_assert(!purges_admit(&purges));
    ck_assert(purges_are_pending(&purges));
    purges_cancel(&purges);
    ask_and_log(1, 3000); /* takes the place that was given back, and keeps it while waiting */
    ck_assert(!purges_admit(&purges));
    expect_taken(3000, 1, 0);
    ck_assert(purges_admit(&purges));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/purges");
    TCase *waiting = tcase_create("waiting");

    tcase_add_checked_fixture(waiting, begin, end);
    tcase_add_test(waiting, a_purge_is_answered_when_all_confirmed);
    tcase_add_test(waiting, a_purge_without_gateways_is_answered_at_once);
    tcase_add_test(waiting, silent_gateways_are_named_at_the_deadline);
    tcase_add_test(waiting, purges_are_answered_in_order);
    tcase_add_test(waiting, nothing_is_confirmed_before_its_time);
    tcase_add_test(waiting, too_many_at_once_are_not_admitted);
    suite_add_tcase(suite, waiting);
    return suite;
}
