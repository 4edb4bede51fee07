/* hash_index_test.c - found while it is in, also while it is replaced and while the table grows. */
/* links: gateway/lockfree/epoch.c */
/* links: gateway/lockfree/hash_index.c @core */

#include "lockfree/hash_index.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { MANY = 5000, READERS = 3, FIXED = 64, ROUNDS = 300, COLLISION_BITS = 2 };

struct item {
    uint64_t key;
    int version;
};

static struct epoch_domain *epochs;
static struct epoch_slot *slot;

/* Keys share hashes, so that chains and comparisons are used. */
static uint64_t
hash_of(uint64_t key)
{
    return (key >> COLLISION_BITS) * 0x9e3779b97f4a7c15;
}

static bool
is_equal(const void *value, const void *key)
{
    return ((const struct item *)value)->key == *(const uint64_t *)key;
}

static struct item *
find(const struct hash_index *index, uint64_t key)
{
    return hash_index_find(index, hash_of(key), is_equal, &key);
}

static struct item *
make_item(uint64_t key, int version)
{
    struct item *item = malloc(sizeof *item);

    ck_assert_ptr_nonnull(item);
    *item = (struct item){.key = key, .version = version};
    return item;
}

static struct item *
insert(struct hash_index *index, uint64_t key)
{
    struct item *item = make_item(key, 0);

    ck_assert(hash_index_insert(index, hash_of(key), item));
    return item;
}

static void
free_visited(void *context, void *value)
{
    (void)context;
    free(value);
}

static void
set_up(void)
{
    epochs = epoch_domain_create(READERS + 1);
    slot = epoch_slot_take(epochs);
}

static void
tear_down(void)
{
    epoch_slot_give(&slot);
    epoch_domain_destroy(&epochs);
}

START_TEST(an_empty_index_finds_nothing)
{
    struct hash_index *index = hash_index_create(epochs);

    ck_assert_ptr_null(find(index, 1));
    ck_assert_uint_eq(hash_index_count(index), 0);
    hash_index_destroy(&index, NULL, NULL);
    ck_assert_ptr_null(index);
}
END_TEST

START_TEST(all_is_found_after_growing_and_only_that)
{
    struct hash_index *index = hash_index_create(epochs);

    for (uint64_t key = 0; key < MANY; key++)
        insert(index, key);
    ck_assert_uint_eq(hash_index_count(index), MANY);
    for (uint64_t key = 0; key < MANY; key++) {
        struct item *item = find(index, key);

        ck_assert_ptr_nonnull(item);
        ck_assert_uint_eq(item->key, key);
    }
    ck_assert_ptr_null(find(index, MANY));
    hash_index_destroy(&index, free_visited, NULL);
}
END_TEST

START_TEST(removed_and_replaced_is_what_it_says)
{
    struct hash_index *index = hash_index_create(epochs);

    for (uint64_t key = 0; key < 200; key++)
        insert(index, key);
    for (uint64_t key = 0; key < 200; key += 2) {
        struct item *item = find(index, key);

        hash_index_remove(index, hash_of(key), item);
        free(item);
    }
    for (uint64_t key = 1; key < 200; key += 2) {
        struct item *old = find(index, key);

        hash_index_replace(index, hash_of(key), old, make_item(key, 7));
        free(old);
    }
    ck_assert_uint_eq(hash_index_count(index), 100);
    for (uint64_t key = 0; key < 200; key++) {
        struct item *item = find(index, key);

        ck_assert((item != NULL) == (key % 2 == 1));
        ck_assert(item == NULL || item->version == 7);
    }
    hash_index_destroy(&index, free_visited, NULL);
}
END_TEST

struct visits {
    struct hash_index *index;
    size_t count;
};

static void
remove_visited(void *context, void *value)
{
    struct visits *visits = context;
    struct item *item = value;

    visits->count++;
    hash_index_remove(visits->index, hash_of(item->key), item);
    free(item);
}

START_TEST(a_visitor_sees_all_and_may_remove)
{
    struct visits visits = {.index = hash_index_create(epochs)};

    for (uint64_t key = 0; key < 1000; key++)
        insert(visits.index, key);
    hash_index_each(visits.index, remove_visited, &visits);
    ck_assert_uint_eq(visits.count, 1000);
    ck_assert_uint_eq(hash_index_count(visits.index), 0);
    hash_index_destroy(&visits.index, NULL, NULL);
}
END_TEST

static struct hash_index *shared;
static atomic_bool is_over;
static atomic_long missed, wrong;

/* Keys 0..FIXED-1 are in the index all the time, in changing versions. */
static void *
look_for_fixed(void *unused)
{
    struct epoch_slot *own = epoch_slot_take(epochs);
    int versions[FIXED] = {0};

    while (!atomic_load(&is_over)) {
        for (uint64_t key = 0; key < FIXED; key++) {
            epoch_enter(own);

            const struct item *item = find(shared, key);

            if (item == NULL)
                atomic_fetch_add(&missed, 1);
            else if (item->key != key || item->version < versions[key])
                atomic_fetch_add(&wrong, 1);
            else
                versions[key] = item->version;
            epoch_leave(own);
        }
    }
    epoch_slot_give(&own);
    return unused;
}

static void
replace_fixed(int version)
{
    for (uint64_t key = 0; key < FIXED; key++) {
        struct item *old = find(shared, key);

        hash_index_replace(shared, hash_of(key), old, make_item(key, version));
        epoch_retire(epochs, old, free);
    }
}

START_TEST(readers_miss_nothing_while_the_writer_changes_everything)
{
    pthread_t readers[READERS];

    shared = hash_index_create(epochs);
    for (uint64_t key = 0; key < FIXED; key++)
        insert(shared, key);
    for (int i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, look_for_fixed, NULL), 0);
    for (int round = 1; round <= ROUNDS; round++) {
        uint64_t first = FIXED + (uint64_t)round * 20;

        for (uint64_t key = first; key < first + 20; key++)
            insert(shared, key);
        replace_fixed(round);
        for (uint64_t key = first; key < first + 10; key++) {
            struct item *item = find(shared, key);

            hash_index_remove(shared, hash_of(key), item);
            epoch_retire(epochs, item, free);
        }
    }
    atomic_store(&is_over, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    ck_assert_uint_eq(hash_index_count(shared), FIXED + 10 * ROUNDS);
    hash_index_destroy(&shared, free_visited, NULL);
    ck_assert_int_eq(atomic_load(&missed), 0);
    ck_assert_int_eq(atomic_load(&wrong), 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("hash_index");
    TCase *tcase = tcase_create("hash_index");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, an_empty_index_finds_nothing);
    tcase_add_test(tcase, all_is_found_after_growing_and_only_that);
    tcase_add_test(tcase, removed_and_replaced_is_what_it_says);
    tcase_add_test(tcase, a_visitor_sees_all_and_may_remove);
    tcase_add_test(tcase, readers_miss_nothing_while_the_writer_changes_everything);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return suite;
}
