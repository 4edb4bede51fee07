/* purges_test.c - which purges are remembered, and when a waiting one may be answered. */
/* links: cache/invalidation/purges.c cache/invalidation/listeners.c core/domain/purge.c */
#include "invalidation/purges.h"

#include <check.h>
#include <stdlib.h>

#include "support/scope.h"

struct sender {
    int number;
};

static struct purges purges;
static struct listeners listeners;

static void
begin(void)
{
    purges_init(&purges, 0);
    listeners = (struct listeners){0};
}

static void
end(void)
{
    purges_fini(&purges);
    listeners_fini(&listeners);
}

static struct sender *
sender(int number)
{
    struct sender *made = malloc(sizeof *made);

    ck_assert_ptr_nonnull(made);
    made->number = number;
    return made;
}

static void
ask_and_log(int64_t number, int64_t deadline)
{
    ck_assert(purges_admit(&purges));
    purges_log(&purges, number, SCOPE(""));
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

    ck_assert(purges_take_ripe(&purges, &listeners, now, 0, &taken));
    ck_assert_int_eq(taken.number, number);
    ck_assert_int_eq(taken.cleared_count, 10 * number);
    ck_assert_int_eq(taken.from->number, (int)number);
    ck_assert_uint_eq(taken.unconfirmed, unconfirmed);
    free(taken.from);
}

static void
expect_none(int64_t now, int64_t not_before)
{
    struct purge_wait taken;

    ck_assert(!purges_take_ripe(&purges, &listeners, now, not_before, &taken));
}

START_TEST(the_newest_are_remembered)
{
    for (int64_t number = 1; number <= 300; number++)
        purges_log(&purges, number, number == 300 ? SCOPE("properties") : SCOPE(""));
    ck_assert_int_eq(purges.last, 300);
    ck_assert_str_eq(purges_find(&purges, 300)->scope.endpoint, "properties");
    ck_assert_str_eq(purges_find(&purges, 299)->scope.endpoint, "");
    ck_assert_ptr_nonnull(purges_find(&purges, 300 - PURGES_REMEMBERED_MAX + 1));
    ck_assert_ptr_null(purges_find(&purges, 300 - PURGES_REMEMBERED_MAX));
    ck_assert_ptr_null(purges_find(&purges, 301));
    ck_assert_ptr_null(purges_find(&purges, 0));
}
END_TEST

START_TEST(an_entry_is_asked_of_the_purges_since)
{
    purges_init(&purges, 6);
    purges_log(&purges, 7, &(struct purge_scope){.endpoint = "a", .fetched_before_wall_ms = 1001});
    purges_log(&purges, 8, SCOPE("b"));
    ck_assert(purges_match(&purges, 6, bytes_of_text("a"), 1000, 2000));
    ck_assert(!purges_match(&purges, 6, bytes_of_text("a"), 1001, 2000));
    ck_assert(!purges_match(&purges, 7, bytes_of_text("a"), 1000, 2000));
    ck_assert(purges_match(&purges, 7, bytes_of_text("b"), 1000, 2000));
    ck_assert(!purges_match(&purges, 8, bytes_of_text("b"), 1000, 2000));
    ck_assert(purges_match(&purges, 5, bytes_of_text("c"), 1000, 2000)); /* 6 is not remembered */
}
END_TEST

START_TEST(a_listener_is_brought_up_from_as_far_back_as_remembered)
{
    for (int64_t number = 1; number <= 300; number++)
        purges_log(&purges, number, SCOPE(""));
    ck_assert(purges_reach_back_to(&purges, 300));
    ck_assert(purges_reach_back_to(&purges, 299));
    ck_assert(purges_reach_back_to(&purges, 300 - PURGES_REMEMBERED_MAX));
    ck_assert(!purges_reach_back_to(&purges, 300 - PURGES_REMEMBERED_MAX - 1));
    ck_assert(!purges_reach_back_to(&purges, -1));  /* nothing kept */
    ck_assert(!purges_reach_back_to(&purges, 301)); /* of a log that was lost */
}
END_TEST

/* The database forgets purges after a week: the number is known, the purges are not. */
START_TEST(forgotten_purges_cannot_be_made_up)
{
    purges_init(&purges, 7);
    ck_assert(purges_reach_back_to(&purges, 7));
    ck_assert(!purges_reach_back_to(&purges, 6));
    purges_log(&purges, 8, SCOPE(""));
    ck_assert(purges_reach_back_to(&purges, 7));
    ck_assert(!purges_reach_back_to(&purges, 6));
}
END_TEST

START_TEST(a_purge_is_answered_when_all_confirmed)
{
    listeners_register(&listeners, 1, sender(1), 0);
    listeners_register(&listeners, 2, sender(2), 0);
    ask_and_log(1, 3000);
    expect_none(0, 0);
    listeners_confirm(&listeners, 2, 1);
    expect_none(2999, 0);
    listeners_confirm(&listeners, 1, 1);
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
    listeners_register(&listeners, 1, sender(1), 0);
    listeners_register(&listeners, 2, sender(2), 0);
    ask_and_log(1, 3000);
    listeners_confirm(&listeners, 2, 1);
    expect_taken(3000, 1, 1);
    /* the next one does not wait for the silent one, but names it too */
    ask_and_log(2, 6000);
    listeners_confirm(&listeners, 2, 2);
    expect_taken(3001, 2, 1);
}
END_TEST

START_TEST(purges_are_answered_in_order)
{
    listeners_register(&listeners, 1, sender(1), 0);
    ask_and_log(1, 3000);
    ask_and_log(2, 4000);
    listeners_confirm(&listeners, 1, 1);
    expect_taken(10, 1, 0);
    expect_none(10, 0);
    listeners_confirm(&listeners, 1, 2);
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
    purges_give_back(&purges);
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
    TCase *memory = tcase_create("memory");
    TCase *waiting = tcase_create("waiting");

    tcase_add_checked_fixture(memory, begin, end);
    tcase_add_test(memory, the_newest_are_remembered);
    tcase_add_test(memory, an_entry_is_asked_of_the_purges_since);
    tcase_add_test(memory, a_listener_is_brought_up_from_as_far_back_as_remembered);
    tcase_add_test(memory, forgotten_purges_cannot_be_made_up);
    suite_add_tcase(suite, memory);
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
