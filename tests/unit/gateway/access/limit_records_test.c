/* limit_records_test.c - limits of keys to records and back: only what is used, only what changed, in batches. */
/* links: gateway/access/limit_records.c gateway/access/key_table.c gateway/access/key_limits.c gateway/lockfree/hash_index.c */
/* links: gateway/lockfree/epoch.c gateway/access/bucket.c gateway/access/window.c @core */

#include "access/limit_records.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "support/row.h"

enum { LIMITS = 2, MOST = 64, KEYS = 1000 };

#define SECOND_NS INT64_C(1000000000)
#define NOW_NS    (INT64_C(20000) * 86400 * SECOND_NS)

static const char *const endpoints[LIMITS] = {"properties", "value_estimate"};
static const struct limit_names names = {endpoints, LIMITS};
static const struct rate limit_rates[LIMITS] = {{60, 60000}, {30, 60000}};
static const struct rate global = {1000, 3600000};

static struct epoch_domain *epochs;
static struct key_table *table, *other;
static struct limit_record records[MOST];
static struct limit_collection collection;

static void
set_up(void)
{
    epochs = epoch_domain_create(1);
    table = key_table_create(epochs, &global, limit_rates, endpoints, LIMITS);
    other = key_table_create(epochs, &global, limit_rates, endpoints, LIMITS);
    collection = (struct limit_collection){
        .names = &names, .records = records, .most = MOST, .now_ns = NOW_NS};
}

static void
tear_down(void)
{
    key_table_destroy(&table);
    key_table_destroy(&other);
    epoch_domain_destroy(&epochs);
}

static void
make_hash(uint32_t n, uint8_t hash[32])
{
    memset(hash, 0x5a, 32);
    n *= 2654435761u;
    memcpy(hash, &n, sizeof n);
}

static void
add_key(struct key_table *to, uint32_t n, const char *limits)
{
    uint8_t hash[32];
    char hex[65];
    struct key_record record = {.api_key_id = n, .is_active = true};

    make_hash(n, hash);
    hex_write(hash, sizeof hash, hex);
    record.key_hash = bytes_of_text(hex);
    record.limits = bytes_of_text(limits);
    ck_assert_int_eq(key_table_change(to, &record), STATUS_OK);
}

static const struct key_entry *
find(const struct key_table *in, uint32_t n)
{
    uint8_t hash[32];

    make_hash(n, hash);
    return key_table_find(in, hash);
}

/* As admission does. */
static bool
take(const struct key_table *of, uint32_t n, size_t limit, int64_t tokens)
{
    const struct key_entry *entry = find(of, n);
    int64_t part;

    atomic_store(&entry->state->is_changed, true);
    if (limit == LIMITS)
        return window_take(entry->global_window, &entry->global_rate, tokens, collection.now_ns,
                           &part)
            .is_admitted;
    return bucket_take(&entry->state->endpoint_buckets[limit], &entry->endpoint_rates[limit],
                       tokens, collection.now_ns)
        .is_admitted;
}

static size_t
collect(void)
{
    size_t cursor = 0;

    ck_assert(limit_records_collect(table, &cursor, &collection));
    return collection.count;
}

static void
restore(void)
{
    for (size_t i = 0; i < collection.count; i++) {
        make_hash((uint32_t)records[i].api_key_id, records[i].key_hash);
        limit_records_restore(other, &names, &records[i], collection.now_ns);
    }
}

START_TEST(what_is_used_is_used_in_the_next_process)
{
    row("R-082");
    add_key(table, 1, "");
    add_key(other, 1, "");
    ck_assert(take(table, 1, 0, 60));
    ck_assert(take(table, 1, 1, 10));
    ck_assert(take(table, 1, LIMITS, 990));
    collection.now_ns += 5 * SECOND_NS + SECOND_NS / 2;
    ck_assert_uint_eq(collect(), 3);
    ck_assert_str_eq(records[0].endpoint, LIMIT_GLOBAL);
    ck_assert_int_eq(records[0].tokens, 10);
    ck_assert_int_eq(records[0].full_at_wall_us, (NOW_NS / SECOND_NS + 3720) * INT64_C(1000000));
    ck_assert_str_eq(records[1].endpoint, "properties");
    ck_assert_int_eq(records[1].tokens, 5);
    ck_assert_int_eq(records[1].refilled_wall_us, (NOW_NS + 5 * SECOND_NS) / 1000);
    ck_assert_int_eq(records[1].full_at_wall_us, (NOW_NS + 60 * SECOND_NS) / 1000);
    ck_assert_int_eq(records[2].tokens, 22);
    restore();
    ck_assert(!take(other, 1, 0, 6));
    ck_assert(take(other, 1, 0, 5));
    ck_assert(!take(other, 1, 1, 23));
    ck_assert(take(other, 1, 1, 22));
    ck_assert(!take(other, 1, LIMITS, 11));
    ck_assert(take(other, 1, LIMITS, 10));
}
END_TEST

START_TEST(only_what_changed_and_is_used_is_collected)
{
    add_key(table, 1, "");
    add_key(table, 2, "");
    add_key(table, 3, "{\"global\": \"none\", \"*\": \"none\"}");
    ck_assert_uint_eq(collect(), 0);
    ck_assert(take(table, 1, 0, 1));
    atomic_store(&find(table, 3)->state->is_changed, true);
    ck_assert_uint_eq(collect(), 1);
    ck_assert_int_eq(records[0].api_key_id, 1);
    ck_assert_uint_eq(collect(), 0);
    /* All that is used, after something was lost. */
    ck_assert(take(table, 2, 1, 1));
    ck_assert_uint_eq(collect(), 1);
    collection.takes_all = true;
    ck_assert_uint_eq(collect(), 2);
    /* What is full again by now is not used. */
    collection.now_ns += 10 * SECOND_NS;
    ck_assert_uint_eq(collect(), 0);
}
END_TEST

START_TEST(many_keys_come_in_batches_each_of_them_once)
{
    static int seen[KEYS + 1];
    size_t cursor = 0;
    bool is_end;

    memset(seen, 0, sizeof seen);
    for (uint32_t n = 1; n <= KEYS; n++) {
        add_key(table, n, "");
        ck_assert(take(table, n, n % LIMITS, 1));
    }
    do {
        is_end = limit_records_collect(table, &cursor, &collection);
        ck_assert_uint_le(collection.count, MOST);
        ck_assert(is_end || collection.count > MOST - 3);
        for (size_t i = 0; i < collection.count; i++)
            seen[records[i].api_key_id]++;
        /* Others go on meanwhile: nobody is collected again and again, and nobody waits for them. */
        ck_assert(take(table, 1, 1 % LIMITS, 1) || true);
    } while (!is_end);
    for (int n = 2; n <= KEYS; n++)
        ck_assert_int_eq(seen[n], 1);
    ck_assert_int_ge(seen[1], 1);
}
END_TEST

START_TEST(what_fits_no_key_or_limit_is_passed_over)
{
    struct limit_record record = {.api_key_id = 1, .full_at_wall_us = NOW_NS / 1000 + 60000000};

    add_key(other, 1, "{\"global\": \"none\"}");
    make_hash(1, record.key_hash);
    memset(record.endpoint, 'x', sizeof record.endpoint);
    limit_records_restore(other, &names, &record, NOW_NS);
    snprintf(record.endpoint, sizeof record.endpoint, "properties");
    record.api_key_id = 2;
    limit_records_restore(other, &names, &record, NOW_NS);
    record.api_key_id = 1;
    record.window.part_ns = 120 * SECOND_NS;
    limit_records_restore(other, &names, &record, NOW_NS);
    make_hash(2, record.key_hash);
    limit_records_restore(other, &names, &record, NOW_NS);
    ck_assert(take(other, 1, 0, 60));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("limit_records");
    TCase *tcase = tcase_create("limit_records");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_is_used_is_used_in_the_next_process);
    tcase_add_test(tcase, only_what_changed_and_is_used_is_collected);
    tcase_add_test(tcase, many_keys_come_in_batches_each_of_them_once);
    tcase_add_test(tcase, what_fits_no_key_or_limit_is_passed_over);
    suite_add_tcase(suite, tcase);
    return suite;
}
