/* key_table_test.c - the snapshot of keys: what is found, what a change keeps, what a load removes.
 * */
/* links: gateway/lockfree/epoch.c */
/* links: gateway/access/key_table.c gateway/access/key_limits.c gateway/lockfree/hash_index.c gateway/access/bucket.c gateway/access/window.c @core */

#include "access/key_table.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { LIMITS = 2, READERS = 3, KEYS = 200, LOADS = 60, MANY_KEYS = 100000 };

static const char *const names[LIMITS] = {"properties", "value_estimate"};
static const struct rate limit_rates[LIMITS] = {{60, 60000}, {30, 60000}};
static const struct rate global = {1000, 3600000};

static struct epoch_domain *epochs;
static struct key_table *table;

static void
set_up(void)
{
    epochs = epoch_domain_create(READERS + 1);
    table = key_table_create(epochs, &global, limit_rates, names, LIMITS);
    ck_assert_ptr_nonnull(table);
}

static void
tear_down(void)
{
    key_table_destroy(&table);
    ck_assert_ptr_null(table);
    epoch_domain_destroy(&epochs);
}

/* The hash of test key n: n in its first and last bytes. */
static void
make_hash(uint32_t n, uint8_t hash[32])
{
    memset(hash, 0x5a, 32);
    memcpy(hash, &n, sizeof n);
    memcpy(hash + 32 - sizeof n, &n, sizeof n);
}

static struct bytes
hex_of(const uint8_t hash[32], char hex[65])
{
    for (size_t i = 0; i < 32; i++) {
        hex[2 * i] = "0123456789abcdef"[hash[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
    }
    return bytes_of(hex, 64);
}

static struct key_record
make_record(uint32_t n, char hex[65])
{
    uint8_t hash[32];

    make_hash(n, hash);
    return (struct key_record){.version = 1,
                               .api_key_id = 1 + (int64_t)n,
                               .key_hash = hex_of(hash, hex),
                               .key_name = bytes_of_text("test"),
                               .is_active = 1};
}

static void
change(uint32_t n, const char *limits)
{
    char hex[65];
    struct key_record record = make_record(n, hex);

    record.limits = bytes_of_text(limits);
    ck_assert_int_eq(key_table_change(table, &record), STATUS_OK);
}

static const struct key_entry *
find(uint32_t n)
{
    uint8_t hash[32];

    make_hash(n, hash);
    return key_table_find(table, hash);
}

START_TEST(a_table_is_loaded_by_its_first_whole_load)
{
    ck_assert(!key_table_is_loaded(table));
    key_table_load_begin(table);
    change(1, "");
    ck_assert(!key_table_is_loaded(table));
    key_table_load_end(table, 42);
    ck_assert(key_table_is_loaded(table));
    ck_assert_int_eq(key_table_version(table), 42);
    ck_assert_uint_eq(key_table_count(table), 1);
    ck_assert_ptr_nonnull(find(1));
    ck_assert_ptr_null(find(2));
}
END_TEST

START_TEST(every_byte_of_the_hash_counts)
{
    uint8_t hash[32];

    change(1, "");
    for (size_t i = 0; i < sizeof hash; i++) {
        make_hash(1, hash);
        hash[i] ^= 1;
        ck_assert_ptr_null(key_table_find(table, hash));
    }
}
END_TEST

START_TEST(an_entry_says_what_its_record_said)
{
    char hex[65];
    struct key_record record = make_record(1, hex);
    const struct key_entry *entry;

    record.is_active = 0;
    record.expires_wall_ms = 1234;
    record.monthly_limit = 5;
    record.rights = bytes_of_text("fly,extend_ttl");
    ck_assert_int_eq(key_table_change(table, &record), STATUS_OK);
    entry = find(1);
    ck_assert_int_eq(entry->api_key_id, 2);
    ck_assert(!entry->is_active);
    ck_assert(entry->has_quota);
    ck_assert_int_eq(entry->expires_wall_ms, 1234);
    ck_assert_uint_eq(entry->rights, KEY_RIGHT_EXTEND_TTL);
    record.rights = bytes_of_text("extend_ttl_");
    record.monthly_limit = 0;
    ck_assert_int_eq(key_table_change(table, &record), STATUS_OK);
    ck_assert_uint_eq(find(1)->rights, 0);
    ck_assert(!find(1)->has_quota);
}
END_TEST

START_TEST(limits_are_the_keys_own_or_the_configured_ones)
{
    change(1, "");
    change(2, "{\"global\":\"none\",\"value_estimate\":\"7/second\"}");
    change(3, "{\"*\":\"none\"}");
    change(4, "{\"route_of_another_configuration\":\"1/second\"}");
    ck_assert_int_eq(find(1)->global_rate.count, 1000);
    ck_assert_ptr_eq(find(1)->endpoint_rates, limit_rates);
    ck_assert_int_eq(find(2)->global_rate.count, 0);
    ck_assert_int_eq(find(2)->endpoint_rates[0].count, 60);
    ck_assert_int_eq(find(2)->endpoint_rates[1].count, 7);
    ck_assert_int_eq(find(2)->endpoint_rates[1].period_ms, 1000);
    ck_assert_int_eq(find(3)->global_rate.count, 1000);
    ck_assert_int_eq(find(3)->endpoint_rates[0].count, 0);
    ck_assert_int_eq(find(3)->endpoint_rates[1].count, 0);
    ck_assert_ptr_eq(find(4)->endpoint_rates, limit_rates);
}
END_TEST

static struct bucket_result
take_global(uint32_t n, int64_t tokens)
{
    const struct key_entry *entry = find(n);
    int64_t part;

    return window_take(entry->global_window, &entry->global_rate, tokens,
                       clock_steady_ns(clock_mono_ns()), &part);
}

START_TEST(a_global_limit_of_another_unit_begins_with_what_is_used)
{
    change(1, "");
    ck_assert(take_global(1, 940).is_admitted);
    change(1, "{\"global\":\"1000/day\"}");
    ck_assert_int_eq(take_global(1, 61).remaining, 60);
    ck_assert(take_global(1, 50).is_admitted);
    change(1, "{\"global\":\"none\"}");
    ck_assert_ptr_null(find(1)->global_window);
    change(1, "{\"global\":\"1000/day\"}");
    ck_assert(!take_global(1, 11).is_admitted);
    /* Back in hours: what was taken by the day counts there. */
    change(1, "");
    ck_assert_int_eq(take_global(1, 11).remaining, 10);
    /* Said again, it counts nothing again. */
    change(1, "{\"global\":\"1000/hour\"}");
    ck_assert(take_global(1, 10).is_admitted);
}
END_TEST

START_TEST(a_change_does_not_refill_buckets_or_lose_the_lease)
{
    struct key_state *state;
    int64_t part;

    change(1, "");
    state = find(1)->state;
    ck_assert(window_take(find(1)->global_window, &global, 900, 1000000000, &part).is_admitted);
    ck_assert(
        bucket_take(&state->endpoint_buckets[1], &limit_rates[1], 30, 1000000000).is_admitted);
    atomic_store(&state->quota.left, 17);
    change(1, "{\"properties\":\"none\"}");
    ck_assert_ptr_eq(find(1)->state, state);
    ck_assert_int_eq(find(1)->endpoint_rates[0].count, 0);
    ck_assert_int_eq(atomic_load(&state->quota.left), 17);
    ck_assert_int_eq(window_take(find(1)->global_window, &global, 1, 1000000000, &part).remaining,
                     99);
    ck_assert(
        !bucket_take(&state->endpoint_buckets[1], &limit_rates[1], 1, 1000000000).is_admitted);
    key_table_load_begin(table);
    change(1, "");
    key_table_load_end(table, 2);
    ck_assert_ptr_eq(find(1)->state, state);
}
END_TEST

static void
break_hash_size(struct key_record *record)
{
    record->key_hash.size = 63;
}

static void
break_hash_digit(struct key_record *record)
{
    static const char hex[] = "g000000000000000000000000000000000000000000000000000000000000000";

    record->key_hash = bytes_of_text(hex);
}

static void
break_limits(struct key_record *record)
{
    record->limits = bytes_of_text("{\"properties\":\"often\"}");
}

static void
break_id(struct key_record *record)
{
    record->api_key_id = 0;
}

static void
break_expiry(struct key_record *record)
{
    record->expires_wall_ms = -1;
}

static void (*const breaks[])(struct key_record *) = {break_hash_size, break_hash_digit,
                                                      break_limits, break_id, break_expiry};

START_TEST(a_malformed_record_is_refused_and_the_key_stays)
{
    char hex[65];
    struct key_record record = make_record(1, hex);

    change(1, "");
    record.version = 9;
    record.is_active = 0;
    breaks[_i](&record);
    ck_assert_int_eq(key_table_change(table, &record), STATUS_MALFORMED);
    ck_assert_uint_eq(key_table_count(table), 1);
    ck_assert(find(1)->is_active);
    ck_assert_int_eq(key_table_version(table), 9);
}
END_TEST

static int64_t
left_after(int64_t daily_limit, int64_t monthly_limit)
{
    char hex[65];
    struct key_record record = make_record(1, hex);

    record.daily_limit = daily_limit;
    record.monthly_limit = monthly_limit;
    ck_assert_int_eq(key_table_change(table, &record), STATUS_OK);
    return atomic_load(&find(1)->state->quota.left);
}

/* "Never more than N": what was leased under a higher limit is gone; a higher one takes nothing away. */
START_TEST(a_lower_limit_takes_the_leased_rest_away)
{
    (void)left_after(100, 0);
    atomic_store(&find(1)->state->quota.left, 7);
    ck_assert_int_eq(left_after(100, 0), 7);
    ck_assert_int_eq(left_after(200, 0), 7);
    ck_assert_int_eq(left_after(0, 0), 7);
    ck_assert_int_eq(left_after(500, 0), 0);
    atomic_store(&find(1)->state->quota.left, 7);
    ck_assert_int_eq(left_after(499, 0), 0);
    atomic_store(&find(1)->state->quota.left, 7);
    ck_assert_int_eq(left_after(499, 1000), 0);
}
END_TEST

START_TEST(the_leased_rest_can_be_given_back_before)
{
    char hex[65];
    struct key_record record = make_record(1, hex);
    int64_t day = 0;

    (void)left_after(100, 0);
    atomic_store(&find(1)->state->quota.left, 7);
    atomic_store(&find(1)->state->quota.day, 20468);
    record.daily_limit = 100;
    ck_assert_int_eq(key_table_take_lease(table, &record, &day), 0);
    record.daily_limit = 99;
    ck_assert_int_eq(key_table_take_lease(table, &record, &day), 7);
    ck_assert_int_eq(day, 20468);
    ck_assert_int_eq(atomic_load(&find(1)->state->quota.left), 0);
    ck_assert_int_eq(key_table_take_lease(table, &record, &day), 0);
    record.api_key_id = 99; /* another key */
    atomic_store(&find(1)->state->quota.left, 7);
    ck_assert_int_eq(key_table_take_lease(table, &record, &day), 0);
}
END_TEST

/* A customer's own key, deleted and made again: another key with the same hash. */
START_TEST(another_key_with_the_same_hash_starts_anew)
{
    char hex[65];
    struct key_record record = make_record(1, hex);

    (void)left_after(100, 0);
    atomic_store(&find(1)->state->quota.left, 7);
    record.api_key_id = 99;
    record.daily_limit = 100;
    ck_assert_int_eq(key_table_change(table, &record), STATUS_OK);
    ck_assert_uint_eq(key_table_count(table), 1);
    ck_assert_int_eq(find(1)->api_key_id, 99);
    ck_assert_int_eq(atomic_load(&find(1)->state->quota.left), 0);
}
END_TEST

START_TEST(a_load_removes_what_it_does_not_name)
{
    key_table_load_begin(table);
    for (uint32_t n = 0; n < KEYS; n++)
        change(n, "");
    key_table_load_end(table, 1);
    key_table_load_begin(table);
    for (uint32_t n = KEYS / 2; n < KEYS + KEYS / 2; n++)
        change(n, "");
    key_table_load_end(table, 2);
    ck_assert_uint_eq(key_table_count(table), KEYS);
    for (uint32_t n = 0; n < 2 * KEYS; n++)
        ck_assert((find(n) != NULL) == (n >= KEYS / 2 && n < KEYS + KEYS / 2));
}
END_TEST

START_TEST(a_load_that_was_broken_off_removes_nothing)
{
    key_table_load_begin(table);
    change(1, "");
    change(2, "");
    key_table_load_end(table, 1);
    key_table_load_begin(table);
    change(1, "");
    key_table_load_begin(table);
    change(2, "");
    change(1, "");
    key_table_load_end(table, 2);
    ck_assert_uint_eq(key_table_count(table), 2);
}
END_TEST

static void
sum_ids(void *context, const struct key_entry *entry)
{
    *(int64_t *)context += entry->api_key_id;
}

START_TEST(each_visits_every_key_once)
{
    int64_t sum = 0;

    for (uint32_t n = 0; n < KEYS; n++)
        change(n, "");
    key_table_each(table, sum_ids, &sum);
    ck_assert_int_eq(sum, (int64_t)KEYS * (KEYS + 1) / 2);
}
END_TEST

START_TEST(a_hundred_thousand_keys_are_all_found)
{
    key_table_load_begin(table);
    for (uint32_t n = 0; n < MANY_KEYS; n++) {
        char hex[65];
        struct key_record record = make_record(n * 2654435761u, hex);

        record.api_key_id = 1 + (int64_t)n;
        if (key_table_change(table, &record) != STATUS_OK)
            ck_abort_msg("refused");
    }
    key_table_load_end(table, 1);
    ck_assert_uint_eq(key_table_count(table), MANY_KEYS);
    for (uint32_t n = 0; n < MANY_KEYS; n++) {
        const struct key_entry *entry = find(n * 2654435761u);

        if (entry == NULL || entry->api_key_id != 1 + (int64_t)n)
            ck_abort_msg("key %u is not what it was", n);
    }
}
END_TEST

static atomic_bool is_over;
static atomic_long missed, wrong;

/* Keys 0..KEYS-1 are in every load. */
static void *
look_for_keys(void *unused)
{
    struct epoch_slot *slot = epoch_slot_take(epochs);

    while (!atomic_load(&is_over)) {
        for (uint32_t n = 0; n < KEYS; n++) {
            const struct key_entry *entry;

            epoch_enter(slot);
            entry = find(n);
            if (entry == NULL)
                atomic_fetch_add(&missed, 1);
            else if (entry->api_key_id != 1 + (int64_t)n || entry->endpoint_rates[0].count < 1 ||
                     !bucket_take(&entry->state->endpoint_buckets[1], &global, 1, 1000000000)
                          .is_admitted)
                atomic_fetch_add(&wrong, 1);
            else
                bucket_give_back(&entry->state->endpoint_buckets[1], &global, 1);
            epoch_leave(slot);
        }
    }
    epoch_slot_give(&slot);
    return unused;
}

START_TEST(readers_never_miss_a_key_of_the_old_and_the_new_snapshot)
{
    pthread_t readers[READERS];

    for (uint32_t n = 0; n < KEYS; n++)
        change(n, "");
    for (int i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, look_for_keys, NULL), 0);
    for (uint32_t load = 0; load < LOADS; load++) {
        key_table_load_begin(table);
        for (uint32_t n = 0; n < KEYS; n++)
            change(n, n % 3 == load % 3 ? "{\"properties\":\"9/second\"}" : "");
        for (uint32_t n = 0; n < KEYS; n++)
            change(KEYS * (1 + load) + n, "");
        key_table_load_end(table, load);
    }
    atomic_store(&is_over, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    ck_assert_int_eq(atomic_load(&missed), 0);
    ck_assert_int_eq(atomic_load(&wrong), 0);
    ck_assert_uint_eq(key_table_count(table), 2 * KEYS);
}
END_TEST

/* Key n with the secret of key `secret`, after that of key `previous`, which works until then. */
static void
rotate(uint32_t n, uint32_t secret, uint32_t previous, int64_t until_wall_ms)
{
    char hex[65], previous_hex[65];
    uint8_t hash[32];
    struct key_record record = make_record(secret, hex);

    make_hash(previous, hash);
    record.api_key_id = 1 + (int64_t)n;
    record.previous_hash = hex_of(hash, previous_hex);
    record.previous_until_wall_ms = until_wall_ms;
    ck_assert_int_eq(key_table_change(table, &record), STATUS_OK);
}

START_TEST(a_rotated_key_is_found_by_both_secrets_and_shares_its_state)
{
    struct key_state *state;

    change(7, "");
    state = find(7)->state;
    atomic_store(&state->quota.left, 5);
    rotate(7, 50, 7, 1234);
    ck_assert_int_eq(find(50)->api_key_id, 8);
    ck_assert_int_eq(find(50)->expires_wall_ms, 0);
    ck_assert_int_eq(find(7)->expires_wall_ms, 1234);
    ck_assert_ptr_eq(find(50)->state, state);
    ck_assert_ptr_eq(find(7)->state, state);
    ck_assert_int_eq(atomic_load(&state->quota.left), 5);
    rotate(7, 51, 50, 99); /* and once more: the first secret has ended */
    ck_assert_ptr_eq(find(51)->state, state);
    ck_assert_int_eq(find(50)->expires_wall_ms, 99);
    ck_assert_ptr_null(find(7));
}
END_TEST

START_TEST(a_load_brings_both_secrets_and_removes_older_ones)
{
    change(7, "");
    rotate(7, 50, 7, 1234);
    rotate(7, 51, 50, 5678);
    key_table_load_begin(table);
    rotate(7, 51, 50, 5678);
    key_table_load_end(table, 9);
    ck_assert_ptr_null(find(7));
    ck_assert_int_eq(find(50)->expires_wall_ms, 5678);
    ck_assert_ptr_eq(find(50)->state, find(51)->state);
    key_table_load_begin(table);
    key_table_load_end(table, 10);
    ck_assert_ptr_null(find(50));
    ck_assert_ptr_null(find(51));
}
END_TEST

/* A customer's own key, given up by a rotation and registered again. */
START_TEST(a_secret_that_is_another_keys_now_is_left_to_it)
{
    change(7, "");
    rotate(7, 50, 7, 1);
    change(7, "");
    ck_assert_int_eq(find(7)->api_key_id, 8);
    rotate(30, 7, 40, 1);
    ck_assert_int_eq(find(7)->api_key_id, 31);
    rotate(7, 50, 7, 1);
    ck_assert_int_eq(find(7)->api_key_id, 31);
    ck_assert_int_eq(find(7)->expires_wall_ms, 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("key_table");
    TCase *tcase = tcase_create("key_table");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_table_is_loaded_by_its_first_whole_load);
    tcase_add_test(tcase, a_rotated_key_is_found_by_both_secrets_and_shares_its_state);
    tcase_add_test(tcase, a_load_brings_both_secrets_and_removes_older_ones);
    tcase_add_test(tcase, a_secret_that_is_another_keys_now_is_left_to_it);
    tcase_add_test(tcase, every_byte_of_the_hash_counts);
    tcase_add_test(tcase, an_entry_says_what_its_record_said);
    tcase_add_test(tcase, limits_are_the_keys_own_or_the_configured_ones);
    tcase_add_test(tcase, a_global_limit_of_another_unit_begins_with_what_is_used);
    tcase_add_test(tcase, a_change_does_not_refill_buckets_or_lose_the_lease);
    tcase_add_loop_test(tcase, a_malformed_record_is_refused_and_the_key_stays, 0,
                        (int)COUNT(breaks));
    tcase_add_test(tcase, a_lower_limit_takes_the_leased_rest_away);
    tcase_add_test(tcase, the_leased_rest_can_be_given_back_before);
    tcase_add_test(tcase, another_key_with_the_same_hash_starts_anew);
    tcase_add_test(tcase, a_load_removes_what_it_does_not_name);
    tcase_add_test(tcase, a_load_that_was_broken_off_removes_nothing);
    tcase_add_test(tcase, each_visits_every_key_once);
    tcase_add_test(tcase, a_hundred_thousand_keys_are_all_found);
    tcase_add_test(tcase, readers_never_miss_a_key_of_the_old_and_the_new_snapshot);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return suite;
}
