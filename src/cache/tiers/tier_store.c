/* tier_store.c - when is L1 asked, when L2, and what is written to both. */
#include "tiers/tier_store.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/data_dir.h"
#include "base/log.h"
#include "metrics.h"
#include "object/cache_key.h"

static enum status
begin_generation(void *context, int64_t *generation)
{
    return l1_generation_begin(context, generation);
}

static enum status
renew_generation(void *context, int64_t *generation)
{
    return l1_generation_renew(context, generation);
}

static void
tier_store_free(struct tier_store *store)
{
    l1_destroy(&store->l1);
    if (store->entries != NULL)
        entries_close(&store->entries);
    free(store);
}

struct tier_store *
tier_store_open(const struct config *config, struct l1_state *l1, enum storage_mode mode)
{
    struct tier_store *store = calloc(1, sizeof *store);

    if (store == NULL)
        return NULL;
    store->config = config;
    store->mode = mode;
    store->l1_state = l1;
    store->l1 = l1_create(l1);
    if (store->l1 == NULL || entries_open(config, mode, &store->entries) != STATUS_OK) {
        tier_store_free(store);
        return NULL;
    }
    if (mode == STORAGE_READ_WRITE && l1->is_used)
        l1_probe(store->l1, begin_generation, store->entries);
    return store;
}

/* Nothing is stored any more: what L1 holds is whole, if it was there to the end. */
void
tier_store_close(struct tier_store *store)
{
    if (store->mode == STORAGE_READ_WRITE && atomic_load(&store->l1_state->is_up))
        (void)l1_generation_end(store->entries);
    tier_store_free(store);
}

static enum status
get_from_l1(struct tier_store *store, const struct tier_lookup *asked, struct entry_row *row,
            struct blob **owner)
{
    enum status status;

    if (asked->drops_l1) {
        (void)l1_drop(store->l1, asked->endpoint, asked->cache_key);
        return STATUS_NOT_FOUND;
    }
    status = l1_get(store->l1, asked->endpoint, asked->cache_key, row, owner);
    if (status != STATUS_UNAVAILABLE)
        metric_add(status == STATUS_OK ? METRIC_L1_HITS : METRIC_L1_MISSES, 1);
    return status;
}

/* No purge up to the look-up's number touched it: it was there, and valid, after that. */
static void
fill_l1(struct tier_store *store, const struct tier_lookup *asked, const struct entry_row *row)
{
    struct entry_row copy = *row;

    copy.endpoint = bytes_of_text(asked->endpoint);
    if (copy.meta.purge_number < asked->purge_number)
        copy.meta.purge_number = asked->purge_number;
    (void)l1_put(store->l1, &copy, clock_wall_us(), L1_PUT_IF_NONE);
}

static enum status
get_from_l2(struct tier_store *store, const struct tier_lookup *asked, struct entry_row *row,
            struct blob **owner)
{
    enum status status = STATUS_NOT_FOUND;

    if (store->config->cache.l2_enabled)
        status = entry_get(store->entries, asked->cache_key, row, owner);
    if (status == STATUS_OK)
        fill_l1(store, asked, row);
    return status;
}

enum status
tier_store_get(struct tier_store *store, const struct tier_lookup *asked, struct entry **entry,
               enum level *level)
{
    struct entry_row row;
    struct blob *owner = NULL;
    enum status status = get_from_l1(store, asked, &row, &owner);

    *level = LEVEL_L1;
    if (status != STATUS_OK) {
        *level = LEVEL_L2;
        status = get_from_l2(store, asked, &row, &owner);
    }
    if (status != STATUS_OK)
        return status;
    *entry = entry_of_row(&row, owner);
    return *entry != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Others need what is left of the disk more. */
static bool
yields_disk(struct tier_store *store)
{
    bool is_lacking = data_dir_lacking_bytes(store->config) > 0;

    if (is_lacking && !store->is_yielding)
        log_warning(
            "L2 stores no entries: less than gateway.min_free_disk_bytes is free; entries are "
            "kept in memory only, and the oldest rows of L2 are deleted");
    else if (!is_lacking && store->is_yielding)
        log_info("L2 stores entries again: the disk has room");
    store->is_yielding = is_lacking;
    return is_lacking;
}

/* L1 only gets what L2 took: what L2 refused was purged. */
enum status
tier_store_put(struct tier_store *store, const struct entry *entry)
{
    struct entry_row row = entry_as_row(entry);
    enum status status = STATUS_OK;

    static_assert(sizeof row.params_hash >= PARAMS_HASH_SIZE, "the hash fits the column");
    cache_key_params_hash(row.signature, row.params_hash);
    if (store->config->cache.l2_enabled && !yields_disk(store))
        status = entry_put(store->entries, &row);
    if (status == STATUS_OK)
        (void)l1_put(store->l1, &row, clock_wall_us(), L1_PUT_ALWAYS);
    return status;
}

/* What L1 keeps in spite of it is found out when it is read, by its purge number. An expired entry is in none. */
enum status
tier_store_purge(struct tier_store *store, const struct purge_scope *scope, int64_t *number,
                 int64_t *cleared_count)
{
    enum status status = entry_purge(store->entries, scope, clock_wall_us(), number, cleared_count);

    if (status == STATUS_OK && scope->expired_before_wall_ms == 0)
        (void)l1_purge(store->l1, scope->endpoint);
    return status;
}

void
tier_store_probe_l1(struct tier_store *store)
{
    l1_probe(store->l1, renew_generation, store->entries);
}
