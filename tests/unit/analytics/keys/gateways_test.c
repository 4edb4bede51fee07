/* gateways_test.c - who has confirmed which key version. */
/* links: analytics/keys/gateways.c */
#include <check.h>
#include <string.h>

#include "keys/gateways.h"

static struct gateways gateways;
static const struct sender sender = {
    .identity = "gw", .identity_size = 2, .correlation_id = 9, .request_id = "abc"};

static void
setup(void)
{
    memset(&gateways, 0, sizeof gateways);
}

START_TEST(a_listener_is_unconfirmed_until_it_says_so)
{
    ck_assert_uint_eq(gateways_unconfirmed(&gateways, 5), 0);
    gateways_add(&gateways, 1, &sender);
    gateways_add(&gateways, 2, &sender);
    ck_assert_uint_eq(gateways_unconfirmed(&gateways, 5), 2);
    gateways_confirm(&gateways, 1, 5);
    ck_assert_uint_eq(gateways_unconfirmed(&gateways, 5), 1);
    gateways_confirm(&gateways, 2, 7); /* all versions up to it */
    ck_assert_uint_eq(gateways_unconfirmed(&gateways, 5), 0);
    ck_assert_uint_eq(gateways_unconfirmed(&gateways, 6), 1);
}
END_TEST

START_TEST(an_old_confirmation_takes_nothing_back)
{
    gateways_add(&gateways, 1, &sender);
    gateways_confirm(&gateways, 1, 7);
    gateways_confirm(&gateways, 1, 3);
    ck_assert_uint_eq(gateways_unconfirmed(&gateways, 7), 0);
}
END_TEST

START_TEST(a_listener_that_syncs_again_is_one_and_unconfirmed)
{
    struct sender moved = sender;

    memcpy(moved.identity, "new", 3);
    moved.identity_size = 3;
    gateways_add(&gateways, 1, &sender);
    gateways_confirm(&gateways, 1, 7);
    gateways_add(&gateways, 1, &moved);
    ck_assert_uint_eq(gateways.count, 1);
    ck_assert_uint_eq(gateways_unconfirmed(&gateways, 7), 1);
    ck_assert_mem_eq(gateways.rows[0].sender.identity, "new", 3);
}
END_TEST

START_TEST(what_is_told_later_answers_no_request)
{
    gateways_add(&gateways, 1, &sender);
    ck_assert_uint_eq(gateways.rows[0].sender.correlation_id, 0);
    ck_assert_str_eq(gateways.rows[0].sender.request_id, "");
}
END_TEST

START_TEST(the_silent_are_forgotten_and_may_come_back)
{
    for (int64_t id = 1; id <= 4; id++)
        gateways_add(&gateways, id, &sender);
    gateways_confirm(&gateways, 1, 5);
    gateways_confirm(&gateways, 3, 5);
    gateways_forget_unconfirmed(&gateways, 5);
    ck_assert_uint_eq(gateways.count, 2);
    ck_assert_uint_eq(gateways_unconfirmed(&gateways, 5), 0);
    gateways_confirm(&gateways, 2, 5); /* too late: it must sync */
    ck_assert_uint_eq(gateways.count, 2);
    gateways_add(&gateways, 2, &sender);
    ck_assert_uint_eq(gateways.count, 3);
}
END_TEST

START_TEST(where_there_is_no_room_the_first_gives_way)
{
    for (int64_t id = 1; id <= GATEWAYS_MAX + 2; id++)
        gateways_add(&gateways, id, &sender);
    ck_assert_uint_eq(gateways.count, GATEWAYS_MAX);
    ck_assert_int_eq(gateways.rows[0].gateway_id, 3);
    ck_assert_int_eq(gateways.rows[GATEWAYS_MAX - 1].gateway_id, GATEWAYS_MAX + 2);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("gateways");
    TCase *tcase = tcase_create("gateways");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_listener_is_unconfirmed_until_it_says_so);
    tcase_add_test(tcase, an_old_confirmation_takes_nothing_back);
    tcase_add_test(tcase, a_listener_that_syncs_again_is_one_and_unconfirmed);
    tcase_add_test(tcase, what_is_told_later_answers_no_request);
    tcase_add_test(tcase, the_silent_are_forgotten_and_may_come_back);
    tcase_add_test(tcase, where_there_is_no_room_the_first_gives_way);
    suite_add_tcase(suite, tcase);
    return suite;
}
