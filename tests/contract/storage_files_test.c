/* storage_files_test.c - the files themselves: damaged, newer, older, full, unreadable, opened to read alone. */
/* links: @storage @core */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "contract/storage_support.h"
#include "support/row.h"

static struct place place;

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
write_file(const char *name, const char *bytes, size_t size)
{
    char path[400];

    place_path(&place, name, path);

    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static char *
read_file(const char *name, size_t *size)
{
    char path[400];
    char *bytes = malloc(1 << 20);

    place_path(&place, name, path);

    FILE *file = fopen(path, "rb");

    ck_assert_ptr_nonnull(file);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static bool
exists(const char *name)
{
    char path[400];

    place_path(&place, name, path);
    return access(path, F_OK) == 0;
}

/* Overwrites pages in the middle of a database that was closed. */
static void
damage(const char *name)
{
    char path[400];
    char junk[4096];
    struct stat file;

    memset(junk, 0x5a, sizeof junk);
    place_path(&place, name, path);
    ck_assert_int_eq(stat(path, &file), 0);

    int descriptor = open(path, O_WRONLY);

    for (off_t at = 4096; at + 4096 <= file.st_size; at += 8192)
        ck_assert_int_eq(pwrite(descriptor, junk, sizeof junk, at), sizeof junk);
    close(descriptor);
}

static void
expect_refused_and_untouched(void)
{
    struct accounts *accounts = NULL;
    size_t size_before, size_after;
    char *before = read_file("rentcache.db", &size_before);

    ck_assert_int_eq(accounts_open(&place.config, STORAGE_READ_WRITE, &accounts), STATUS_STORAGE);
    ck_assert_ptr_null(accounts);

    char *after = read_file("rentcache.db", &size_after);

    ck_assert_uint_eq(size_before, size_after);
    ck_assert_mem_eq(before, after, size_before);
    free(before);
    free(after);
}

START_TEST(accounts_that_are_no_database_are_refused_and_left)
{
    static char junk[20000];

    memset(junk, 'x', sizeof junk);
    write_file("rentcache.db", junk, sizeof junk);
    expect_refused_and_untouched();
}
END_TEST

START_TEST(damaged_accounts_are_refused_and_left)
{
    struct accounts *accounts = place_accounts(&place);

    make_key(accounts, "a", 1, 1, NOON_US);
    accounts_close(&accounts);
    damage("rentcache.db");
    expect_refused_and_untouched();
}
END_TEST

/* A full disk: not even the index of the log can be made. The keys and the ledger are all there. */
START_TEST(accounts_that_cannot_be_read_for_lack_of_room_are_not_given_up)
{
    struct rlimit before, none;
    struct accounts *accounts = place_accounts(&place);
    enum status status;

    make_key(accounts, "a", 1, 1, NOON_US);
    accounts_close(&accounts);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    status = accounts_begin_anew(&place.config);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(status, STATUS_STORAGE);
    ck_assert(!exists("rentcache.db.lost-1"));
    ck_assert(accounts_may_open(&place.config));
    ck_assert_int_eq(accounts_begin_anew(&place.config), STATUS_CONFLICT);
}
END_TEST

/* Neither a server nor a command takes it for a new installation; whoever wants to begin anew says so. */
static void
expect_lost(void)
{
    struct accounts *accounts = NULL;

    ck_assert_int_eq(accounts_open(&place.config, STORAGE_READ_WRITE, &accounts), STATUS_STORAGE);
    ck_assert(!accounts_may_open(&place.config));
    ck_assert_int_eq(accounts_open(&place.config, STORAGE_READ_WRITE, &accounts), STATUS_STORAGE);
    ck_assert_int_eq(accounts_begin_anew(&place.config), STATUS_OK);
    ck_assert(accounts_may_open(&place.config));
    accounts = place_accounts(&place);
    ck_assert_int_eq(accounts_begin_anew(&place.config), STATUS_CONFLICT);
    accounts_close(&accounts);
    ck_assert(exists("rentcache.db.mark"));
}

static void
make_accounts_and_close(void)
{
    struct accounts *accounts = place_accounts(&place);

    make_key(accounts, "a", 1, 1, NOON_US);
    accounts_close(&accounts);
    ck_assert(accounts_may_open(&place.config));
}

START_TEST(empty_accounts_that_existed_are_refused)
{
    make_accounts_and_close();
    write_file("rentcache.db", "", 0);
    expect_lost();
    ck_assert(exists("rentcache.db.lost-1"));
}
END_TEST

START_TEST(missing_accounts_that_existed_are_refused)
{
    char path[400];

    make_accounts_and_close();
    place_path(&place, "rentcache.db", path);
    ck_assert_int_eq(unlink(path), 0);
    expect_lost();
}
END_TEST

START_TEST(an_empty_file_that_nobody_used_is_a_new_installation)
{
    struct accounts *accounts;

    write_file("rentcache.db", "", 0);
    accounts = place_accounts(&place);
    accounts_close(&accounts);
}
END_TEST

START_TEST(accounts_from_before_the_mark_get_one)
{
    struct accounts *accounts;
    char path[400];

    make_accounts_and_close();
    place_path(&place, "rentcache.db.mark", path);
    ck_assert_int_eq(unlink(path), 0);
    accounts = place_accounts(&place);
    accounts_close(&accounts);
    ck_assert(exists("rentcache.db.mark"));
}
END_TEST

/* What a killed process leaves: the files as they are, nobody closes them. */
static void
make_accounts_and_kill(int keys)
{
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct accounts *accounts = place_accounts(&place);
        char name[16];

        for (int i = 0; i < keys; i++) {
            snprintf(name, sizeof name, "%d", i);
            make_key(accounts, name, 1, 1, NOON_US);
        }
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

/* At that place in hundredths of its size. */
static void
garble_log(int place_percent)
{
    char path[400], junk[64];
    struct stat file;
    int descriptor;

    memset(junk, 0x5a, sizeof junk);
    place_path(&place, "rentcache.db-wal", path);
    ck_assert_int_eq(stat(path, &file), 0);
    descriptor = open(path, O_WRONLY);
    ck_assert_int_eq(pwrite(descriptor, junk, sizeof junk, file.st_size * place_percent / 100),
                     sizeof junk);
    close(descriptor);
}

START_TEST(a_log_that_is_whole_after_a_kill_is_used)
{
    struct accounts *accounts;
    struct key_row key;

    make_accounts_and_kill(20);
    ck_assert(accounts_may_open(&place.config));
    accounts = place_accounts(&place);
    ck_assert_int_eq(key_find(accounts, "19", &key), STATUS_OK);
    accounts_close(&accounts);
}
END_TEST

START_TEST(a_log_that_was_garbled_after_a_kill_is_refused)
{
    static const int places[] = {0, 10, 50, 90};

    make_accounts_and_kill(20);
    garble_log(places[_i]);
    expect_lost();
    ck_assert(exists("rentcache.db.lost-1-wal"));
}
END_TEST

START_TEST(a_log_that_was_cut_or_removed_after_a_kill_is_refused)
{
    char path[400];

    make_accounts_and_kill(20);
    place_path(&place, "rentcache.db-wal", path);
    ck_assert_int_eq(_i == 0 ? truncate(path, 20000) : unlink(path), 0);
    expect_lost();
}
END_TEST

START_TEST(newer_accounts_are_refused)
{
    struct accounts *accounts = place_accounts(&place);

    accounts_close(&accounts);
    ck_assert_int_eq(raw_run(&place, "rentcache.db",
                             "INSERT INTO schema_migrations (version, name) VALUES (999, 'x')"),
                     SQLITE_OK);
    ck_assert_int_eq(accounts_open(&place.config, STORAGE_READ_WRITE, &accounts), STATUS_STORAGE);
    ck_assert_int_eq(accounts_open(&place.config, STORAGE_READ_ONLY, &accounts), STATUS_STORAGE);
}
END_TEST

static void
load_version_1(void)
{
    char path[400];
    size_t size;
    static char text[16384];
    const char *source = getenv("RENTCACHE_SOURCE_DIR");

    snprintf(path, sizeof path, "%s/tests/contract/fixtures/accounts_v1.sql",
             source != NULL ? source : ".");

    FILE *file = fopen(path, "rb");

    ck_assert_msg(file != NULL, "%s", path);
    size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    ck_assert_int_eq(raw_run(&place, "rentcache.db", text), SQLITE_OK);
}

START_TEST(a_database_of_version_1_is_brought_up_with_its_rows)
{
    struct accounts *accounts;
    struct key_row key;

    load_version_1();
    ck_assert_int_eq(accounts_open(&place.config, STORAGE_READ_ONLY, &accounts), STATUS_STORAGE);
    accounts = place_accounts(&place);
    ck_assert_int_eq(key_find(accounts, "old", &key), STATUS_OK);
    ck_assert_int_eq(key.daily_limit, 1000);
    ck_assert_str_eq(key.limits, "");

    struct usage_record record = make_record(1, NOON_US, key.id, DECISION_HIT);

    store_records(accounts, 1, &record, 1);
    accounts_close(&accounts);
    ck_assert_str_eq(
        raw_rows(&place, "rentcache.db", "SELECT endpoint, decision FROM usage_stats ORDER BY id"),
        "properties|\nproperties|hit");
    ck_assert_str_eq(
        raw_rows(&place, "rentcache.db", "SELECT version FROM schema_migrations ORDER BY 1"),
        "1\n2\n3\n4\n5\n6\n7");
}
END_TEST

/* The schema of a database that was migrated and of one that was made now. */
START_TEST(version_1_brought_up_is_what_a_new_database_is)
{
    static const char query[] = "SELECT m.tbl_name, p.name, p.type, p.\"notnull\", p.dflt_value"
                                " FROM sqlite_master m, pragma_table_info(m.name) p"
                                " WHERE m.type = 'table' ORDER BY 1, 2";
    struct accounts *accounts;
    char path[400];
    char *migrated;

    load_version_1();
    accounts = place_accounts(&place);
    accounts_close(&accounts);
    migrated = strdup(raw_rows(&place, "rentcache.db", query));
    place_path(&place, "rentcache.db", path);
    ck_assert_int_eq(unlink(path), 0);
    place_path(&place, "rentcache.db.mark", path);
    ck_assert_int_eq(unlink(path), 0);
    accounts = place_accounts(&place);
    accounts_close(&accounts);
    ck_assert_str_eq(migrated, raw_rows(&place, "rentcache.db", query));
    free(migrated);
}
END_TEST

START_TEST(postgresql_is_refused_for_now)
{
    struct accounts *accounts = NULL;

    snprintf(place.config.server.database_url, CONFIG_TEXT_SIZE, "postgresql://localhost/x");
    ck_assert_int_eq(accounts_open(&place.config, STORAGE_READ_WRITE, &accounts), STATUS_STORAGE);
    ck_assert(!exists("rentcache.db"));
}
END_TEST

START_TEST(a_path_of_its_own_is_used)
{
    struct accounts *accounts;

    snprintf(place.config.server.database_url, CONFIG_TEXT_SIZE, "sqlite:///%.60s/own.db",
             place.folder);
    accounts = place_accounts(&place);
    accounts_close(&accounts);
    ck_assert(exists("own.db"));
    ck_assert(!exists("rentcache.db"));
}
END_TEST

START_TEST(a_reader_sees_what_is_committed_and_writes_nothing)
{
    struct accounts *writer = place_accounts(&place);
    struct accounts *reader = NULL;
    struct key_row key = {.key_name = "b", .key_hash = "b"};

    make_key(writer, "a", 1, 1, NOON_US);
    ck_assert_int_eq(accounts_open(&place.config, STORAGE_READ_ONLY, &reader), STATUS_OK);
    ck_assert_int_eq(accounts_begin(writer), STATUS_OK);
    make_key(writer, "c", 1, 1, NOON_US);
    ck_assert_int_eq(key_find(reader, "a", &key), STATUS_OK);
    ck_assert_int_eq(key_find(reader, "c", &key), STATUS_NOT_FOUND);
    ck_assert_int_eq(accounts_commit(writer), STATUS_OK);
    ck_assert_int_eq(key_find(reader, "c", &key), STATUS_OK);
    ck_assert_int_eq(key_create(reader, &key, NOON_US), STATUS_STORAGE);
    accounts_close(&reader);
    accounts_close(&writer);
}
END_TEST

static int64_t
purge_once(struct entries *entries)
{
    int64_t number = -1, cleared;

    ck_assert_int_eq(entry_purge(entries, SCOPE(""), NOON_US, &number, &cleared), STATUS_OK);
    return number;
}

START_TEST(a_damaged_cache_is_moved_aside_and_its_numbers_go_on_upwards)
{
    struct entries *entries = place_entries(&place);
    int64_t before = purge_once(entries);
    int64_t after, valid, total;

    row("R-042");
    entries_close(&entries);
    damage("cache.db");
    entries = place_entries(&place);
    ck_assert(exists("cache.db.corrupt-1"));
    ck_assert_int_eq(entry_totals(entries, &valid, &total), STATUS_OK);
    ck_assert_int_eq(total, 0);
    ck_assert_int_eq(purge_last_number(entries, &after), STATUS_OK);
    ck_assert_int_gt(after, before - 1);
    ck_assert_int_gt(purge_once(entries), before);
    entries_close(&entries);
}
END_TEST

START_TEST(a_cache_that_is_no_database_is_moved_aside_each_time)
{
    struct entries *entries;
    char name[40];

    for (int i = 1; i <= 12; i++) {
        write_file("cache.db", "this is not a database, is it?", 30);
        entries = place_entries(&place);
        entries_close(&entries);
        snprintf(name, sizeof name, "cache.db.corrupt-%d", i < 9 ? i : 9);
        ck_assert_msg(exists(name), "%s", name);
    }
    ck_assert(!exists("cache.db.corrupt-10"));
}
END_TEST

START_TEST(a_deleted_cache_does_not_start_its_numbers_again)
{
    struct entries *entries = place_entries(&place);
    int64_t before = purge_once(entries);
    char path[400];

    entries_close(&entries);
    place_path(&place, "cache.db", path);
    ck_assert_int_eq(unlink(path), 0);
    entries = place_entries(&place);
    ck_assert_int_gt(purge_once(entries), before);
    entries_close(&entries);
    entries = place_entries(&place); /* opening again changes nothing */
    int64_t last;

    ck_assert_int_eq(purge_last_number(entries, &last), STATUS_OK);
    ck_assert_int_gt(purge_once(entries), last);
    ck_assert_int_eq(purge_last_number(entries, &before), STATUS_OK);
    ck_assert_int_eq(before, last + 1);
    entries_close(&entries);
}
END_TEST

START_TEST(the_log_of_a_damaged_cache_is_not_played_into_the_new_one)
{
    struct entries *entries = place_entries(&place);
    static char junk[9000];

    entries_close(&entries);
    write_file("cache.db", "broken", 6);
    write_file("cache.db-wal", junk, sizeof junk);
    entries = place_entries(&place);
    (void)purge_once(entries);
    entries_close(&entries);
    ck_assert_str_eq(raw_rows(&place, "cache.db", "PRAGMA integrity_check"), "ok");
}
END_TEST

/* A limit on the size of files is what a full disk looks like. */
static void
limit_files(rlim_t bytes)
{
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};

    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_full_disk_undoes_all_of_a_transaction_and_is_left_behind_without_restart)
{
    enum { ROWS = 4000 };

    struct accounts *accounts = place_accounts(&place);
    struct key_row key = make_key(accounts, "a", 0, 0, NOON_US);
    struct usage_record *records = calloc(ROWS, sizeof *records);
    int64_t sequence;
    enum status status;

    for (int64_t i = 0; i < ROWS; i++)
        records[i] = make_record(i + 1, NOON_US + i, key.id, DECISION_HIT);
    store_records(accounts, 1, records, 10);

    (void)signal(SIGXFSZ, SIG_IGN);
    limit_files(200000);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
        status = usage_append(accounts, SPOOL, 1, records + 10, ROWS - 10);
        if (status == STATUS_OK) {
            status = accounts_commit(accounts);
        } else {
            struct key_row other = {.key_name = "b", .key_hash = "b"};

            /* nothing may slip in behind the failure */
            ck_assert_int_eq(key_create(accounts, &other, NOON_US), STATUS_STORAGE);
            ck_assert_int_eq(accounts_commit(accounts), STATUS_STORAGE);
        }
        ck_assert_int_eq(status, STATUS_STORAGE);
        ck_assert_int_eq(usage_mark(accounts, SPOOL, 1, &sequence), STATUS_OK);
        ck_assert_int_eq(sequence, 10);
    }
    limit_files(RLIM_INFINITY);

    store_records(accounts, 1, records + 10, ROWS - 10);
    accounts_close(&accounts);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT count(*), max(sequence), (SELECT sum(hits) FROM usage_hourly)"
                              " FROM usage_stats"),
                     "4000|4000|4000");
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "SELECT count(*) FROM api_keys"), "1");
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "PRAGMA integrity_check"), "ok");
    free(records);
}
END_TEST

START_TEST(a_folder_that_cannot_be_written_is_a_status)
{
    struct accounts *accounts = NULL;
    struct entries *entries = NULL;

    snprintf(place.config.server.data_dir, CONFIG_TEXT_SIZE, "/proc/none");
    ck_assert_int_eq(accounts_open(&place.config, STORAGE_READ_WRITE, &accounts), STATUS_STORAGE);
    ck_assert_int_eq(entries_open(&place.config, STORAGE_READ_WRITE, &entries), STATUS_STORAGE);
    ck_assert_ptr_null(accounts);
    ck_assert_ptr_null(entries);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage_files");
    TCase *tcase = tcase_create("files");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, accounts_that_are_no_database_are_refused_and_left);
    tcase_add_test(tcase, damaged_accounts_are_refused_and_left);
    tcase_add_test(tcase, empty_accounts_that_existed_are_refused);
    tcase_add_test(tcase, missing_accounts_that_existed_are_refused);
    tcase_add_test(tcase, accounts_that_cannot_be_read_for_lack_of_room_are_not_given_up);
    tcase_add_test(tcase, an_empty_file_that_nobody_used_is_a_new_installation);
    tcase_add_test(tcase, accounts_from_before_the_mark_get_one);
    tcase_add_test(tcase, a_log_that_is_whole_after_a_kill_is_used);
    tcase_add_loop_test(tcase, a_log_that_was_garbled_after_a_kill_is_refused, 0, 4);
    tcase_add_loop_test(tcase, a_log_that_was_cut_or_removed_after_a_kill_is_refused, 0, 2);
    tcase_add_test(tcase, newer_accounts_are_refused);
    tcase_add_test(tcase, a_database_of_version_1_is_brought_up_with_its_rows);
    tcase_add_test(tcase, version_1_brought_up_is_what_a_new_database_is);
    tcase_add_test(tcase, postgresql_is_refused_for_now);
    tcase_add_test(tcase, a_path_of_its_own_is_used);
    tcase_add_test(tcase, a_reader_sees_what_is_committed_and_writes_nothing);
    tcase_add_test(tcase, a_damaged_cache_is_moved_aside_and_its_numbers_go_on_upwards);
    tcase_add_test(tcase, a_cache_that_is_no_database_is_moved_aside_each_time);
    tcase_add_test(tcase, a_deleted_cache_does_not_start_its_numbers_again);
    tcase_add_test(tcase, the_log_of_a_damaged_cache_is_not_played_into_the_new_one);
    tcase_add_test(tcase,
                   a_full_disk_undoes_all_of_a_transaction_and_is_left_behind_without_restart);
    tcase_add_test(tcase, a_folder_that_cannot_be_written_is_a_status);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return suite;
}
