/* spool_test.c - what goes into the spool comes out once, in order, also after it was closed. */
/* links: gateway/spool/spool.c gateway/spool/spool_ring.c gateway/spool/spool_file.c gateway/spool/spool_place.c */
/* links: gateway/spool/spool_segment.c gateway/spool/spool_backlog.c */
/* links: @core */

#include "spool/spool.h"

#include <check.h>

#include "spool_support.h"

static struct spool_folder folder;

static void
make_folder(void)
{
    folder = spool_folder_make();
}

static void
remove_folder(void)
{
    spool_folder_remove(&folder);
}

START_TEST(records_come_out_in_order_and_go_when_confirmed)
{
    struct spool *spool = spool_must_open(&folder, 64, 2);
    struct spool_ring *ring = spool_ring_take(spool);
    struct spool_batch batch;

    ck_assert(!spool_next_batch(spool, 100, &batch));
    spool_append_many(ring, 1, 1, 10);
    ck_assert_int_eq(spool_waiting(spool), 10);
    ck_assert(spool_next_batch(spool, 100, &batch));
    spool_check_batch(&batch, 1, 1, 10);
    ck_assert_int_eq(batch.first_sequence, 1);
    spool_confirm_batch(spool, &batch);
    ck_assert_int_eq(spool_waiting(spool), 0);
    ck_assert(!spool_next_batch(spool, 100, &batch));
    spool_ring_give(&ring);
    spool_close(&spool);
    ck_assert_ptr_null(spool);
}
END_TEST

START_TEST(one_batch_of_a_ring_is_outstanding_but_several_of_different_rings)
{
    struct spool *spool = spool_must_open(&folder, 64, 2);
    struct spool_ring *first = spool_ring_take(spool);
    struct spool_ring *second = spool_ring_take(spool);
    struct spool_batch batches[2];
    struct spool_batch batch;

    ck_assert_ptr_null(spool_ring_take(spool));
    spool_append_many(first, 1, 1, 5);
    spool_append_many(second, 2, 1, 5);
    ck_assert(spool_next_batch(spool, 3, &batches[0]));
    ck_assert(spool_next_batch(spool, 3, &batches[1]));
    ck_assert_uint_ne(batches[0].ring, batches[1].ring);
    ck_assert(!spool_next_batch(spool, 3, &batch));
    spool_confirm_batch(spool, &batches[1]);
    ck_assert(spool_next_batch(spool, 3, &batch));
    ck_assert_uint_eq(batch.ring, batches[1].ring);
    ck_assert_int_eq(batch.first_sequence, 4);
    ck_assert_uint_eq(batch.count, 2);
    spool_ring_give(&first);
    spool_ring_give(&second);
    spool_close(&spool);
}
END_TEST

START_TEST(a_full_ring_refuses_and_takes_again_when_confirmed)
{
    struct spool *spool = spool_must_open(&folder, 64, 1);
    struct spool_ring *ring = spool_ring_take(spool);
    struct spool_batch batch;

    spool_append_many(ring, 1, 1, 64);
    ck_assert(!spool_ring_has_room(ring));
    ck_assert(!spool_append(ring, 1, 65));
    ck_assert(spool_next_batch(spool, 10, &batch));
    ck_assert(!spool_ring_has_room(ring));
    spool_confirm_batch(spool, &batch);
    ck_assert(spool_ring_has_room(ring));
    spool_append_many(ring, 1, 65, 74);
    ck_assert(!spool_append(ring, 1, 75));
    /* A batch ends where the ring's memory does. */
    ck_assert(spool_next_batch(spool, 100, &batch));
    spool_check_batch(&batch, 1, 11, 64);
    spool_confirm_batch(spool, &batch);
    ck_assert(spool_next_batch(spool, 100, &batch));
    spool_check_batch(&batch, 1, 65, 74);
    spool_ring_give(&ring);
    spool_close(&spool);
}
END_TEST

START_TEST(a_rewind_ships_again_from_the_first_unconfirmed)
{
    struct spool *spool = spool_must_open(&folder, 64, 1);
    struct spool_ring *ring = spool_ring_take(spool);
    struct spool_batch batch;

    spool_append_many(ring, 1, 1, 20);
    ck_assert(spool_next_batch(spool, 8, &batch));
    spool_rewind(spool);
    ck_assert(spool_next_batch(spool, 8, &batch));
    spool_check_batch(&batch, 1, 1, 8);
    spool_confirm(spool, batch.ring, 5);
    spool_rewind(spool);
    ck_assert(spool_next_batch(spool, 8, &batch));
    spool_check_batch(&batch, 1, 6, 13);
    spool_ring_give(&ring);
    spool_close(&spool);
}
END_TEST

START_TEST(marks_below_beyond_and_of_nobody_are_safe)
{
    struct spool *spool = spool_must_open(&folder, 64, 1);
    struct spool_ring *ring = spool_ring_take(spool);
    struct spool_batch batch;

    spool_append_many(ring, 1, 1, 10);
    ck_assert(spool_next_batch(spool, 4, &batch));
    spool_confirm_batch(spool, &batch);
    spool_confirm(spool, batch.ring, 2);
    spool_confirm(spool, batch.ring, -1);
    spool_confirm(spool, 99, 10);
    spool_confirm(spool, SIZE_MAX, 10);
    ck_assert_int_eq(spool_waiting(spool), 6);
    spool_confirm(spool, batch.ring, 1000);
    ck_assert_int_eq(spool_waiting(spool), 0);
    spool_append_many(ring, 1, 11, 12);
    ck_assert(spool_next_batch(spool, 100, &batch));
    spool_check_batch(&batch, 1, 11, 12);
    ck_assert_int_eq(batch.first_sequence, 11);
    spool_ring_give(&ring);
    spool_close(&spool);
}
END_TEST

START_TEST(what_was_not_confirmed_is_there_after_a_restart)
{
    struct spool *spool = spool_must_open(&folder, 64, 1);
    struct spool_ring *ring = spool_ring_take(spool);
    struct spool_batch batch;
    char id[SPOOL_ID_SIZE];

    memcpy(id, spool_id(spool), sizeof id);
    ck_assert_uint_eq(strspn(id, "0123456789abcdef"), 32);
    spool_append_many(ring, 1, 1, 30);
    ck_assert(spool_next_batch(spool, 12, &batch));
    spool_confirm_batch(spool, &batch);
    spool_ring_give(&ring);
    spool_close(&spool);

    spool = spool_must_open(&folder, 64, 1);
    ck_assert_str_eq(spool_id(spool), id);
    ck_assert(spool_next_batch(spool, 100, &batch));
    spool_check_batch(&batch, 1, 13, 30);
    ck_assert_int_eq(batch.first_sequence, 13);
    spool_close(&spool);
}
END_TEST

START_TEST(sequences_go_on_with_the_next_taker_and_after_an_empty_restart)
{
    struct spool *spool = spool_must_open(&folder, 64, 1);
    struct spool_ring *ring = spool_ring_take(spool);
    struct spool_batch batch;

    for (int64_t round = 0; round < 3; round++) {
        spool_append_many(ring, round, 1, 50);
        spool_ring_give(&ring);
        while (spool_next_batch(spool, 100, &batch))
            spool_confirm_batch(spool, &batch);
        spool_close(&spool);
        spool = spool_must_open(&folder, 64, 1);
        ring = spool_ring_take(spool);
    }
    ck_assert_int_eq(spool_waiting(spool), 0);
    spool_append_many(ring, 9, 1, 1);
    ck_assert(spool_next_batch(spool, 100, &batch));
    ck_assert_int_eq(batch.first_sequence, 151);
    spool_ring_give(&ring);
    spool_close(&spool);
}
END_TEST

START_TEST(a_second_user_is_refused)
{
    struct config config = spool_config(64);
    struct spool *spool = spool_must_open(&folder, 64, 1);
    struct spool *other = NULL;

    ck_assert_int_eq(spool_open(folder.path, &config, 1, &other), STATUS_CONFLICT);
    ck_assert_ptr_null(other);
    spool_close(&spool);
    spool = spool_must_open(&folder, 64, 1);
    spool_close(&spool);
}
END_TEST

START_TEST(records_that_waited_since_the_last_sync_are_in_a_segment_then)
{
    struct spool *spool = spool_must_open(&folder, 64, 2);
    struct spool_ring *first = spool_ring_take(spool);
    struct spool_ring *second = spool_ring_take(spool);
    struct spool_batch batch;

    ck_assert(!spool_sync(spool));
    spool_append_many(first, 1, 1, 20);
    ck_assert(!spool_sync(spool));
    spool_append_many(first, 1, 21, 40);
    spool_confirm(spool, 0, 20);
    ck_assert(!spool_sync(spool));
    spool_append_many(second, 2, 1, 1);
    spool_confirm(spool, 0, 39);
    ck_assert_int_eq(spool_segment_bytes(spool), 0);
    ck_assert(spool_sync(spool));
    ck_assert_int_gt(spool_segment_bytes(spool), 0);
    spool_confirm(spool, 0, 40);
    ck_assert_int_eq(spool_segment_bytes(spool), 0);
    ck_assert_int_eq(spool_waiting(spool), 1);
    ck_assert(spool_sync(spool));
    ck_assert_int_gt(spool_segment_bytes(spool), 0);
    ck_assert(!spool_sync(spool));
    ck_assert_int_eq(spool_waiting(spool), 1);
    ck_assert(spool_next_batch(spool, 100, &batch));
    spool_check_batch(&batch, 2, 1, 1);
    spool_confirm(spool, 1, 1);
    ck_assert(!spool_sync(spool));
    ck_assert_int_eq(spool_waiting(spool), 0);
    spool_ring_give(&first);
    spool_ring_give(&second);
    spool_close(&spool);
}
END_TEST

START_TEST(a_sync_changes_nothing_that_is_seen)
{
    struct spool *spool = spool_must_open(&folder, 64, 1);
    struct spool_ring *ring = spool_ring_take(spool);
    struct spool_batch batch;

    spool_append_many(ring, 1, 1, 40);
    spool_overflow(spool);
    (void)spool_sync(spool);
    (void)spool_sync(spool);
    ck_assert_int_eq(spool_waiting(spool), 40);
    ck_assert(spool_next_batch(spool, 100, &batch));
    spool_check_batch(&batch, 1, 1, 40);
    spool_ring_give(&ring);
    spool_close(&spool);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("spool");
    TCase *tcase = tcase_create("spool");

    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, records_come_out_in_order_and_go_when_confirmed);
    tcase_add_test(tcase, one_batch_of_a_ring_is_outstanding_but_several_of_different_rings);
    tcase_add_test(tcase, a_full_ring_refuses_and_takes_again_when_confirmed);
    tcase_add_test(tcase, a_rewind_ships_again_from_the_first_unconfirmed);
    tcase_add_test(tcase, marks_below_beyond_and_of_nobody_are_safe);
    tcase_add_test(tcase, what_was_not_confirmed_is_there_after_a_restart);
    tcase_add_test(tcase, sequences_go_on_with_the_next_taker_and_after_an_empty_restart);
    tcase_add_test(tcase, a_second_user_is_refused);
    tcase_add_test(tcase, records_that_waited_since_the_last_sync_are_in_a_segment_then);
    tcase_add_test(tcase, a_sync_changes_nothing_that_is_seen);
    suite_add_tcase(suite, tcase);
    return suite;
}
