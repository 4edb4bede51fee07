/* spool_memory_test.c - rings in a folder of memory: found after a kill, saved at an orderly end, lost with the machine. */
/* links: gateway/spool/spool.c gateway/spool/spool_ring.c gateway/spool/spool_file.c gateway/spool/spool_place.c */
/* links: gateway/spool/spool_segment.c gateway/spool/spool_backlog.c */
/* links: @core */

#include <check.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "spool_support.h"

#define RING_RECORDS 64

static struct spool_folder folder, memory;

static void
make_folders(void)
{
    folder = spool_folder_make();
    memory = spool_folder_make();
}

static void
remove_folders(void)
{
    spool_folder_remove(&folder);
    spool_folder_remove(&memory);
}

static struct spool *
open_in(const char *memory_dir)
{
    struct config config = spool_config(RING_RECORDS);
    struct spool *spool = NULL;

    snprintf(config.spool.memory_dir, sizeof config.spool.memory_dir, "%s", memory_dir);
    ck_assert_int_eq(spool_open(folder.path, &config, 2, &spool), STATUS_OK);
    return spool;
}

static struct spool *
open_spool(void)
{
    return open_in(memory.path);
}

static void
append(struct spool *spool, int64_t first, int64_t last)
{
    struct spool_ring *ring = spool_ring_take(spool);

    spool_append_many(ring, 1, first, last);
    spool_ring_give(&ring);
}

static void
expect_next(struct spool *spool, int64_t first, int64_t last)
{
    struct spool_batch batch;

    ck_assert(spool_next_batch(spool, 1000, &batch));
    spool_check_batch(&batch, 1, first, last);
    ck_assert_int_eq(batch.first_sequence, first);
    spool_confirm_batch(spool, &batch);
}

/* A process that appends and is killed. */
static void
append_and_die(int64_t first, int64_t last, bool is_synced)
{
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct spool *spool = open_spool();

        append(spool, first, last);
        for (int i = 0; is_synced && i < 2; i++)
            (void)spool_sync(spool);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

static int
files_in_memory(void)
{
    return spool_folder_files(&memory, ".spool", false);
}

static int
files_on_disk(void)
{
    return spool_folder_files(&folder, ".spool", false);
}

START_TEST(it_stands_in_memory_while_it_is_open_and_on_the_disk_else)
{
    struct spool *spool = open_spool();
    char id[SPOOL_ID_SIZE], path[SPOOL_PATH_SIZE];
    struct stat about;

    memcpy(id, spool_id(spool), sizeof id);
    ck_assert_int_eq(files_in_memory(), 1);
    ck_assert_int_eq(files_on_disk(), 0);
    append(spool, 1, 20);
    spool_confirm(spool, 0, 10);
    spool_close(&spool);
    ck_assert_int_eq(files_in_memory(), 0);
    ck_assert_int_eq(files_on_disk(), 1);
    snprintf(path, sizeof path, "%s/" SPOOL_FILE_NAME, folder.path);
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_int_lt(about.st_blocks * 512, about.st_size); /* only what waits */

    spool = open_spool();
    ck_assert_str_eq(spool_id(spool), id);
    ck_assert_int_eq(files_in_memory(), 1);
    ck_assert_int_eq(files_on_disk(), 0);
    expect_next(spool, 11, 20);
    append(spool, 21, 30); /* sequences go on */
    expect_next(spool, 21, 30);
    spool_close(&spool);
    spool = open_spool();
    append(spool, 31, 31); /* of a ring in which nothing waited, too */
    expect_next(spool, 31, 31);
    spool_close(&spool);
}
END_TEST

START_TEST(what_was_committed_survives_a_kill)
{
    struct spool *spool;

    append_and_die(1, 20, false);
    ck_assert_int_eq(files_in_memory(), 1);
    append_and_die(21, 30, false);
    spool = open_spool();
    expect_next(spool, 1, 30);
    spool_close(&spool);
}
END_TEST

START_TEST(what_was_synced_survives_the_machine)
{
    struct spool *spool;

    append_and_die(1, 20, true);
    ck_assert_int_eq(spool_folder_files(&memory, ".spool", true), 1); /* lost with the memory */
    spool = open_spool();
    append(spool, 1, 5); /* the same sequences, of another ring */
    expect_next(spool, 1, 20);
    expect_next(spool, 1, 5);
    ck_assert_int_eq(spool_waiting(spool), 0);
    spool_close(&spool);
}
END_TEST

START_TEST(without_anything_synced_a_lost_one_is_a_new_spool)
{
    struct spool *spool = open_spool();
    char id[SPOOL_ID_SIZE];

    memcpy(id, spool_id(spool), sizeof id);
    spool_close(&spool);
    append_and_die(1, 20, false);
    ck_assert_int_eq(spool_folder_files(&memory, ".spool", true), 1);
    spool = open_spool();
    ck_assert_str_ne(spool_id(spool), id);
    ck_assert_int_eq(spool_waiting(spool), 0);
    spool_close(&spool);
}
END_TEST

START_TEST(without_a_folder_in_memory_it_stands_on_the_disk_and_moves_later)
{
    struct spool *spool = open_in("/nowhere");

    ck_assert_int_eq(files_on_disk(), 1);
    append(spool, 1, 20);
    spool_close(&spool);
    spool = open_spool();
    ck_assert_int_eq(files_in_memory(), 1);
    ck_assert_int_eq(files_on_disk(), 0);
    expect_next(spool, 1, 20);
    append(spool, 21, 30);
    spool_close(&spool);
    spool = open_in("");
    ck_assert_int_eq(files_in_memory(), 0);
    expect_next(spool, 21, 30);
    append(spool, 31, 64 + 30); /* the whole ring is there */
    spool_close(&spool);
}
END_TEST

/* Killed between the copy and the removal: either of the two files may be left beside the other. */
START_TEST(of_a_copy_and_what_was_copied_one_counts)
{
    struct spool *spool = open_spool();
    char disk[SPOOL_PATH_SIZE], kept[SPOOL_PATH_SIZE];

    append(spool, 1, 20);
    spool_close(&spool);
    snprintf(disk, sizeof disk, "%s/" SPOOL_FILE_NAME, folder.path);
    snprintf(kept, sizeof kept, "%s/kept", folder.path);
    ck_assert_int_eq(link(disk, kept), 0);
    append_and_die(21, 22, false);
    ck_assert_int_eq(rename(kept, disk), 0);
    spool = open_spool();
    ck_assert_int_eq(files_on_disk(), 0);
    expect_next(spool, 1, 22);
    spool_close(&spool);
}
END_TEST

START_TEST(two_spools_share_a_folder_in_memory)
{
    struct spool_folder other = spool_folder_make();
    struct config config = spool_config(RING_RECORDS);
    struct spool *spool = open_spool(), *second = NULL;

    snprintf(config.spool.memory_dir, sizeof config.spool.memory_dir, "%s", memory.path);
    ck_assert_int_eq(spool_open(other.path, &config, 2, &second), STATUS_OK);
    ck_assert_int_eq(files_in_memory(), 2);
    append(spool, 1, 3);
    ck_assert_int_eq(spool_waiting(second), 0);
    spool_close(&second);
    expect_next(spool, 1, 3);
    spool_close(&spool);
    spool_folder_remove(&other);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("spool_memory");
    TCase *cases = tcase_create("memory");

    tcase_add_checked_fixture(cases, make_folders, remove_folders);
    tcase_add_test(cases, it_stands_in_memory_while_it_is_open_and_on_the_disk_else);
    tcase_add_test(cases, what_was_committed_survives_a_kill);
    tcase_add_test(cases, what_was_synced_survives_the_machine);
    tcase_add_test(cases, without_anything_synced_a_lost_one_is_a_new_spool);
    tcase_add_test(cases, without_a_folder_in_memory_it_stands_on_the_disk_and_moves_later);
    tcase_add_test(cases, of_a_copy_and_what_was_copied_one_counts);
    tcase_add_test(cases, two_spools_share_a_folder_in_memory);
    suite_add_tcase(suite, cases);
    return suite;
}
