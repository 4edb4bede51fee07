/* spool_segment_test.c - overflow: rings move to segments within a bound, and leave in order. */
/* links: gateway/spool/spool.c gateway/spool/spool_ring.c gateway/spool/spool_file.c gateway/spool/spool_place.c */
/* links: gateway/spool/spool_segment.c gateway/spool/spool_backlog.c */
/* links: @core */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

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

/* Ships and confirms all; the numbers of each maker (1..2) must go on from *next, without a gap. */
static void
drain(struct spool *spool, size_t limit, int64_t next[3])
{
    struct spool_batch batch;

    while (spool_next_batch(spool, limit, &batch)) {
        int64_t maker = batch.records[0].api_key_id;

        ck_assert_uint_le(batch.count, limit);
        spool_check_batch(&batch, maker, next[maker], next[maker] + (int64_t)batch.count - 1);
        next[maker] += (int64_t)batch.count;
        spool_confirm_batch(spool, &batch);
    }
}

START_TEST(a_ring_over_half_full_moves_and_comes_out_in_order)
{
    struct spool *spool = spool_must_open(&folder, 64, 1);
    struct spool_ring *ring = spool_ring_take(spool);
    int64_t next[3] = {0, 1, 1};

    spool_append_many(ring, 1, 1, 32);
    spool_overflow(spool);
    ck_assert_int_eq(spool_folder_segments(&folder), 0);
    spool_append_many(ring, 1, 33, 33);
    spool_overflow(spool);
    ck_assert_int_eq(spool_folder_segments(&folder), 1);
    ck_assert_int_gt(spool_segment_bytes(spool), 33 * 256);
    ck_assert_int_eq(spool_waiting(spool), 33);
    spool_append_many(ring, 1, 34, 97);
    ck_assert(!spool_ring_has_room(ring));
    drain(spool, 10, next);
    ck_assert_int_eq(next[1], 98);
    ck_assert_int_eq(spool_segment_bytes(spool), 0);
    ck_assert_int_eq(spool_folder_segments(&folder), 0);
    ck_assert_int_eq(spool_waiting(spool), 0);
    spool_ring_give(&ring);
    spool_close(&spool);
}
END_TEST

START_TEST(no_ring_is_shipped_before_what_is_in_segments)
{
    struct spool *spool = spool_must_open(&folder, 64, 2);
    struct spool_ring *rings[2] = {spool_ring_take(spool), spool_ring_take(spool)};
    struct spool_batch moved;
    struct spool_batch batch;

    spool_append_many(rings[0], 1, 1, 40);
    spool_overflow(spool);
    spool_append_many(rings[0], 1, 41, 42);
    spool_append_many(rings[1], 2, 1, 5);
    ck_assert(spool_next_batch(spool, 100, &moved));
    spool_check_batch(&moved, 1, 1, 40);
    ck_assert(!spool_next_batch(spool, 100, &batch));
    spool_confirm_batch(spool, &moved);
    ck_assert(spool_next_batch(spool, 100, &batch));
    ck_assert(spool_next_batch(spool, 100, &batch));
    ck_assert(!spool_next_batch(spool, 100, &batch));
    ck_assert_int_eq(spool_waiting(spool), 7);
    spool_ring_give(&rings[0]);
    spool_ring_give(&rings[1]);
    spool_close(&spool);
}
END_TEST

START_TEST(a_batch_under_way_that_moves_is_not_lost_and_not_repeated_when_confirmed)
{
    struct spool *spool = spool_must_open(&folder, 64, 1);
    struct spool_ring *ring = spool_ring_take(spool);
    struct spool_batch batch;

    spool_append_many(ring, 1, 1, 40);
    ck_assert(spool_next_batch(spool, 30, &batch));
    spool_overflow(spool);
    ck_assert(!spool_next_batch(spool, 30, &batch));
    spool_confirm(spool, batch.ring, 30);
    ck_assert(spool_next_batch(spool, 30, &batch));
    spool_check_batch(&batch, 1, 31, 40);
    spool_rewind(spool);
    ck_assert(spool_next_batch(spool, 30, &batch));
    spool_check_batch(&batch, 1, 31, 40);
    spool_confirm_batch(spool, &batch);
    ck_assert_int_eq(spool_folder_segments(&folder), 0);
    spool_ring_give(&ring);
    spool_close(&spool);
}
END_TEST

START_TEST(segments_survive_a_restart_and_keep_their_order)
{
    struct spool *spool = spool_must_open(&folder, 64, 2);
    struct spool_ring *rings[2] = {spool_ring_take(spool), spool_ring_take(spool)};
    int64_t next[3] = {0, 1, 1};
    int64_t made = 0;

    for (int round = 0; round < 20; round++) {
        spool_append_many(rings[0], 1, made + 1, made + 50);
        spool_append_many(rings[1], 2, made + 1, made + 50);
        made += 50;
        spool_overflow(spool);
    }
    ck_assert_int_gt(spool_folder_segments(&folder), 3);
    spool_append_many(rings[0], 1, made + 1, made + 3);
    spool_ring_give(&rings[0]);
    spool_ring_give(&rings[1]);
    spool_close(&spool);

    spool = spool_must_open(&folder, 64, 2);
    ck_assert_int_eq(spool_waiting(spool), 2 * made + 3);
    drain(spool, 33, next);
    ck_assert_int_eq(next[1], made + 4);
    ck_assert_int_eq(next[2], made + 1);
    ck_assert_int_eq(spool_folder_segments(&folder), 0);
    spool_close(&spool);
}
END_TEST

START_TEST(segments_stay_within_their_bound_and_rings_fill_then)
{
    struct config config = spool_config(64);
    struct spool *spool = NULL;
    struct spool_ring *ring;
    int64_t next[3] = {0, 1, 1};
    int64_t made = 0;

    config.spool.segments_max_bytes = 200000;
    ck_assert_int_eq(spool_open(folder.path, &config, 1, &spool), STATUS_OK);
    ring = spool_ring_take(spool);
    for (int round = 0; round < 100; round++) {
        while (spool_append(ring, 1, made + 1))
            made++;
        spool_overflow(spool);
    }
    ck_assert_int_le(spool_segment_bytes(spool), 200000);
    ck_assert_int_gt(spool_segment_bytes(spool), 190000);
    ck_assert(!spool_ring_has_room(ring));
    ck_assert(spool_is_full(spool));
    ck_assert_int_eq(spool_waiting(spool), made);
    drain(spool, 100, next);
    ck_assert_int_eq(next[1], made + 1);
    spool_overflow(spool);
    ck_assert(!spool_is_full(spool));
    spool_ring_give(&ring);
    spool_close(&spool);
}
END_TEST

START_TEST(without_segments_the_ring_just_fills)
{
    struct config config = spool_config(64);
    struct spool *spool = NULL;
    struct spool_ring *ring;

    config.spool.segments_max_bytes = 0;
    ck_assert_int_eq(spool_open(folder.path, &config, 1, &spool), STATUS_OK);
    ring = spool_ring_take(spool);
    spool_append_many(ring, 1, 1, 64);
    ck_assert(!spool_is_full(spool));
    spool_overflow(spool);
    ck_assert(spool_is_full(spool));
    ck_assert(!spool_ring_has_room(ring));
    ck_assert_int_eq(spool_folder_segments(&folder), 0);
    spool_ring_give(&ring);
    spool_close(&spool);
}
END_TEST

/* The limit of the process stands for a full disk: writing past it fails without a signal. */
static void
limit_files(rlim_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_disk_that_is_full_keeps_records_in_the_ring_until_there_is_space)
{
    struct spool *spool = spool_must_open(&folder, 64, 1);
    struct spool_ring *ring = spool_ring_take(spool);
    int64_t next[3] = {0, 1, 1};

    spool_append_many(ring, 1, 1, 60);
    limit_files(1000);
    spool_overflow(spool);
    spool_overflow(spool);
    limit_files(RLIM_INFINITY);
    ck_assert_int_eq(spool_waiting(spool), 60);
    ck_assert_int_eq(spool_segment_bytes(spool), 0);
    ck_assert_int_eq(spool_folder_segments(&folder), 0);
    spool_overflow(spool);
    ck_assert_int_eq(spool_folder_segments(&folder), 1);
    spool_append_many(ring, 1, 61, 100);
    drain(spool, 100, next);
    ck_assert_int_eq(next[1], 101);
    spool_ring_give(&ring);
    spool_close(&spool);
}
END_TEST

START_TEST(a_disk_that_is_full_at_the_start_is_an_error_then)
{
    struct config config = spool_config(64);
    struct spool *spool = NULL;

    limit_files(10000);
    ck_assert_int_eq(spool_open(folder.path, &config, 8, &spool), STATUS_STORAGE);
    limit_files(RLIM_INFINITY);
    ck_assert_ptr_null(spool);
    ck_assert_int_eq(spool_folder_files(&folder, ".spool", false), 0);
    ck_assert_int_eq(spool_folder_files(&folder, ".new", false), 0);
}
END_TEST

static void
segment_path(char path[SPOOL_PATH_SIZE], int number)
{
    snprintf(path, SPOOL_PATH_SIZE, "%s/usage-%012d.segment", folder.path, number);
}

/* Records 1..120 in one segment, in runs that end where they were moved or where the ring's memory
 * does: 1..40, 41..64, 65..80, 81..120. */
static void
make_runs(void)
{
    struct spool *spool = spool_must_open(&folder, 64, 1);
    struct spool_ring *ring = spool_ring_take(spool);

    for (int64_t run = 0; run < 3; run++) {
        spool_append_many(ring, 1, run * 40 + 1, run * 40 + 40);
        spool_overflow(spool);
    }
    ck_assert_int_eq(spool_folder_segments(&folder), 1);
    spool_ring_give(&ring);
    spool_close(&spool);
}

START_TEST(a_segment_that_is_cut_off_gives_what_is_whole)
{
    struct spool *spool;
    int64_t next[3] = {0, 1, 1};
    char path[SPOOL_PATH_SIZE];
    struct stat about;

    make_runs();
    segment_path(path, 1);
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_int_eq(truncate(path, about.st_size - 1), 0);
    spool = spool_must_open(&folder, 64, 1);
    drain(spool, 100, next);
    ck_assert_int_eq(next[1], 81);
    ck_assert_int_eq(spool_folder_segments(&folder), 0);
    spool_close(&spool);
}
END_TEST

START_TEST(a_damaged_run_is_passed_over)
{
    struct spool *spool;
    struct spool_batch batch;
    char path[SPOOL_PATH_SIZE];
    int file;

    make_runs();
    segment_path(path, 1);
    file = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(file, 0);
    /* In the records of the second run. */
    ck_assert_int_eq(pwrite(file, "X", 1, 40 * 256 + 5000), 1);
    close(file);
    spool = spool_must_open(&folder, 64, 1);
    ck_assert(spool_next_batch(spool, 100, &batch));
    spool_check_batch(&batch, 1, 1, 40);
    spool_confirm_batch(spool, &batch);
    ck_assert(spool_next_batch(spool, 100, &batch));
    spool_check_batch(&batch, 1, 65, 80);
    spool_confirm_batch(spool, &batch);
    ck_assert(spool_next_batch(spool, 100, &batch));
    spool_check_batch(&batch, 1, 81, 120);
    spool_confirm_batch(spool, &batch);
    ck_assert(!spool_next_batch(spool, 100, &batch));
    ck_assert_int_eq(spool_waiting(spool), 0);
    spool_close(&spool);
}
END_TEST

START_TEST(segments_of_another_spool_are_left_alone)
{
    struct spool *spool;
    struct spool_ring *ring;
    char path[SPOOL_PATH_SIZE];
    char moved[SPOOL_PATH_SIZE];

    make_runs();
    segment_path(path, 1);
    snprintf(moved, sizeof moved, "%s/aside", folder.path);
    ck_assert_int_eq(rename(path, moved), 0);
    spool_folder_files(&folder, ".spool", true);
    spool = spool_must_open(&folder, 64, 1);
    spool_close(&spool);
    ck_assert_int_eq(rename(moved, path), 0);

    spool = spool_must_open(&folder, 64, 1);
    ck_assert_int_eq(spool_waiting(spool), 0);
    ring = spool_ring_take(spool);
    spool_append_many(ring, 1, 1, 40);
    spool_overflow(spool);
    ck_assert_int_eq(spool_folder_segments(&folder), 2);
    spool_ring_give(&ring);
    spool_close(&spool);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("spool segments");
    TCase *tcase = tcase_create("segments");

    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, a_ring_over_half_full_moves_and_comes_out_in_order);
    tcase_add_test(tcase, no_ring_is_shipped_before_what_is_in_segments);
    tcase_add_test(tcase, a_batch_under_way_that_moves_is_not_lost_and_not_repeated_when_confirmed);
    tcase_add_test(tcase, segments_survive_a_restart_and_keep_their_order);
    tcase_add_test(tcase, segments_stay_within_their_bound_and_rings_fill_then);
    tcase_add_test(tcase, without_segments_the_ring_just_fills);
    tcase_add_test(tcase, a_disk_that_is_full_keeps_records_in_the_ring_until_there_is_space);
    tcase_add_test(tcase, a_disk_that_is_full_at_the_start_is_an_error_then);
    tcase_add_test(tcase, a_segment_that_is_cut_off_gives_what_is_whole);
    tcase_add_test(tcase, a_damaged_run_is_passed_over);
    tcase_add_test(tcase, segments_of_another_spool_are_left_alone);
    suite_add_tcase(suite, tcase);
    return suite;
}
