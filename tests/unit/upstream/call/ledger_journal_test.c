/* ledger_journal_test.c - calls made without the ledger: kept over a kill, once each, bounded, gone when the ledger has them. */
/* links: upstream/call/ledger_journal.c @core */
#include "call/ledger_journal.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static struct config config;
static struct ledger_journal *journal;
static char path[CONFIG_TEXT_SIZE + 32];

static struct {
    struct settlement rows[8];
    size_t count;
} found;

static void
note_found(void *context, const struct settlement *row)
{
    (void)context;
    ck_assert_uint_lt(found.count, 8);
    found.rows[found.count++] = *row;
}

static void
open_again(void)
{
    ledger_journal_close(&journal);
    ck_assert_int_eq(ledger_journal_open(&config, &journal), STATUS_OK);
    found.count = 0;
    ledger_journal_each(journal, note_found, NULL);
}

static void
setup(void)
{
    ck_assert(log_configure("ERROR", "text"));
    snprintf(config.server.data_dir, CONFIG_TEXT_SIZE, "/tmp/journal-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(config.server.data_dir));
    snprintf(path, sizeof path, "%s/ledger.journal", config.server.data_dir);
    snprintf(config.ledger.unreachable, CONFIG_TEXT_SIZE, "spend");
    config.ledger.journal_max_bytes = 65536;
    open_again();
}

static void
teardown(void)
{
    ledger_journal_close(&journal);
    (void)unlink(path);
    ck_assert_int_eq(rmdir(config.server.data_dir), 0);
}

static struct settlement
call_of(int number)
{
    struct settlement row = {.api_key_id = 7,
                             .route = "properties",
                             .price_micro_usd = 1000000,
                             .charge = CHARGE_UNKNOWN,
                             .cost_micro_usd = 1000000,
                             .is_journaled = true};

    snprintf(row.call_id, sizeof row.call_id, "%032d", number);
    return row;
}

static void
add(int number)
{
    struct settlement row = call_of(number);

    ck_assert(ledger_journal_add(journal, &row));
}

static void
end(int number)
{
    struct settlement row = call_of(number);

    row.charge = CHARGE_BILLED;
    row.http_status = 200;
    ledger_journal_end(journal, &row);
}

static void
done(int number)
{
    struct settlement row = call_of(number);

    ledger_journal_done(journal, &row);
}

START_TEST(what_is_open_is_found_with_its_outcome)
{
    for (int i = 0; i < 3; i++)
        add(i);
    end(1);
    end(2);
    done(2);
    open_again();
    ck_assert_uint_eq(found.count, 2);
    ck_assert_str_eq(found.rows[0].call_id, call_of(0).call_id);
    ck_assert_int_eq(found.rows[0].charge, CHARGE_UNKNOWN);
    ck_assert_int_eq(found.rows[0].cost_micro_usd, 1000000);
    ck_assert_int_eq(found.rows[0].api_key_id, 7);
    ck_assert_str_eq(found.rows[0].route, "properties");
    ck_assert(found.rows[0].is_journaled);
    ck_assert_int_eq(found.rows[1].charge, CHARGE_BILLED);
    ck_assert_int_eq(found.rows[1].http_status, 200);
    done(0);
    done(1);
    ck_assert_int_eq(ledger_journal_calls(journal), 0);
    open_again();
    ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(it_is_bounded_and_all_of_it_is_free_again)
{
    int64_t room = ledger_journal_room(journal);
    int count = 0;

    ck_assert_int_gt(room, 10);
    for (; ledger_journal_room(journal) > 0; count++)
        add(count);
    ck_assert_int_eq(count, room);
    ck_assert(!ledger_journal_add(journal, &(struct settlement){0}));
    for (int i = 0; i < count; i++) {
        end(i);
        done(i);
    }
    ck_assert_int_eq(ledger_journal_room(journal), room);

    struct stat about;

    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_int_eq(about.st_size, config.ledger.journal_max_bytes);
    add(1000);
    open_again();
    ck_assert_uint_eq(found.count, 1);
    ck_assert_str_eq(found.rows[0].call_id, call_of(1000).call_id);
}
END_TEST

/* What a kill leaves half written was not sent. */
START_TEST(a_torn_record_is_none)
{
    int file;

    add(1);
    add(2);
    ledger_journal_close(&journal);
    file = open(path, O_RDWR);
    ck_assert_int_eq(pwrite(file, "x", 1, 4096 + 300), 1);
    close(file);
    open_again();
    ck_assert_uint_eq(found.count, 1);
    add(3);
    open_again();
    ck_assert_uint_eq(found.count, 2);
}
END_TEST

START_TEST(one_that_is_damaged_is_refused)
{
    int file;

    ledger_journal_close(&journal);
    file = open(path, O_RDWR);
    ck_assert_int_eq(pwrite(file, "junk", 4, 8), 4);
    close(file);
    log_configure("ERROR", "text");
    ck_assert_int_eq(ledger_journal_open(&config, &journal), STATUS_STORAGE);
    ck_assert_ptr_null(journal);
}
END_TEST

START_TEST(without_spend_there_is_none_but_what_is_open_is_told)
{
    add(1);
    snprintf(config.ledger.unreachable, CONFIG_TEXT_SIZE, "refuse");
    open_again();
    ck_assert_uint_eq(found.count, 1);
    ledger_journal_close(&journal);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(ledger_journal_open(&config, &journal), STATUS_OK);
    ck_assert_ptr_null(journal);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("ledger_journal");
    TCase *tcase = tcase_create("ledger_journal");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_is_open_is_found_with_its_outcome);
    tcase_add_test(tcase, it_is_bounded_and_all_of_it_is_free_again);
    tcase_add_test(tcase, a_torn_record_is_none);
    tcase_add_test(tcase, one_that_is_damaged_is_refused);
    tcase_add_test(tcase, without_spend_there_is_none_but_what_is_open_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
