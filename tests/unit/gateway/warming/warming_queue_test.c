/* warming_queue_test.c - what of the warming list is asked for when, how often, and when it is enough. */
/* links: gateway/warming/warming_queue.c */
#include <check.h>

#include "warming/warming_queue.h"

#define RESPONSE_MS 1000
#define GIVE_UP_MS  100000

static struct warming_queue queue;

static void
begin(size_t count, size_t at_once)
{
    warming_queue_init(&queue, count, at_once, RESPONSE_MS, GIVE_UP_MS);
}

/* Asks for what is due; how many that was. Ids count from 100 + index. */
static size_t
ask_all(int64_t now_ms)
{
    size_t asked = 0;

    for (size_t index; (index = warming_queue_next(&queue, now_ms)) < queue.count; asked++)
        warming_queue_ask(&queue, index, 100 + index, now_ms);
    return asked;
}

START_TEST(so_many_at_once_and_no_more)
{
    begin(5, 2);
    ck_assert_uint_eq(ask_all(0), 2);
    ck_assert_uint_eq(warming_queue_find(&queue, 101), 1);
    ck_assert_uint_eq(warming_queue_find(&queue, 102), 5);
    ck_assert(warming_queue_take_reply(&queue, 0, STATUS_OK, 0, 10));
    ck_assert_uint_eq(ask_all(10), 1);
    ck_assert_uint_eq(warming_queue_find(&queue, 102), 2);
}
END_TEST

START_TEST(it_is_over_when_everything_is_answered)
{
    begin(2, 8);
    ck_assert(!warming_queue_is_over(&queue));
    ck_assert_uint_eq(ask_all(0), 2);
    ck_assert(warming_queue_take_reply(&queue, 0, STATUS_OK, 0, 1));
    ck_assert(!warming_queue_is_over(&queue));
    ck_assert(warming_queue_take_reply(&queue, 1, STATUS_UPSTREAM_REFUSED, 0, 1));
    ck_assert(warming_queue_is_over(&queue));
    ck_assert_uint_eq(ask_all(GIVE_UP_MS - 1), 0);
    ck_assert(!warming_queue_tick(&queue, GIVE_UP_MS));
}
END_TEST

/* A call that failed may have cost money: it is not made again. One that was not made is. */
START_TEST(only_not_now_is_asked_again)
{
    static const enum status later[] = {STATUS_UNAVAILABLE,        STATUS_OVERLOADED,
                                        STATUS_LEDGER_UNAVAILABLE, STATUS_UPSTREAM_LIMITED,
                                        STATUS_STOPPING,           STATUS_NOT_READY};
    static const enum status final[] = {STATUS_UPSTREAM_REFUSED, STATUS_UPSTREAM_FAILED,
                                        STATUS_UPSTREAM_TIMEOUT, STATUS_INVALID_PARAMETER,
                                        STATUS_INTERNAL};

    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        begin(1, 1);
        ck_assert_uint_eq(ask_all(0), 1);
        ck_assert(!warming_queue_take_reply(&queue, 0, later[i], 0, 0));
        ck_assert_uint_eq(ask_all(499), 0);
        ck_assert_uint_eq(ask_all(500), 1);
    }
    for (size_t i = 0; i < sizeof final / sizeof *final; i++) {
        begin(1, 1);
        ck_assert_uint_eq(ask_all(0), 1);
        ck_assert(warming_queue_take_reply(&queue, 0, final[i], 0, 0));
        ck_assert_uint_eq(ask_all(GIVE_UP_MS - 1), 0);
    }
}
END_TEST

START_TEST(waits_grow_up_to_half_a_minute)
{
    static const int64_t waits_ms[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
    int64_t now_ms = 0;

    begin(1, 1);
    queue.give_up_ms = INT64_MAX;
    for (size_t i = 0; i < sizeof waits_ms / sizeof *waits_ms; i++) {
        ck_assert_uint_eq(ask_all(now_ms), 1);
        ck_assert(!warming_queue_take_reply(&queue, 0, STATUS_UNAVAILABLE, 0, now_ms));
        ck_assert_uint_eq(ask_all(now_ms + waits_ms[i] - 1), 0);
        now_ms += waits_ms[i];
    }
}
END_TEST

START_TEST(a_wish_to_wait_longer_is_heard)
{
    begin(1, 1);
    ck_assert_uint_eq(ask_all(0), 1);
    ck_assert(!warming_queue_take_reply(&queue, 0, STATUS_UPSTREAM_LIMITED, 7000, 0));
    ck_assert_uint_eq(ask_all(6999), 0);
    ck_assert_uint_eq(ask_all(7000), 1);
}
END_TEST

START_TEST(what_nobody_answers_is_asked_again)
{
    begin(2, 2);
    ck_assert_uint_eq(ask_all(0), 2);
    ck_assert(!warming_queue_tick(&queue, RESPONSE_MS - 1));
    ck_assert_uint_eq(warming_queue_find(&queue, 100), 0);
    ck_assert(!warming_queue_tick(&queue, RESPONSE_MS));
    ck_assert_uint_eq(warming_queue_find(&queue, 100), 2);
    ck_assert_uint_eq(ask_all(RESPONSE_MS + 500), 2);
    warming_queue_lost(&queue, RESPONSE_MS + 600);
    ck_assert_uint_eq(ask_all(RESPONSE_MS + 1599), 0);
    ck_assert_uint_eq(ask_all(RESPONSE_MS + 1600), 2);
}
END_TEST

START_TEST(it_ends_in_time)
{
    begin(3, 1);
    ck_assert_uint_eq(ask_all(0), 1);
    ck_assert(warming_queue_take_reply(&queue, 0, STATUS_OK, 0, 0));
    ck_assert_uint_eq(ask_all(GIVE_UP_MS - 1), 1);
    ck_assert(!warming_queue_tick(&queue, GIVE_UP_MS - 1));
    ck_assert(warming_queue_tick(&queue, GIVE_UP_MS));
    ck_assert(warming_queue_is_over(&queue));
    ck_assert_int_eq(queue.items[0].state, WARMING_DONE);
    ck_assert_int_eq(queue.items[1].state, WARMING_LATE);
    ck_assert_int_eq(queue.items[2].state, WARMING_LATE);
    ck_assert(!warming_queue_tick(&queue, GIVE_UP_MS + 1));
    ck_assert_uint_eq(ask_all(GIVE_UP_MS + 1), 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("warming_queue");
    TCase *cases = tcase_create("items");

    tcase_add_test(cases, so_many_at_once_and_no_more);
    tcase_add_test(cases, it_is_over_when_everything_is_answered);
    tcase_add_test(cases, only_not_now_is_asked_again);
    tcase_add_test(cases, waits_grow_up_to_half_a_minute);
    tcase_add_test(cases, a_wish_to_wait_longer_is_heard);
    tcase_add_test(cases, what_nobody_answers_is_asked_again);
    tcase_add_test(cases, it_ends_in_time);
    suite_add_tcase(suite, cases);
    return suite;
}
