/* listeners_test.c - who is awaited, who is silent, who is forgotten. */
/* links: cache/invalidation/listeners.c */
#include "invalidation/listeners.h"

#include <check.h>
#include <stdlib.h>

struct sender {
    int number;
};

static struct listeners listeners;

static void
begin(void)
{
    listeners = (struct listeners){0};
}

static void
end(void)
{
    listeners_fini(&listeners);
    ck_assert_uint_eq(listeners.count, 0);
}

static struct listener *
add(int64_t gateway_id, int64_t number)
{
    struct sender *to = malloc(sizeof *to);

    ck_assert_ptr_nonnull(to);
    to->number = (int)gateway_id;
    return listeners_register(&listeners, gateway_id, to, number);
}

/* What catch_up does when it told everybody. */
static void
send_all(int64_t number)
{
    for (size_t i = 0; i < listeners.count; i++)
        listeners.rows[i].sent = number;
}

START_TEST(those_who_have_not_confirmed_are_awaited)
{
    add(1, 4);
    add(2, 4);
    send_all(5);
    ck_assert_uint_eq(listeners_awaited(&listeners, 4), 0);
    ck_assert_uint_eq(listeners_awaited(&listeners, 5), 2);
    listeners_confirm(&listeners, 1, 5);
    ck_assert_uint_eq(listeners_awaited(&listeners, 5), 1);
    listeners_confirm(&listeners, 2, 5);
    ck_assert_uint_eq(listeners_awaited(&listeners, 5), 0);
}
END_TEST

START_TEST(a_confirmation_of_what_was_not_sent_is_ignored)
{
    add(1, 4);
    listeners_confirm(&listeners, 1, 5);
    ck_assert_uint_eq(listeners_awaited(&listeners, 5), 1);
    send_all(6);
    listeners_confirm(&listeners, 1, 6);
    listeners_confirm(&listeners, 1, 5); /* late, and twice */
    ck_assert_uint_eq(listeners_awaited(&listeners, 6), 0);
    listeners_confirm(&listeners, 99, 6); /* nobody we know */
}
END_TEST

START_TEST(a_silent_one_is_named_but_not_awaited_until_it_speaks)
{
    add(1, 0);
    add(2, 0);
    send_all(1);
    listeners_confirm(&listeners, 1, 1);
    ck_assert_uint_eq(listeners_give_up(&listeners, 1), 1);
    ck_assert(!listeners_find(&listeners, 1)->is_silent);
    ck_assert(listeners_find(&listeners, 2)->is_silent);

    send_all(2);
    ck_assert_uint_eq(listeners_awaited(&listeners, 2), 1);
    listeners_confirm(&listeners, 1, 2);
    ck_assert_uint_eq(listeners_awaited(&listeners, 2), 0);
    ck_assert_uint_eq(listeners_give_up(&listeners, 2), 1);

    listeners_confirm(&listeners, 2, 1);
    ck_assert(!listeners_find(&listeners, 2)->is_silent);
    ck_assert_uint_eq(listeners_awaited(&listeners, 2), 1);
    listeners_confirm(&listeners, 2, 2);
    ck_assert_uint_eq(listeners_awaited(&listeners, 2), 0);
}
END_TEST

START_TEST(a_new_hello_replaces_the_old_one)
{
    add(1, 3);
    listeners_give_up(&listeners, 9);
    struct listener *again = add(1, 7);

    ck_assert_uint_eq(listeners.count, 1);
    ck_assert(!again->is_silent);
    ck_assert_int_eq(again->sent, 7);
    ck_assert_int_eq(again->confirmed, 7);
}
END_TEST

START_TEST(a_full_table_makes_room_silent_ones_first)
{
    for (int64_t id = 1; id <= LISTENERS_MAX; id++)
        add(id, id == 40 ? 0 : 5);
    ck_assert_uint_eq(listeners_give_up(&listeners, 5), 1);
    add(1000, 5);
    ck_assert_uint_eq(listeners.count, LISTENERS_MAX);
    ck_assert_ptr_null(listeners_find(&listeners, 40));
    ck_assert_int_eq(listeners_find(&listeners, 1000)->to->number, 1000);
    add(1001, 5);
    ck_assert_uint_eq(listeners.count, LISTENERS_MAX);
    ck_assert_ptr_nonnull(listeners_find(&listeners, 1001));
}
END_TEST

START_TEST(removing_keeps_the_others)
{
    add(1, 0);
    add(2, 0);
    add(3, 0);
    listeners_remove(&listeners, listeners_find(&listeners, 1));
    ck_assert_ptr_null(listeners_find(&listeners, 1));
    ck_assert_int_eq(listeners_find(&listeners, 2)->to->number, 2);
    ck_assert_int_eq(listeners_find(&listeners, 3)->to->number, 3);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/listeners");
    TCase *table = tcase_create("table");

    tcase_add_checked_fixture(table, begin, end);
    tcase_add_test(table, those_who_have_not_confirmed_are_awaited);
    tcase_add_test(table, a_confirmation_of_what_was_not_sent_is_ignored);
    tcase_add_test(table, a_silent_one_is_named_but_not_awaited_until_it_speaks);
    tcase_add_test(table, a_new_hello_replaces_the_old_one);
    tcase_add_test(table, a_full_table_makes_room_silent_ones_first);
    tcase_add_test(table, removing_keeps_the_others);
    suite_add_tcase(suite, table);
    return suite;
}
