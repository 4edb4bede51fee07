/* spool_recover_test.c - reopening: torn records, other geometry, a machine that stopped, lost and
 * damaged files. */
/* links: gateway/spool/spool.c gateway/spool/spool_ring.c gateway/spool/spool_file.c gateway/spool/spool_place.c */
/* links: gateway/spool/spool_segment.c gateway/spool/spool_backlog.c */
/* links: @core */

#include <check.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "spool/spool_ring.h"
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

static int
open_file(void)
{
    char path[SPOOL_PATH_SIZE];
    int file;

    snprintf(path, sizeof path, "%s/" SPOOL_FILE_NAME, folder.path);
    file = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(file, 0);
    return file;
}

static void
write_at(off_t offset, const void *data, size_t size)
{
    int file = open_file();

    ck_assert_int_eq(pwrite(file, data, size, offset), (ssize_t)size);
    close(file);
}

/* The file looks as if the machine had stopped while it was open. */
static void
pretend_power_cut(void)
{
    uint32_t is_closed = 0;

    write_at(offsetof(struct spool_header, is_closed), &is_closed, sizeof is_closed);
    write_at(offsetof(struct spool_header, boot_id), "another boot", sizeof "another boot");
}

/* Of a spool with one ring. */
static off_t
record_offset(int64_t place)
{
    return 2 * SPOOL_PAGE_SIZE + place * (off_t)sizeof(struct usage_record);
}

/* A spool of one ring of 64 with records 1..count, the first confirmed of which are confirmed. */
static void
make_spool(int64_t count, int64_t confirmed)
{
    struct spool *spool = spool_must_open(&folder, 64, 1);
    struct spool_ring *ring = spool_ring_take(spool);

    for (int64_t number = 1; number <= count; number++) {
        if (!spool_ring_has_room(ring))
            spool_confirm(spool, 0, number - 32);
        ck_assert(spool_append(ring, 1, number));
    }
    spool_confirm(spool, 0, confirmed);
    spool_ring_give(&ring);
    spool_close(&spool);
}

static void
expect_next(struct spool *spool, size_t ring, int64_t first, int64_t last)
{
    struct spool_batch batch;

    ck_assert(spool_next_batch(spool, 1000, &batch));
    ck_assert_uint_eq(batch.ring, ring);
    ck_assert_int_eq(batch.first_sequence, first);
    spool_check_batch(&batch, 1, first, last);
    spool_confirm_batch(spool, &batch);
}

static void
expect_nothing(struct spool *spool)
{
    struct spool_batch batch;

    ck_assert(!spool_next_batch(spool, 1000, &batch));
    ck_assert_int_eq(spool_waiting(spool), 0);
}

START_TEST(a_record_torn_at_any_byte_is_not_taken)
{
    struct usage_record next = spool_record(1, 21);
    struct spool *spool;

    make_spool(20, 10);
    next.sequence = 21;
    next.checksum = usage_record_checksum(&next);
    for (size_t size = 8; size < 160; size += 8) {
        write_at(record_offset(20), &next, size);
        spool = spool_must_open(&folder, 64, 1);
        ck_assert_int_eq(spool_waiting(spool), 10);
        spool_close(&spool);
    }
    write_at(record_offset(20), &next, sizeof next);
    spool = spool_must_open(&folder, 64, 1);
    ck_assert_int_eq(spool_waiting(spool), 11);
    expect_next(spool, 0, 11, 21);
    expect_nothing(spool);
    spool_close(&spool);
}
END_TEST

START_TEST(a_stale_record_of_an_earlier_round_is_not_taken)
{
    struct spool *spool;

    make_spool(100, 100);
    spool = spool_must_open(&folder, 64, 1);
    expect_nothing(spool);
    spool_close(&spool);
}
END_TEST

START_TEST(records_behind_a_gap_do_not_come_back_later)
{
    struct usage_record zeros = {0};
    struct spool *spool;
    struct spool_ring *ring;

    make_spool(20, 10);
    write_at(record_offset(14), &zeros, sizeof zeros);
    spool = spool_must_open(&folder, 64, 1);
    ck_assert_int_eq(spool_waiting(spool), 4);
    ring = spool_ring_take(spool);
    spool_append_many(ring, 1, 15, 15);
    spool_ring_give(&ring);
    spool_close(&spool);
    spool = spool_must_open(&folder, 64, 1);
    expect_next(spool, 0, 11, 15);
    expect_nothing(spool);
    spool_close(&spool);
}
END_TEST

START_TEST(another_geometry_of_an_empty_spool_is_a_new_spool)
{
    struct spool *spool;
    struct spool_ring *ring;
    char id[SPOOL_ID_SIZE];

    make_spool(20, 20);
    spool = spool_must_open(&folder, 64, 1);
    memcpy(id, spool_id(spool), sizeof id);
    spool_close(&spool);
    spool = spool_must_open(&folder, 64, 2);
    ck_assert_str_ne(spool_id(spool), id);
    ring = spool_ring_take(spool);
    spool_append_many(ring, 1, 1, 3);
    expect_next(spool, 0, 1, 3);
    spool_ring_give(&ring);
    spool_close(&spool);
}
END_TEST

START_TEST(another_geometry_keeps_what_waits_and_uses_no_number_twice)
{
    struct spool *spool;
    struct spool_ring *rings[3];
    char id[SPOOL_ID_SIZE];

    make_spool(70, 50);
    spool = spool_must_open(&folder, 64, 1);
    memcpy(id, spool_id(spool), sizeof id);
    spool_close(&spool);
    spool = spool_must_open(&folder, 128, 3);
    ck_assert_str_eq(spool_id(spool), id);
    for (int i = 0; i < 3; i++) {
        rings[i] = spool_ring_take(spool);
        ck_assert_ptr_nonnull(rings[i]);
        spool_append_many(rings[i], 1, 1, 100);
    }
    for (int i = 0; i < 3; i++)
        spool_ring_give(&rings[i]);
    expect_next(spool, 0, 51, 64);
    expect_next(spool, 0, 65, 70);
    for (size_t ring = 1; ring <= 3; ring++)
        expect_next(spool, ring, 1, 100);
    expect_nothing(spool);
    spool_close(&spool);
    spool = spool_must_open(&folder, 128, 3);
    expect_nothing(spool);
    spool_close(&spool);
}
END_TEST

START_TEST(after_a_power_cut_no_sequence_is_used_again)
{
    struct spool *spool;
    struct spool_ring *ring;

    make_spool(20, 10);
    pretend_power_cut();
    spool = spool_must_open(&folder, 64, 1);
    ring = spool_ring_take(spool);
    spool_append_many(ring, 1, 1, 5);
    spool_ring_give(&ring);
    expect_next(spool, 0, 11, 20);
    /* Analytics had stored more than the disk knew. */
    spool_confirm(spool, 0, 25);
    expect_next(spool, 1, 1, 5);
    expect_nothing(spool);
    spool_close(&spool);
}
END_TEST

START_TEST(after_a_power_cut_with_nothing_waiting_the_spool_is_new)
{
    struct spool *spool;
    char id[SPOOL_ID_SIZE];

    make_spool(20, 20);
    spool = spool_must_open(&folder, 64, 1);
    memcpy(id, spool_id(spool), sizeof id);
    spool_close(&spool);
    pretend_power_cut();
    spool = spool_must_open(&folder, 64, 1);
    ck_assert_str_ne(spool_id(spool), id);
    expect_nothing(spool);
    spool_close(&spool);
}
END_TEST

START_TEST(a_power_cut_during_the_move_after_a_power_cut_ships_nothing_twice)
{
    struct spool *spool;
    char path[SPOOL_PATH_SIZE];
    char copy[SPOOL_PATH_SIZE];

    make_spool(20, 10);
    pretend_power_cut();
    /* The old file comes back beside the segments that were made of it: killed before the rename.
     * */
    snprintf(path, sizeof path, "%s/" SPOOL_FILE_NAME, folder.path);
    snprintf(copy, sizeof copy, "%s/copy", folder.path);
    ck_assert_int_eq(link(path, copy), 0);
    spool = spool_must_open(&folder, 64, 1);
    spool_close(&spool);
    ck_assert_int_eq(rename(copy, path), 0);
    pretend_power_cut();
    spool = spool_must_open(&folder, 64, 1);
    expect_next(spool, 0, 11, 20);
    expect_nothing(spool);
    ck_assert_int_eq(spool_folder_segments(&folder), 0);
    spool_close(&spool);
}
END_TEST

START_TEST(segments_whose_file_was_lost_are_shipped_under_their_own_id)
{
    struct spool *spool = spool_must_open(&folder, 64, 1);
    struct spool_ring *ring = spool_ring_take(spool);
    char id[SPOOL_ID_SIZE];

    memcpy(id, spool_id(spool), sizeof id);
    spool_append_many(ring, 1, 1, 40);
    spool_overflow(spool);
    spool_ring_give(&ring);
    spool_close(&spool);
    spool_folder_files(&folder, ".spool", true);

    spool = spool_must_open(&folder, 64, 1);
    ck_assert_str_eq(spool_id(spool), id);
    ring = spool_ring_take(spool);
    spool_append_many(ring, 1, 1, 2);
    spool_ring_give(&ring);
    expect_next(spool, 0, 1, 40);
    expect_next(spool, SPOOL_RINGS_MAX, 1, 2);
    expect_nothing(spool);
    spool_close(&spool);
}
END_TEST

START_TEST(a_file_that_is_not_ours_is_refused_and_left_as_it_is)
{
    static const struct {
        off_t offset;
        const char *text;
    } damages[] = {
        {0, "SQLite format 3"},
        {offsetof(struct spool_header, version), "\7"},
        {offsetof(struct spool_header, ring_count), "\7"},
        {offsetof(struct spool_header, id), "ZZ"},
    };
    struct config config = spool_config(64);
    struct spool *spool = NULL;
    struct stat before;
    struct stat after;
    int file;

    make_spool(20, 10);
    write_at(damages[_i].offset, damages[_i].text, strlen(damages[_i].text));
    file = open_file();
    ck_assert_int_eq(fstat(file, &before), 0);
    ck_assert_int_eq(spool_open(folder.path, &config, 1, &spool), STATUS_STORAGE);
    ck_assert_int_eq(fstat(file, &after), 0);
    ck_assert_uint_eq(after.st_nlink, 1);
    ck_assert_int_eq(after.st_size, before.st_size);
    close(file);
}
END_TEST

START_TEST(a_file_that_is_cut_off_is_refused)
{
    struct config config = spool_config(64);
    struct spool *spool = NULL;
    int file;

    make_spool(20, 10);
    file = open_file();
    ck_assert_int_eq(ftruncate(file, _i), 0);
    close(file);
    ck_assert_int_eq(spool_open(folder.path, &config, 1, &spool), STATUS_STORAGE);
}
END_TEST

START_TEST(the_files_are_for_the_owner_alone)
{
    char path[SPOOL_PATH_SIZE];
    struct stat about;

    make_spool(1, 0);
    snprintf(path, sizeof path, "%s/" SPOOL_FILE_NAME, folder.path);
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_uint_eq(about.st_mode & 0777, 0600);
    /* In full: no page is allocated later, when a full disk would be a SIGBUS. */
    ck_assert_int_ge(about.st_blocks * 512, about.st_size);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("spool recovery");
    TCase *tcase = tcase_create("recovery");

    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, a_record_torn_at_any_byte_is_not_taken);
    tcase_add_test(tcase, a_stale_record_of_an_earlier_round_is_not_taken);
    tcase_add_test(tcase, records_behind_a_gap_do_not_come_back_later);
    tcase_add_test(tcase, another_geometry_of_an_empty_spool_is_a_new_spool);
    tcase_add_test(tcase, another_geometry_keeps_what_waits_and_uses_no_number_twice);
    tcase_add_test(tcase, after_a_power_cut_no_sequence_is_used_again);
    tcase_add_test(tcase, after_a_power_cut_with_nothing_waiting_the_spool_is_new);
    tcase_add_test(tcase, a_power_cut_during_the_move_after_a_power_cut_ships_nothing_twice);
    tcase_add_test(tcase, segments_whose_file_was_lost_are_shipped_under_their_own_id);
    tcase_add_loop_test(tcase, a_file_that_is_not_ours_is_refused_and_left_as_it_is, 0, 4);
    tcase_add_loop_test(tcase, a_file_that_is_cut_off_is_refused, 0, 2);
    tcase_add_test(tcase, the_files_are_for_the_owner_alone);
    suite_add_tcase(suite, tcase);
    return suite;
}
