/* storage_limits_test.c - what is used of limits: one row for each key and endpoint, of which the smaller number of tokens
 * stays, and which goes when nothing is used any more. */
/* links: @storage @core */
#include "contract/storage_support.h"
#include "support/row.h"

#define PART_NS 120000000000LL /* of an hour's window */

static struct place place;
static struct accounts *accounts;
static struct key_row key;

/* With a hash as every key has. */
static struct key_row
make_hashed_key(const char *name, char digit)
{
    struct key_row made = {.is_active = true};

    snprintf(made.key_name, sizeof made.key_name, "%s", name);
    memset(made.key_hash, digit, 64);
    memcpy(made.key_hash, "0123456789abcdef", 16);
    ck_assert_int_eq(key_create(accounts, &made, NOON_US), STATUS_OK);
    return made;
}

static void
open_backend(int backend)
{
    place_init(&place, backend);
    accounts = place_accounts(&place);
    key = make_hashed_key("a", 'a');
}

static void
teardown(void)
{
    accounts_close(&accounts);
    place_fini(&place);
}

static void
put(const struct limit_record *record)
{
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(limit_put(accounts, record), STATUS_OK);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
}

static struct limit_record
bucket_of(int64_t api_key_id, const char *endpoint, int64_t tokens, int64_t full_at_wall_us)
{
    struct limit_record record = {.api_key_id = api_key_id,
                                  .tokens = tokens,
                                  .refilled_wall_us = NOON_US,
                                  .full_at_wall_us = full_at_wall_us};

    snprintf(record.endpoint, sizeof record.endpoint, "%s", endpoint);
    return record;
}

/* Of 1000/hour: used in the newest part, and ten in each of `more` parts before it. */
static struct limit_record
window_of(int64_t newest, int32_t used, int more)
{
    struct limit_record record = bucket_of(key.id, LIMIT_GLOBAL, 1000 - used - 10 * more, 0);

    record.full_at_wall_us = (newest + WINDOW_PARTS + 1) * (PART_NS / 1000);
    record.window.part_ns = PART_NS;
    record.window.newest = newest;
    record.window.used[0] = used;
    for (int i = 1; i <= more; i++)
        record.window.used[i] = 10;
    return record;
}

static struct {
    struct limit_record records[300];
    int64_t ids[300];
    size_t count;
} listed;

static void
note(void *context, int64_t id, const struct limit_record *record)
{
    (void)context;
    listed.ids[listed.count] = id;
    listed.records[listed.count++] = *record;
}

static size_t
list(int64_t after_id, int64_t limit, int64_t now_wall_us)
{
    listed.count = 0;
    ck_assert_int_eq(limit_list(accounts, after_id, limit, now_wall_us, note, NULL), STATUS_OK);
    return listed.count;
}

START_TEST(a_bucket_is_found_as_it_was_left)
{
    struct limit_record record;

    open_backend(_i);
    row("R-082");
    record = bucket_of(key.id, "properties", 17, NOON_US + 43 * SECOND_US);
    put(&record);
    ck_assert_uint_eq(list(0, 10, NOON_US), 1);
    ck_assert_int_eq(listed.records[0].api_key_id, key.id);
    ck_assert_str_eq(listed.records[0].endpoint, "properties");
    ck_assert_int_eq(listed.records[0].tokens, 17);
    ck_assert_int_eq(listed.records[0].refilled_wall_us, NOON_US);
    ck_assert_int_eq(listed.records[0].full_at_wall_us, NOON_US + 43 * SECOND_US);
    ck_assert_int_eq(listed.records[0].window.part_ns, 0);
    for (size_t i = 0; i < sizeof listed.records[0].key_hash; i++) {
        char digits[3];

        snprintf(digits, sizeof digits, "%02x", listed.records[0].key_hash[i]);
        ck_assert_int_eq(strncmp(key.key_hash + 2 * i, digits, 2), 0);
    }
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT api_key_id, endpoint, current_tokens, last_refill"
                              " FROM rate_limits"),
                     "1|properties|17|2026-01-15T12:00:00.000000Z");
}
END_TEST

START_TEST(a_window_is_found_part_by_part)
{
    struct limit_record record;

    open_backend(_i);
    record = window_of(NOON_US / (PART_NS / 1000), 1000000000, 0);
    record.window.used[WINDOW_PARTS] = 999999999;
    put(&record);
    ck_assert_uint_eq(list(0, 10, NOON_US), 1);
    ck_assert_int_eq(listed.records[0].window.part_ns, record.window.part_ns);
    ck_assert_int_eq(listed.records[0].window.newest, record.window.newest);
    ck_assert_mem_eq(listed.records[0].window.used, record.window.used, sizeof record.window.used);
    ck_assert_int_eq(listed.records[0].full_at_wall_us, record.full_at_wall_us);
}
END_TEST

START_TEST(of_two_gateways_the_smaller_number_of_tokens_stays)
{
    struct limit_record record;

    open_backend(_i);
    row("R-083");
    record = bucket_of(key.id, "properties", 3, NOON_US + 57 * SECOND_US);
    put(&record);
    record = bucket_of(key.id, "properties", 50, NOON_US + 10 * SECOND_US);
    put(&record);
    ck_assert_uint_eq(list(0, 10, NOON_US), 1);
    ck_assert_int_eq(listed.records[0].tokens, 3);
    ck_assert_int_eq(listed.records[0].full_at_wall_us, NOON_US + 57 * SECOND_US);
    record = bucket_of(key.id, "properties", 0, NOON_US + 60 * SECOND_US);
    put(&record);
    ck_assert_uint_eq(list(0, 10, NOON_US), 1);
    ck_assert_int_eq(listed.records[0].tokens, 0);
}
END_TEST

START_TEST(of_two_gateways_each_part_of_a_window_is_what_the_greater_one_used)
{
    const int64_t now = NOON_US / (PART_NS / 1000);
    struct limit_record record;

    open_backend(_i);
    row("R-083");
    record = window_of(now, 100, 3); /* 100, 10, 10, 10 */
    put(&record);
    record = window_of(now + 2, 50, 2); /* 50, 10, 10 */
    put(&record);
    ck_assert_uint_eq(list(0, 10, NOON_US), 1);
    ck_assert_int_eq(listed.records[0].window.newest, now + 2);
    ck_assert_int_eq(listed.records[0].window.used[0], 50);
    ck_assert_int_eq(listed.records[0].window.used[1], 10);
    ck_assert_int_eq(listed.records[0].window.used[2], 100);
    ck_assert_int_eq(listed.records[0].window.used[5], 10);
    ck_assert_int_eq(listed.records[0].window.used[6], 0);
    ck_assert_int_eq(listed.records[0].tokens, 1000 - 50 - 10 - 100 - 30);
    /* One that is behind takes nothing away. */
    record = window_of(now, 7, 0);
    put(&record);
    ck_assert_uint_eq(list(0, 10, NOON_US), 1);
    ck_assert_int_eq(listed.records[0].window.used[0], 50);
    ck_assert_int_eq(listed.records[0].tokens, 1000 - 50 - 10 - 100 - 30);
    ck_assert_int_eq(listed.records[0].full_at_wall_us,
                     (now + 2 + WINDOW_PARTS + 1) * (PART_NS / 1000));
    /* What is forgotten by now is not brought back. */
    record = window_of(now + WINDOW_PARTS + 3, 1, 0);
    put(&record);
    ck_assert_uint_eq(list(0, 10, NOON_US), 1);
    ck_assert_int_eq(listed.records[0].tokens, 999);
}
END_TEST

/* A clock that was stepped back, or a limit that has another unit now. */
START_TEST(a_window_of_another_time_is_replaced)
{
    const int64_t now = NOON_US / (PART_NS / 1000);
    struct limit_record record;

    open_backend(_i);
    record = window_of(now + WINDOW_PARTS + 1, 500, 0);
    put(&record);
    record = window_of(now, 20, 0);
    put(&record);
    ck_assert_uint_eq(list(0, 10, NOON_US), 1);
    ck_assert_int_eq(listed.records[0].tokens, 980);
    ck_assert_int_eq(listed.records[0].window.newest, now);
    record = window_of(now, 5, 0);
    record.window.part_ns = 2000000000;
    put(&record);
    ck_assert_uint_eq(list(0, 10, NOON_US), 1);
    ck_assert_int_eq(listed.records[0].tokens, 995);
    ck_assert_int_eq(listed.records[0].window.part_ns, 2000000000);
}
END_TEST

START_TEST(what_is_full_again_is_not_listed_and_goes)
{
    struct limit_record record;
    int64_t deleted;

    open_backend(_i);
    row("R-082");
    record = bucket_of(key.id, "properties", 3, NOON_US + 57 * SECOND_US);
    put(&record);
    record = bucket_of(key.id, "value_estimate", 3, NOON_US + 58 * SECOND_US);
    put(&record);
    record = bucket_of(key.id, "market_stats", 3, NOON_US + 59 * SECOND_US);
    put(&record);
    ck_assert_uint_eq(list(0, 10, NOON_US + 57 * SECOND_US), 2);
    ck_assert_uint_eq(list(0, 10, NOON_US + 59 * SECOND_US), 0);
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(limit_forget(accounts, NOON_US + 59 * SECOND_US, 1, &deleted), STATUS_OK);
    ck_assert_int_eq(deleted, 1);
    ck_assert_int_eq(limit_forget(accounts, NOON_US + 59 * SECOND_US, 10, &deleted), STATUS_OK);
    ck_assert_int_eq(deleted, 1);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "SELECT endpoint FROM rate_limits"),
                     "market_stats");
}
END_TEST

START_TEST(rows_are_listed_in_parts_and_not_of_deleted_keys)
{
    struct limit_record record;
    struct key_row other;
    int64_t last_id = 0;
    size_t seen = 0;

    open_backend(_i);
    other = make_hashed_key("b", 'b');
    for (int i = 0; i < 25; i++) {
        char endpoint[ROUTE_NAME_SIZE];

        snprintf(endpoint, sizeof endpoint, "e%d", i);
        record = bucket_of(key.id, endpoint, 3, NOON_US + DAY_US);
        put(&record);
        record = bucket_of(other.id, endpoint, 3, NOON_US + DAY_US);
        put(&record);
    }
    ck_assert_int_eq(key_delete(accounts, other.id, NOON_US), STATUS_OK);
    while (list(last_id, 10, NOON_US) > 0) {
        for (size_t i = 0; i < listed.count; i++) {
            ck_assert_int_gt(listed.ids[i], last_id);
            ck_assert_int_eq(listed.records[i].api_key_id, key.id);
            last_id = listed.ids[i];
        }
        seen += listed.count;
    }
    ck_assert_uint_eq(seen, 25);
}
END_TEST

/* 32 parts, one more than there are. */
static const char too_many_parts[] =
    "1:2:1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1";

static const char *const broken[] = {
    "", ":", "1:", "0:1:2", "1:2:x", "1:2:3,,4", "1:2:9999999999", too_many_parts,
};

START_TEST(a_row_that_was_written_by_hand_is_passed_over)
{
    struct limit_record record;
    char text[400];

    open_backend(0);
    snprintf(text, sizeof text,
             "INSERT INTO rate_limits (api_key_id, endpoint, full_at, parts)"
             " VALUES (1, 'global', '2026-01-16T12:00:00.000000Z', '%s')",
             broken[_i]);
    ck_assert_int_eq(raw_run(&place, "rentcache.db", text), SQLITE_OK);
    ck_assert_uint_eq(list(0, 10, NOON_US), 0);
    record = window_of(NOON_US / (PART_NS / 1000), 100, 3);
    put(&record);
    ck_assert_uint_eq(list(0, 10, NOON_US), 1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage/limits");
    TCase *tcase = tcase_create("limits");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, a_bucket_is_found_as_it_was_left, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_window_is_found_part_by_part, 0, BACKENDS);
    tcase_add_loop_test(tcase, of_two_gateways_the_smaller_number_of_tokens_stays, 0, BACKENDS);
    tcase_add_loop_test(tcase, of_two_gateways_each_part_of_a_window_is_what_the_greater_one_used,
                        0, BACKENDS);
    tcase_add_loop_test(tcase, a_window_of_another_time_is_replaced, 0, BACKENDS);
    tcase_add_loop_test(tcase, what_is_full_again_is_not_listed_and_goes, 0, BACKENDS);
    tcase_add_loop_test(tcase, rows_are_listed_in_parts_and_not_of_deleted_keys, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_row_that_was_written_by_hand_is_passed_over, 0,
                        (int)COUNT(broken));
    suite_add_tcase(suite, tcase);
    return suite;
}
