/* storage_yield_test.c - a full disk: what can be fetched again is deleted before the start, what was counted is not. How much is
 * free is told by the test. */
/* links: @storage @core */
#include <sys/statvfs.h>

#include "contract/storage_support.h"

static struct place place;
static uint64_t free_bytes;

int
statvfs(const char *path, struct statvfs *disk)
{
    (void)path;
    memset(disk, 0, sizeof *disk);
    disk->f_frsize = 1;
    disk->f_bavail = free_bytes;
    return 0;
}

static void
setup(void)
{
    place_init(&place, 0);
}

static void
teardown(void)
{
    place_fini(&place);
}

static void
make_file(const char *name)
{
    char path[400];
    FILE *file;

    place_path(&place, name, path);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_gt(fprintf(file, "%s", name), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static bool
is_there(const char *name)
{
    char path[400];

    place_path(&place, name, path);
    return access(path, F_OK) == 0;
}

static void
expect_after(uint64_t bytes, bool is_kept)
{
    free_bytes = bytes;
    make_file("rentcache.db");
    make_file("cache.db");
    make_file("cache.db-wal");
    make_file("cache.db-shm");
    entries_yield_disk(&place.config);
    ck_assert(is_there("rentcache.db"));
    ck_assert_int_eq(is_there("cache.db"), is_kept);
    ck_assert_int_eq(is_there("cache.db-wal"), is_kept);
    ck_assert_int_eq(is_there("cache.db-shm"), is_kept);
}

START_TEST(a_full_disk_costs_the_cache_alone)
{
    expect_after(0, false);
    expect_after(100000, false);
    expect_after(1 << 30, true);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage_yield");
    TCase *cases = tcase_create("disk");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_full_disk_costs_the_cache_alone);
    suite_add_tcase(suite, cases);
    return suite;
}
