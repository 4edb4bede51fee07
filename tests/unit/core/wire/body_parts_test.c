/* body_parts_test.c - both ends of a chunked body: order, credits, bounds, stale transfers. */
/* links: core/wire/body_sender.c core/wire/body_receiver.c core/base/blob.c */

#include "wire/body_receiver.h"
#include "wire/body_sender.h"

#include <check.h>

enum { PARTS = 9, BODY_SIZE = (PARTS - 1) * BODY_PART_BYTES + 17 };

static const struct body_address someone = {.size = 5, .identity = {0, 1, 2, 3, 4}};
static const struct body_address another = {.size = 5, .identity = {0, 9, 9, 9, 9}};

static struct blob *
make_body(void)
{
    struct blob *body = blob_create(BODY_SIZE);

    for (size_t i = 0; i < BODY_SIZE; i++)
        blob_writable(body)[i] = (uint8_t)(i * 2654435761U >> 13);
    return body;
}

/* How many parts go out before the sender waits. */
static int64_t
send_all(struct body_sender *sender, int64_t now_ms)
{
    struct body_part part;
    int64_t sent = 0;

    while (body_sender_next(sender, &part, now_ms)) {
        body_sender_sent(sender, &part, now_ms);
        sent++;
    }
    return sent;
}

START_TEST(at_most_four_parts_are_ahead_of_the_credits)
{
    struct body_sender *sender = body_sender_create(2);
    struct blob *body = make_body();

    ck_assert(body_sender_add(sender, &someone, 7, body, 0));
    ck_assert_int_eq(send_all(sender, 0), 3); /* part 0 is out already */
    ck_assert(body_sender_credit(sender, &someone, 7, 0, 1));
    ck_assert_int_eq(send_all(sender, 1), 1);
    ck_assert(body_sender_credit(sender, &someone, 7, 3, 2));
    ck_assert_int_eq(send_all(sender, 2), 3);
    ck_assert_uint_eq(body_sender_count(sender), 1);
    ck_assert(body_sender_credit(sender, &someone, 7, 4, 3));
    ck_assert_int_eq(send_all(sender, 3), 1);
    ck_assert_msg(body_sender_count(sender) == 0, "the last part ends the transfer");
    body_sender_destroy(&sender);
    blob_release(&body);
}
END_TEST

START_TEST(credits_for_parts_never_sent_are_refused)
{
    struct body_sender *sender = body_sender_create(2);
    struct blob *body = make_body();

    ck_assert(body_sender_add(sender, &someone, 7, body, 0));
    ck_assert(!body_sender_credit(sender, &someone, 7, 1, 0));
    ck_assert(!body_sender_credit(sender, &someone, 7, -1, 0));
    ck_assert(!body_sender_credit(sender, &someone, 7, INT64_MAX, 0));
    ck_assert_msg(body_sender_credit(sender, &another, 7, 1, 0), "somebody else's: unknown here");
    ck_assert_msg(body_sender_credit(sender, &someone, 8, 1, 0), "another transfer's: over");
    ck_assert_int_eq(send_all(sender, 0), 3);
    body_sender_destroy(&sender);
    blob_release(&body);
}
END_TEST

START_TEST(transfers_are_bounded)
{
    struct body_sender *sender = body_sender_create(1);
    struct blob *body = make_body();

    ck_assert(body_sender_has_room(sender));
    ck_assert(body_sender_add(sender, &someone, 7, body, 0));
    ck_assert(!body_sender_has_room(sender));
    ck_assert(!body_sender_add(sender, &someone, 8, body, 0));
    body_sender_destroy(&sender);
    blob_release(&body);
}
END_TEST

START_TEST(a_full_queue_holds_up_its_own_transfer_alone)
{
    struct body_sender *sender = body_sender_create(2);
    struct blob *body = make_body();
    struct body_part part;

    ck_assert(body_sender_add(sender, &someone, 7, body, 0));
    ck_assert(body_sender_add(sender, &another, 8, body, 0));
    ck_assert(body_sender_next(sender, &part, 0));
    ck_assert_int_eq(part.transfer_id, 8);
    body_sender_postpone(sender, &part, 10);
    ck_assert(body_sender_has_resting(sender));
    ck_assert(body_sender_next(sender, &part, 0));
    ck_assert_int_eq(part.transfer_id, 7);
    ck_assert_int_eq(send_all(sender, 0), 3);
    ck_assert_int_eq(send_all(sender, 9), 0);
    ck_assert_int_eq(send_all(sender, 10), 3);
    ck_assert(!body_sender_has_resting(sender));
    body_sender_destroy(&sender);
    blob_release(&body);
}
END_TEST

START_TEST(a_sender_gives_up_after_ten_seconds_in_which_nothing_moved)
{
    struct body_sender *sender = body_sender_create(2);
    struct blob *body = make_body();

    ck_assert(body_sender_add(sender, &someone, 7, body, 0));
    ck_assert_int_eq(send_all(sender, 0), 3);
    ck_assert(body_sender_credit(sender, &someone, 7, 0, 5000));
    ck_assert_uint_eq(body_sender_expire(sender, 14999), 0);
    ck_assert_uint_eq(body_sender_expire(sender, 15000), 1);
    ck_assert_uint_eq(body_sender_count(sender), 0);
    body_sender_destroy(&sender);
    blob_release(&body);
}
END_TEST

START_TEST(parts_become_the_body_again)
{
    struct body_sender *sender = body_sender_create(1);
    struct body_receiver *receiver = body_receiver_create(1);
    struct blob *body = make_body();
    struct bytes whole = blob_bytes(body);
    struct bytes part0 = bytes_of(whole.data, BODY_PART_BYTES);
    struct body_whole result = {0};
    struct body_credit_due due;
    enum status status;

    ck_assert(body_sender_add(sender, &someone, 7, body, 0));
    status =
        body_receiver_begin(receiver, &another, 7, bytes_of_text("envelope"), whole.size, part0, 0);
    ck_assert_int_eq(status, STATUS_OK);
    do {
        struct body_part part;

        if (body_sender_next(sender, &part, 0)) {
            body_sender_sent(sender, &part, 0);
            status = body_receiver_add(
                receiver, &another, 7, part.number,
                bytes_of(whole.data + part.number * BODY_PART_BYTES, part.bytes.size), 0, &result);
        } else {
            ck_assert(body_receiver_next_credit(receiver, &due));
            ck_assert(body_sender_credit(sender, &someone, 7, due.number, 0));
            body_receiver_credited(receiver, &due);
            ck_assert(!body_receiver_next_credit(receiver, &due));
        }
    } while (status == STATUS_OK ? result.body == NULL : status == STATUS_NOT_READY);
    ck_assert_int_eq(status, STATUS_OK);
    ck_assert(bytes_equal(blob_bytes(result.body), whole));
    ck_assert(bytes_equal_text(blob_bytes(result.envelope), "envelope"));
    ck_assert_uint_eq(body_receiver_count(receiver), 0);
    blob_release(&result.body);
    blob_release(&result.envelope);
    blob_release(&body);
    body_sender_destroy(&sender);
    body_receiver_destroy(&receiver);
}
END_TEST

static enum status
begin(struct body_receiver *receiver, const struct body_address *from, int64_t transfer_id,
      struct bytes part0)
{
    return body_receiver_begin(receiver, from, transfer_id, bytes_of_text("envelope"), BODY_SIZE,
                               part0, 0);
}

START_TEST(parts_that_do_not_fit_end_the_assembly)
{
    struct body_receiver *receiver = body_receiver_create(4);
    struct blob *body = make_body();
    struct bytes part = bytes_of(blob_bytes(body).data, BODY_PART_BYTES);
    struct body_whole whole;

    ck_assert_int_eq(begin(receiver, &someone, 1, bytes_of(part.data, 10)), STATUS_MALFORMED);
    ck_assert_int_eq(begin(receiver, &someone, 1, part), STATUS_OK);
    ck_assert_int_eq(body_receiver_add(receiver, &someone, 1, 2, part, 0, &whole),
                     STATUS_MALFORMED);
    ck_assert_msg(body_receiver_count(receiver) == 0, "out of order");
    ck_assert_int_eq(body_receiver_add(receiver, &someone, 1, 1, part, 0, &whole),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(begin(receiver, &someone, 1, part), STATUS_OK);
    ck_assert_int_eq(body_receiver_add(receiver, &someone, 1, 1, bytes_of(part.data, 9), 0, &whole),
                     STATUS_MALFORMED);
    ck_assert_msg(body_receiver_count(receiver) == 0, "of the wrong size");
    ck_assert_int_eq(begin(receiver, &someone, 1, part), STATUS_OK);
    ck_assert_int_eq(body_receiver_add(receiver, &another, 1, 1, part, 0, &whole),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(begin(receiver, &someone, 1, part), STATUS_MALFORMED);
    ck_assert_msg(body_receiver_count(receiver) == 0, "begun twice");
    body_receiver_destroy(&receiver);
    blob_release(&body);
}
END_TEST

START_TEST(assemblies_are_bounded_and_expire)
{
    struct body_receiver *receiver = body_receiver_create(2);
    struct blob *body = make_body();
    struct bytes part = bytes_of(blob_bytes(body).data, BODY_PART_BYTES);
    struct body_whole whole;

    ck_assert_int_eq(begin(receiver, &someone, 1, part), STATUS_OK);
    ck_assert_int_eq(begin(receiver, &another, 1, part), STATUS_OK);
    ck_assert_int_eq(begin(receiver, &someone, 2, part), STATUS_NO_MEMORY);
    ck_assert_int_eq(body_receiver_add(receiver, &someone, 1, 1, part, 4000, &whole),
                     STATUS_NOT_READY);
    ck_assert_uint_eq(body_receiver_expire(receiver, 9999), 0);
    ck_assert_uint_eq(body_receiver_expire(receiver, 10000), 1);
    ck_assert_uint_eq(body_receiver_expire(receiver, 14000), 1);
    ck_assert_int_eq(begin(receiver, &someone, 2, part), STATUS_OK);
    body_receiver_clear(receiver);
    ck_assert_uint_eq(body_receiver_count(receiver), 0);
    body_receiver_destroy(&receiver);
    blob_release(&body);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("body_parts");
    TCase *sender = tcase_create("sender");
    TCase *receiver = tcase_create("receiver");

    tcase_add_test(sender, at_most_four_parts_are_ahead_of_the_credits);
    tcase_add_test(sender, credits_for_parts_never_sent_are_refused);
    tcase_add_test(sender, transfers_are_bounded);
    tcase_add_test(sender, a_full_queue_holds_up_its_own_transfer_alone);
    tcase_add_test(sender, a_sender_gives_up_after_ten_seconds_in_which_nothing_moved);
    suite_add_tcase(suite, sender);
    tcase_add_test(receiver, parts_become_the_body_again);
    tcase_add_test(receiver, parts_that_do_not_fit_end_the_assembly);
    tcase_add_test(receiver, assemblies_are_bounded_and_expire);
    suite_add_tcase(suite, receiver);
    return suite;
}
