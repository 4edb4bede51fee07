/* key_load_test.c - all keys in parts: what is known when, changes in between, loads that are given up. */
/* links: gateway/lockfree/epoch.c */
/* links: gateway/access/key_load.c gateway/access/key_table.c gateway/access/key_limits.c gateway/lockfree/hash_index.c gateway/access/bucket.c gateway/access/window.c @core */

#include "access/key_load.h"

#include <check.h>
#include <string.h>

#include "actor/wire.h"

static const char *const names[] = {"properties"};
static const struct rate limit_rates[] = {{60, 60000}};
static const struct rate global = {1000, 3600000};

static struct epoch_domain *epochs;
static struct key_load load;

/* A part under construction. */
static uint8_t body[4096];
static size_t body_size;
static int64_t body_keys;

static void
set_up(void)
{
    epochs = epoch_domain_create(2);
    load = (struct key_load){.table = key_table_create(epochs, &global, limit_rates, names, 1)};
    ck_assert_ptr_nonnull(load.table);
    body_size = 0;
    body_keys = 0;
}

static void
tear_down(void)
{
    key_table_destroy(&load.table);
    epoch_domain_destroy(&epochs);
}

static void
fill_hash(char letter, char hex[64])
{
    memset(hex, letter, 64);
}

/* Key number id (1 to 6): its hash is its letter, 64 times. */
static struct key_record
make_record(int64_t id, int64_t version, bool is_active, char hex[64])
{
    fill_hash("?abcdef"[id], hex);
    return (struct key_record){
        .version = version,
        .api_key_id = id,
        .key_hash = bytes_of(hex, 64),
        .is_active = is_active,
    };
}

static void
add(int64_t id)
{
    char hex[64];
    struct message message = {.kind = MSG_KEY_CHANGED, .sender = ACTOR_ANALYTICS};
    struct blob *envelope = NULL;
    uint32_t size;

    message.u.KEY_CHANGED = make_record(id, 0, true, hex);
    ck_assert_int_eq(wire_encode(&message, &envelope), STATUS_OK);
    size = (uint32_t)blob_bytes(envelope).size;
    memcpy(body + body_size, &size, sizeof size);
    memcpy(body + body_size + sizeof size, blob_bytes(envelope).data, size);
    body_size += sizeof size + size;
    body_keys++;
    blob_release(&envelope);
}

/* What was added since the last part, as a part. */
static enum key_load_step
take_part(int64_t version, int64_t after_id, int64_t next_id)
{
    struct keys_snapshot part = {
        .version = version, .count = body_keys, .after_id = after_id, .next_id = next_id};
    enum key_load_step step = key_load_part(&load, &part, bytes_of(body, body_size));

    body_size = 0;
    body_keys = 0;
    return step;
}

static bool
change(int64_t id, int64_t version, bool is_active)
{
    char hex[64];
    struct key_record record = make_record(id, version, is_active, hex);

    return key_load_change(&load, &record);
}

static const struct key_entry *
find(int64_t id)
{
    uint8_t hash[32];

    memset(hash, 0x11 * (9 + (int)id), sizeof hash); /* letter a is digit 10 */
    return key_table_find(load.table, hash);
}

START_TEST(keys_of_all_parts_are_known_when_the_last_is_in)
{
    add(1);
    add(2);
    ck_assert_int_eq(take_part(7, 0, 2), KEY_LOAD_NEXT);
    ck_assert_int_eq(load.next_id, 2);
    ck_assert(!key_table_is_loaded(load.table));
    add(3);
    ck_assert_int_eq(take_part(7, 2, 3), KEY_LOAD_NEXT);
    ck_assert_int_eq(take_part(7, 3, 0), KEY_LOAD_WHOLE); /* an empty last part */
    key_load_end(&load);
    ck_assert(key_table_is_loaded(load.table));
    ck_assert_int_eq(key_table_version(load.table), 7);
    ck_assert_uint_eq(key_table_count(load.table), 3);
    for (int64_t id = 1; id <= 3; id++)
        ck_assert_int_eq(find(id)->api_key_id, id);
}
END_TEST

START_TEST(a_change_in_between_stays_whichever_part_its_key_is_in)
{
    add(1);
    ck_assert_int_eq(take_part(7, 0, 1), KEY_LOAD_NEXT);
    ck_assert(change(1, 8, false));
    ck_assert(change(5, 9, true));
    add(2);
    ck_assert_int_eq(take_part(9, 1, 0), KEY_LOAD_WHOLE);
    key_load_end(&load);
    ck_assert_int_eq(key_table_version(load.table), 9);
    ck_assert_uint_eq(key_table_count(load.table), 3);
    ck_assert(!find(1)->is_active);
    ck_assert(find(5)->is_active);
}
END_TEST

START_TEST(a_change_that_is_older_than_the_load_does_nothing)
{
    add(1);
    ck_assert_int_eq(take_part(7, 0, 1), KEY_LOAD_NEXT);
    ck_assert(change(1, 7, false));
    ck_assert_int_eq(take_part(7, 1, 0), KEY_LOAD_WHOLE);
    key_load_end(&load);
    ck_assert(find(1)->is_active);
}
END_TEST

START_TEST(a_change_that_did_not_come_breaks_the_load)
{
    add(1);
    ck_assert_int_eq(take_part(7, 0, 1), KEY_LOAD_NEXT);
    add(2);
    ck_assert_int_eq(take_part(8, 1, 0), KEY_LOAD_BROKEN);
    ck_assert(!key_table_is_loaded(load.table));
    ck_assert_int_eq(take_part(8, 1, 0), KEY_LOAD_IGNORED);
    ck_assert_int_eq(take_part(7, 0, 1), KEY_LOAD_NEXT);
    ck_assert(!change(3, 9, true));
    ck_assert(!load.is_under_way);
}
END_TEST

START_TEST(a_load_begun_again_ignores_parts_of_the_one_before)
{
    add(1);
    ck_assert_int_eq(take_part(7, 0, 1), KEY_LOAD_NEXT);
    add(1);
    add(2);
    ck_assert_int_eq(take_part(8, 0, 2), KEY_LOAD_NEXT);
    add(3);
    ck_assert_int_eq(take_part(7, 1, 0), KEY_LOAD_IGNORED);
    ck_assert_int_eq(take_part(8, 2, 0), KEY_LOAD_WHOLE);
    key_load_end(&load);
    ck_assert_uint_eq(key_table_count(load.table), 2);
    ck_assert_ptr_null(find(3));
}
END_TEST

START_TEST(a_broken_body_breaks_the_load)
{
    add(1);
    body_keys++;
    ck_assert_int_eq(take_part(7, 0, 0), KEY_LOAD_BROKEN);
    ck_assert(!key_table_is_loaded(load.table));
    add(1);
    body_size--;
    ck_assert_int_eq(take_part(7, 0, 0), KEY_LOAD_BROKEN);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("key_load");
    TCase *tcase = tcase_create("key_load");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, keys_of_all_parts_are_known_when_the_last_is_in);
    tcase_add_test(tcase, a_change_in_between_stays_whichever_part_its_key_is_in);
    tcase_add_test(tcase, a_change_that_is_older_than_the_load_does_nothing);
    tcase_add_test(tcase, a_change_that_did_not_come_breaks_the_load);
    tcase_add_test(tcase, a_load_begun_again_ignores_parts_of_the_one_before);
    tcase_add_test(tcase, a_broken_body_breaks_the_load);
    suite_add_tcase(suite, tcase);
    return suite;
}
