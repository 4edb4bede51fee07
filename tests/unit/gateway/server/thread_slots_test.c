/* thread_slots_test.c - which connection is given up, and what of it still arrives. */
/* links: gateway/server/thread_slots.c */

#include "server/thread_slots.h"

#include <check.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT_OF_SLOTS 4

static struct thread_slots *slots;
static struct thread_slot *slot[COUNT_OF_SLOTS];
static int ours[COUNT_OF_SLOTS], theirs[COUNT_OF_SLOTS];

/* Connections that wait since 100, 101, ... */
static void
start(void)
{
    slots = thread_slots_create(COUNT_OF_SLOTS);
    ck_assert_ptr_nonnull(slots);
    for (int i = 0; i < COUNT_OF_SLOTS; i++) {
        int pair[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        ours[i] = pair[0];
        theirs[i] = pair[1];
        slot[i] = thread_slots_take(slots);
        thread_slot_connect(slots, slot[i], ours[i], 100 + i);
    }
}

static void
stop(void)
{
    for (int i = 0; i < COUNT_OF_SLOTS; i++) {
        thread_slot_disconnect(slots, slot[i]);
        close(ours[i]);
        close(theirs[i]);
    }
    ck_assert_int_eq(thread_slots_connected(slots), 0);
    thread_slots_destroy(&slots);
    ck_assert_ptr_null(slots);
}

/* What its thread reads next: a byte, the end (0), or nothing yet (-1). */
static int
next_byte(int index)
{
    char byte;

    return (int)recv(ours[index], &byte, 1, MSG_DONTWAIT);
}

START_TEST(the_longest_idle_one_is_given_up_first)
{
    thread_slot_begin(slot[0]);
    thread_slot_end(slot[0], 200); /* it was idle longest, and has just answered */
    ck_assert(thread_slots_give_up_idle(slots, NULL));
    ck_assert(thread_slot_is_given_up(slot[1]));
    ck_assert_int_eq(next_byte(1), 0);
    ck_assert(thread_slots_give_up_idle(slots, NULL));
    ck_assert_int_eq(next_byte(2), 0);
    ck_assert_int_eq(next_byte(0), -1);
    ck_assert_int_eq(next_byte(3), -1);
}
END_TEST

START_TEST(one_that_answers_and_the_newest_are_kept)
{
    for (int i = 0; i < COUNT_OF_SLOTS - 1; i++)
        thread_slot_begin(slot[i]);
    ck_assert(!thread_slots_give_up_idle(slots, slot[3]));
    ck_assert(thread_slots_are_answering(slots));
    for (int i = 0; i < COUNT_OF_SLOTS; i++)
        ck_assert_int_eq(next_byte(i), -1);
}
END_TEST

START_TEST(a_request_that_is_there_is_still_read)
{
    ck_assert_int_eq(send(theirs[0], "G", 1, 0), 1);
    ck_assert(thread_slots_give_up_idle(slots, NULL));
    ck_assert_int_eq(next_byte(0), 1);
    ck_assert_int_eq(next_byte(0), 0);
    ck_assert_int_eq(send(ours[0], "H", 1, 0), 1); /* and answered */
}
END_TEST

START_TEST(a_slot_without_a_known_connection_is_left_alone)
{
    for (int i = 0; i < COUNT_OF_SLOTS; i++) {
        thread_slot_disconnect(slots, slot[i]);
        thread_slot_connect(slots, slot[i], -1, 100);
    }
    ck_assert(!thread_slots_give_up_idle(slots, NULL));
    ck_assert_int_eq(thread_slot_file(slot[0]), -1);
}
END_TEST

START_TEST(the_next_connection_of_a_thread_begins_anew)
{
    ck_assert(thread_slots_give_up_idle(slots, NULL));
    ck_assert(thread_slot_is_given_up(slot[0]));
    thread_slot_disconnect(slots, slot[0]);
    ck_assert_int_eq(thread_slots_connected(slots), COUNT_OF_SLOTS - 1);
    thread_slot_connect(slots, slot[0], ours[0], 300);
    ck_assert(!thread_slot_is_given_up(slot[0]));
    ck_assert_int_eq(thread_slots_connected(slots), COUNT_OF_SLOTS);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("gateway/thread_slots");
    TCase *cases = tcase_create("slots");

    tcase_add_checked_fixture(cases, start, stop);
    tcase_add_test(cases, the_longest_idle_one_is_given_up_first);
    tcase_add_test(cases, one_that_answers_and_the_newest_are_kept);
    tcase_add_test(cases, a_request_that_is_there_is_still_read);
    tcase_add_test(cases, a_slot_without_a_known_connection_is_left_alone);
    tcase_add_test(cases, the_next_connection_of_a_thread_begins_anew);
    suite_add_tcase(suite, cases);
    return suite;
}
