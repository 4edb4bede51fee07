/* near_cache_threads_test.c - readers, putters and purges at once: bytes never change, a variant that is added is there
 * whole, purged is gone, the budget holds. */
/* links: gateway/lockfree/epoch.c */
/* links: gateway/near/near_cache.c gateway/near/sieve.c gateway/lockfree/hash_index.c @core */

#include "near/near_cache.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "near_support.h"

enum {
    READERS = 4,
    PUTTERS = 2,
    NUMBERS = 200,
    BUDGET = 256 << 10,
    PURGES = 300,
    ENOUGH = 1000,
    HELD = 8
};

static struct epoch_domain *epochs;
static struct near_cache *cache;
static atomic_bool is_over;
/* Confirmed purges: an entry with a smaller number must not be found after it was read. By route.
 * */
static _Atomic int64_t confirmed[2];
static atomic_long packed_found, damaged, purged_found, over_budget, found, stored, refused;

/* Stands for the gzip variant: the entry's head, and the first bytes of its body. */
static struct variant
packed_of(const struct near_entry *entry)
{
    return (struct variant){.head = entry->content.plain.head,
                            .body = bytes_of(entry->content.plain.body.data, 100)};
}

static bool
is_gzip_whole(const struct near_entry *entry)
{
    const struct variant *gzip = near_entry_gzip(entry);
    struct variant packed = packed_of(entry);

    if (gzip == NULL)
        return true;
    atomic_fetch_add(&packed_found, 1);
    return bytes_equal(gzip->head, packed.head) && bytes_equal(gzip->body, packed.body);
}

/* The body says which version the head says; all of it. */
static bool
is_whole(const struct near_entry *entry)
{
    uint32_t number;
    unsigned version;
    char head[64];

    memcpy(&number, entry->cache_key, sizeof number);
    bytes_copy_text(entry->content.plain.head, head, sizeof head);
    if (strncmp(head, "X-Version: ", 11) != 0)
        return false;
    version = (unsigned)strtoul(head + 11, NULL, 10);
    for (size_t i = 0; i < entry->content.plain.body.size; i++)
        if (entry->content.plain.body.data[i] != 'a' + (number + version) % 26)
            return false;
    return entry->content.plain.body.size >= 500 && is_gzip_whole(entry);
}

static void
look_up(struct epoch_slot *slot, uint32_t number, struct near_entry **held)
{
    struct near_draft wanted = {0};
    const struct near_entry_source *source = near_draft(&wanted, number, 0, 0);
    int64_t purge = atomic_load(&confirmed[number % 2]);
    struct near_entry *entry;

    epoch_enter(slot);
    entry = near_cache_find(cache, source->signature, 1000);
    epoch_leave(slot);
    if (entry == NULL)
        return;
    atomic_fetch_add(&found, 1);
    if (entry->meta.purge_number < purge)
        atomic_fetch_add(&purged_found, 1);
    if (near_entry_claim_gzip(entry)) {
        struct variant packed = packed_of(entry);

        near_entry_add_gzip(entry, &packed, 1000);
    }
    if (*held != NULL && !is_whole(*held))
        atomic_fetch_add(&damaged, 1);
    near_entry_release(held);
    *held = entry;
}

/* Keeps some entries referenced for a while, as the writer of an answer does. */
static void *
read_entries(void *seed)
{
    struct epoch_slot *slot = epoch_slot_take(epochs);
    struct near_entry *held[HELD] = {0};
    uint32_t random = *(const uint32_t *)seed;

    while (!atomic_load(&is_over)) {
        random = random * 1664525 + 1013904223;
        look_up(slot, (random >> 8) % NUMBERS, &held[random >> 29]);
    }
    for (int i = 0; i < HELD; i++) {
        if (held[i] != NULL && !is_whole(held[i]))
            atomic_fetch_add(&damaged, 1);
        near_entry_release(&held[i]);
    }
    epoch_slot_give(&slot);
    return NULL;
}

/* A fetch takes note of the purge number, takes its time, and is put. */
static void *
put_entries(void *seed)
{
    struct near_draft draft = {0};
    uint32_t random = *(const uint32_t *)seed;

    for (uint32_t version = 0; !atomic_load(&is_over); version++) {
        int64_t purge_number = near_cache_purge_number(cache);
        enum status status;

        random = random * 1664525 + 1013904223;
        near_draft(&draft, (random >> 8) % NUMBERS, version, 500 + (random >> 21));
        draft.source.meta.purge_number = purge_number;
        draft.source.fresh_for_ms = 1000;
        if (random >> 30 == 0)
            sched_yield();
        status = near_cache_put(cache, &draft.source, 1000);
        atomic_fetch_add(status == STATUS_OK ? &stored : &refused, 1);
        if (near_cache_bytes(cache) > BUDGET)
            atomic_fetch_add(&over_budget, 1);
    }
    return NULL;
}

static void
purge_everything_now_and_then(void)
{

    for (int64_t number = 1; number <= PURGES || atomic_load(&found) < ENOUGH; number++) {
        if (number % 10 == 0) {
            near_cache_purge(cache, number, SCOPE(""));
            atomic_store(&confirmed[0], number);
            atomic_store(&confirmed[1], number);
        } else if (number % 51 == 0) {
            near_cache_empty(cache, number);
        } else {
            near_cache_purge(cache, number, number % 2 ? SCOPE("odd") : SCOPE("even"));
            atomic_store(&confirmed[number % 2], number);
        }
        sched_yield();
    }
}

START_TEST(readers_see_whole_entries_that_no_purge_matched)
{
    pthread_t threads[READERS + PUTTERS];
    uint32_t seeds[READERS + PUTTERS];

    epochs = epoch_domain_create(READERS);
    cache = near_cache_create(epochs, BUDGET);
    near_cache_lease(cache, INT64_MAX);
    for (uint32_t i = 0; i < READERS + PUTTERS; i++) {
        seeds[i] = i * 7919;
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, i < READERS ? read_entries : put_entries, &seeds[i]),
            0);
    }
    while (atomic_load(&stored) < 100)
        sched_yield();
    purge_everything_now_and_then();
    atomic_store(&is_over, true);
    for (int i = 0; i < READERS + PUTTERS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(atomic_load(&damaged), 0);
    ck_assert_int_eq(atomic_load(&purged_found), 0);
    ck_assert_int_eq(atomic_load(&over_budget), 0);
    ck_assert_int_ge(atomic_load(&found), ENOUGH);
    ck_assert_int_gt(atomic_load(&packed_found), 0);
    near_cache_empty(cache, 0);
    ck_assert_uint_eq(near_cache_bytes(cache), 0);
    near_cache_destroy(&cache);
    epoch_domain_destroy(&epochs);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("near_cache threads");
    TCase *tcase = tcase_create("threads");

    tcase_add_test(tcase, readers_see_whole_entries_that_no_purge_matched);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return suite;
}
