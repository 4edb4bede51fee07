/* subscribers_test.c - who is awaited, who is silent, who is forgotten. */
/* links: core/domain/subscribers.c */
#include "subscribers.h"

#include <check.h>

static struct subscribers subscribers;
static const struct sender sender = {
    .identity = "gw", .identity_size = 2, .correlation_id = 9, .request_id = "abc"};

static void
begin(void)
{
    subscribers = (struct subscribers){0};
}

/* As the cache actor does: up to date when it is added, then told number by number. */
static struct subscriber *
add(int64_t gateway_id, int64_t number)
{
    return subscribers_add(&subscribers, gateway_id, &sender, number, number);
}

/* As analytics does: whatever it was told, it has confirmed nothing. */
static struct subscriber *
add_unconfirmed(int64_t gateway_id)
{
    return subscribers_add(&subscribers, gateway_id, &sender, INT64_MAX, 0);
}

static void
send_all(int64_t number)
{
    for (size_t i = 0; i < subscribers.count; i++)
        subscribers.rows[i].sent = number;
}

static bool
is_silent(int64_t gateway_id)
{
    return subscribers_find(&subscribers, gateway_id)->is_silent;
}

START_TEST(those_who_have_not_confirmed_are_awaited)
{
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 5), 0);
    add(1, 4);
    add(2, 4);
    send_all(7);
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 4), 0);
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 5), 2);
    subscribers_confirm(&subscribers, 1, 5);
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 5), 1);
    subscribers_confirm(&subscribers, 2, 7); /* all numbers up to it */
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 5), 0);
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 6), 1);
}
END_TEST

START_TEST(who_is_added_unconfirmed_is_awaited_until_it_says_so)
{
    add_unconfirmed(1);
    add_unconfirmed(2);
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 5), 2);
    subscribers_confirm(&subscribers, 1, 5);
    subscribers_confirm(&subscribers, 2, 7);
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 5), 0);
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 6), 1);
}
END_TEST

START_TEST(a_confirmation_of_what_was_not_sent_is_ignored)
{
    add(1, 4);
    subscribers_confirm(&subscribers, 1, 5);
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 5), 1);
    send_all(6);
    subscribers_confirm(&subscribers, 1, 6);
    subscribers_confirm(&subscribers, 99, 6); /* nobody we know */
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 6), 0);
}
END_TEST

START_TEST(an_old_confirmation_takes_nothing_back)
{
    add(1, 0);
    send_all(7);
    subscribers_confirm(&subscribers, 1, 7);
    subscribers_confirm(&subscribers, 1, 3); /* late */
    subscribers_confirm(&subscribers, 1, 7); /* twice */
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 7), 0);
}
END_TEST

START_TEST(a_silent_one_is_named_but_not_awaited_until_it_speaks)
{
    add(1, 0);
    add(2, 0);
    send_all(1);
    subscribers_confirm(&subscribers, 1, 1);
    ck_assert_uint_eq(subscribers_give_up(&subscribers, 1), 1);
    ck_assert(!is_silent(1));
    ck_assert(is_silent(2));

    send_all(2);
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 2), 1);
    subscribers_confirm(&subscribers, 1, 2);
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 2), 0);
    ck_assert_uint_eq(subscribers_give_up(&subscribers, 2), 1);

    subscribers_confirm(&subscribers, 2, 1);
    ck_assert(!is_silent(2));
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 2), 1);
    subscribers_confirm(&subscribers, 2, 2);
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 2), 0);
}
END_TEST

START_TEST(the_silent_are_removed_and_may_come_back)
{
    for (int64_t id = 1; id <= 4; id++)
        add_unconfirmed(id);
    subscribers_confirm(&subscribers, 1, 5);
    subscribers_confirm(&subscribers, 3, 5);
    ck_assert_uint_eq(subscribers_give_up(&subscribers, 5), 2);
    subscribers_remove_silent(&subscribers);
    ck_assert_uint_eq(subscribers.count, 2);
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 5), 0);
    subscribers_confirm(&subscribers, 2, 5); /* too late: it must come again */
    ck_assert_uint_eq(subscribers.count, 2);
    add_unconfirmed(2);
    ck_assert_uint_eq(subscribers.count, 3);
}
END_TEST

START_TEST(who_comes_again_is_one_and_begins_anew)
{
    struct sender moved = sender;
    struct subscriber *again;

    memcpy(moved.identity, "new", 3);
    moved.identity_size = 3;
    add(1, 3);
    subscribers_give_up(&subscribers, 9);
    again = subscribers_add(&subscribers, 1, &moved, 7, 0);
    ck_assert_uint_eq(subscribers.count, 1);
    ck_assert(!again->is_silent);
    ck_assert_int_eq(again->sent, 7);
    ck_assert_int_eq(again->confirmed, 0);
    ck_assert_uint_eq(subscribers_awaited(&subscribers, 3), 1);
    ck_assert_mem_eq(again->sender.identity, "new", 3);
}
END_TEST

START_TEST(what_is_told_later_answers_no_request)
{
    add(1, 0);
    ck_assert_uint_eq(subscribers.rows[0].sender.correlation_id, 0);
    ck_assert_str_eq(subscribers.rows[0].sender.request_id, "");
}
END_TEST

START_TEST(a_full_table_makes_room_silent_ones_first)
{
    for (int64_t id = 1; id <= SUBSCRIBERS_MAX; id++)
        add(id, id == 40 ? 0 : 5);
    ck_assert_uint_eq(subscribers_give_up(&subscribers, 5), 1);
    add(1000, 5);
    ck_assert_uint_eq(subscribers.count, SUBSCRIBERS_MAX);
    ck_assert_ptr_null(subscribers_find(&subscribers, 40));
    ck_assert_int_eq(subscribers_find(&subscribers, 1000)->gateway_id, 1000);
}
END_TEST

START_TEST(where_nobody_is_silent_the_first_gives_way)
{
    for (int64_t id = 1; id <= SUBSCRIBERS_MAX + 2; id++)
        add(id, 0);
    ck_assert_uint_eq(subscribers.count, SUBSCRIBERS_MAX);
    ck_assert_int_eq(subscribers.rows[0].gateway_id, 3);
    ck_assert_int_eq(subscribers.rows[SUBSCRIBERS_MAX - 1].gateway_id, SUBSCRIBERS_MAX + 2);
}
END_TEST

START_TEST(removing_keeps_the_others)
{
    add(1, 0);
    add(2, 0);
    add(3, 0);
    subscribers_remove(&subscribers, subscribers_find(&subscribers, 1));
    ck_assert_ptr_null(subscribers_find(&subscribers, 1));
    ck_assert_int_eq(subscribers.rows[0].gateway_id, 2);
    ck_assert_int_eq(subscribers.rows[1].gateway_id, 3);
    subscribers_remove(&subscribers, subscribers_find(&subscribers, 3));
    ck_assert_uint_eq(subscribers.count, 1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("subscribers");
    TCase *table = tcase_create("table");

    tcase_add_checked_fixture(table, begin, NULL);
    tcase_add_test(table, those_who_have_not_confirmed_are_awaited);
    tcase_add_test(table, who_is_added_unconfirmed_is_awaited_until_it_says_so);
    tcase_add_test(table, a_confirmation_of_what_was_not_sent_is_ignored);
    tcase_add_test(table, an_old_confirmation_takes_nothing_back);
    tcase_add_test(table, a_silent_one_is_named_but_not_awaited_until_it_speaks);
    tcase_add_test(table, the_silent_are_removed_and_may_come_back);
    tcase_add_test(table, who_comes_again_is_one_and_begins_anew);
    tcase_add_test(table, what_is_told_later_answers_no_request);
    tcase_add_test(table, a_full_table_makes_room_silent_ones_first);
    tcase_add_test(table, where_nobody_is_silent_the_first_gives_way);
    tcase_add_test(table, removing_keeps_the_others);
    suite_add_tcase(suite, table);
    return suite;
}
