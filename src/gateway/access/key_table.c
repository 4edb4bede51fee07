/* key_table.c - the snapshot of API keys: a hash index from the token's hash to an immutable entry.
 *
 * Life of an entry: made by key_table_change -> in the index -> replaced by the key's next one, or
 * not named by a whole load -> retired -> freed by the epoch, and its key_state with it when no
 * other entry shares it. After a rotation a key has an entry for each of its two secrets.
 * A load only marks: each key that it names gets its generation, key_table_load_end removes those that
 * have an older one.
 * So a key that stands in the old and in the new snapshot is found at every moment. */

#include "access/key_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "access/key_limits.h"
#include "base/clock.h"
#include "base/hex.h"
#include "lockfree/hash_index.h"

enum { HASH_SIZE = 32, WHY_SIZE = 160 };

struct key_table {
    struct hash_index *index;
    struct epoch_domain *epochs;
    const struct rate *global;
    const struct rate *limit_rates;
    const char *const *limit_names;
    size_t limit_count;
    /* the writer's */
    struct rate *scratch; /* limit_count rates */
    uint32_t generation;
    bool is_loading;
    /* anybody's */
    _Atomic bool is_loaded;
    _Atomic int64_t version;
};

/* SHA-256 needs no mixing. */
static uint64_t
hash_of(const uint8_t hash[HASH_SIZE])
{
    uint64_t first;

    memcpy(&first, hash, sizeof first);
    return first;
}

/* Looks at every byte, wherever they differ: how long it takes tells nothing about the stored hash. */
static bool
is_same_hash(const void *value, const void *key)
{
    const struct key_entry *entry = value;
    uint64_t a[HASH_SIZE / sizeof(uint64_t)];
    uint64_t b[HASH_SIZE / sizeof(uint64_t)];

    memcpy(a, entry->hash, sizeof a);
    memcpy(b, key, sizeof b);
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
}

struct key_table *
key_table_create(struct epoch_domain *epochs, const struct rate *global,
                 const struct rate *limit_rates, const char *const *limit_names, size_t limit_count)
{
    struct key_table *table = calloc(1, sizeof *table);

    if (table == NULL)
        return NULL;
    table->epochs = epochs;
    table->global = global;
    table->limit_rates = limit_rates;
    table->limit_names = limit_names;
    table->limit_count = limit_count;
    table->index = hash_index_create(epochs);
    table->scratch = calloc(limit_count > 0 ? limit_count : 1, sizeof *table->scratch);
    if (table->index == NULL || table->scratch == NULL)
        key_table_destroy(&table);
    return table;
}

static void
free_state(struct key_state *state)
{
    for (size_t i = 0; i < RATE_UNIT_COUNT; i++)
        free(state->windows[i]);
    free(state);
}

static void
free_entry(void *object)
{
    struct key_entry *entry = object;

    if (atomic_fetch_sub_explicit(&entry->state->references, 1, memory_order_acq_rel) == 1)
        free_state(entry->state);
    free(entry);
}

static void
free_visited(void *context, void *value)
{
    (void)context;
    free_entry(value);
}

void
key_table_destroy(struct key_table **table)
{
    if (*table == NULL)
        return;
    hash_index_destroy(&(*table)->index, free_visited, NULL);
    free((*table)->scratch);
    free(*table);
    *table = NULL;
}

const struct key_entry *
key_table_find(const struct key_table *table, const uint8_t hash[32])
{
    return hash_index_find(table->index, hash_of(hash), is_same_hash, hash);
}

/* A right that is unknown here is not had. */
static uint32_t
read_rights(struct bytes text)
{
    uint32_t rights = 0;

    while (text.size > 0)
        if (bytes_equal_text(bytes_take_until(&text, ','), "extend_ttl"))
            rights |= KEY_RIGHT_EXTEND_TTL;
    return rights;
}

/* Fills in the parts of an entry that are no memory of its own; table->scratch: its rates. */
static bool
read_record(struct key_table *table, const struct key_record *record, struct key_entry *entry)
{
    char why[WHY_SIZE];
    struct key_limits limits = {.names = table->limit_names,
                                .count = table->limit_count,
                                .global = &entry->global_rate,
                                .rates = table->scratch,
                                .skips_unknown = true};

    *entry = (struct key_entry){
        .api_key_id = record->api_key_id,
        .expires_wall_ms = record->expires_wall_ms,
        .rights = read_rights(record->rights),
        .generation = table->generation,
        .is_active = record->is_active != 0,
        .has_quota = record->daily_limit > 0 || record->monthly_limit > 0,
        .daily_limit = record->daily_limit,
        .monthly_limit = record->monthly_limit,
        .global_rate = *table->global,
    };
    for (size_t i = 0; i < table->limit_count; i++)
        table->scratch[i] = table->limit_rates[i];
    return record->api_key_id > 0 && record->expires_wall_ms >= 0 &&
           hex_read(record->key_hash, entry->hash, HASH_SIZE) &&
           key_limits_read(record->limits, &limits, why, sizeof why);
}

/* All buckets full, no lease. */
static struct key_state *
make_state(const struct key_table *table)
{
    return calloc(1, sizeof(struct key_state) + table->limit_count * sizeof(struct bucket));
}

/* What the windows of other units hold counts in this one, too. */
static void
carry_windows(const struct key_state *state, struct window *window)
{
    int64_t now_ns = clock_steady_ns(clock_mono_ns());
    struct window_counts counts;

    for (size_t i = 0; i < RATE_UNIT_COUNT; i++)
        if (state->windows[i] != NULL && state->windows[i] != window &&
            window_read(state->windows[i], now_ns, &counts) > 0)
            window_raise(window, &counts, now_ns);
}

/* The window of the global limit, made where there is none. False: no memory. */
static bool
key_table_find_window(const struct rate *rate, struct key_state *state, struct window **window)
{
    size_t unit;

    *window = NULL;
    if (rate->count == 0)
        return true;
    unit = rate_unit(rate);
    if (state->windows[unit] == NULL) {
        state->windows[unit] = malloc(sizeof *state->windows[unit]);
        if (state->windows[unit] == NULL)
            return false;
        window_init(state->windows[unit], rate->period_ms);
        carry_windows(state, state->windows[unit]);
    }
    *window = state->windows[unit];
    return true;
}

/* The entry with its own rates behind it, unless they are the configured ones. NULL: no memory. */
static struct key_entry *
make_entry(const struct key_table *table, const struct key_entry *filled, struct key_state *state)
{
    size_t rates_size = table->limit_count * sizeof(struct rate);
    bool is_own = rates_size > 0 && memcmp(table->scratch, table->limit_rates, rates_size) != 0;
    struct key_entry *entry = malloc(sizeof *entry + (is_own ? rates_size : 0));

    if (entry == NULL)
        return NULL;
    *entry = *filled;
    entry->state = state;
    if (!key_table_find_window(&entry->global_rate, state, &entry->global_window)) {
        free(entry);
        return NULL;
    }
    entry->endpoint_rates = table->limit_rates;
    if (is_own) {
        memcpy(entry + 1, table->scratch, rates_size);
        entry->endpoint_rates = (const struct rate *)(const void *)(entry + 1);
    }
    return entry;
}

/* Of a key that is known by another secret, state is that one's; NULL: a new one. */
static enum status
add_entry(struct key_table *table, const struct key_entry *filled, struct key_state *state)
{
    struct key_state *used = state != NULL ? state : make_state(table);
    struct key_entry *entry = used != NULL ? make_entry(table, filled, used) : NULL;

    if (entry == NULL) {
        if (state == NULL && used != NULL)
            free_state(used);
        return STATUS_NO_MEMORY;
    }
    atomic_fetch_add_explicit(&used->references, 1, memory_order_relaxed);
    if (!hash_index_insert(table->index, hash_of(entry->hash), entry)) {
        free_entry(entry);
        return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static bool
is_lower(int64_t limit, int64_t old)
{
    return limit > 0 && (old == 0 || limit < old);
}

static bool
has_lower_limit(const struct key_entry *entry, const struct key_entry *old)
{
    return is_lower(entry->daily_limit, old->daily_limit) ||
           is_lower(entry->monthly_limit, old->monthly_limit);
}

static enum status
replace_entry(struct key_table *table, const struct key_entry *filled, struct key_entry *old)
{
    struct key_entry *entry = make_entry(table, filled, old->state);

    if (entry == NULL)
        return STATUS_NO_MEMORY;
    if (entry->global_window != NULL && entry->global_window != old->global_window)
        carry_windows(entry->state, entry->global_window);
    if (has_lower_limit(entry, old))
        atomic_store(&entry->state->quota.left, 0);
    atomic_fetch_add_explicit(&old->state->references, 1, memory_order_relaxed);
    hash_index_replace(table->index, hash_of(entry->hash), old, entry);
    epoch_retire(table->epochs, old, free_entry);
    return STATUS_OK;
}

static struct key_entry *
find_entry(const struct key_table *table, const uint8_t hash[HASH_SIZE])
{
    return hash_index_find(table->index, hash_of(hash), is_same_hash, hash);
}

/* The secret before the last rotation: another entry of the same key, which ends with the overlap. One of another key's is
 * left alone: it is that one's secret now. */
static enum status
change_previous(struct key_table *table, const struct key_record *record,
                const struct key_entry *filled, struct key_state *state)
{
    struct key_entry previous = *filled;
    struct key_entry *old;

    if (record->previous_hash.size == 0)
        return STATUS_OK;
    if (!hex_read(record->previous_hash, previous.hash, HASH_SIZE))
        return STATUS_MALFORMED;
    if (previous.expires_wall_ms == 0 || previous.expires_wall_ms > record->previous_until_wall_ms)
        previous.expires_wall_ms = record->previous_until_wall_ms;
    old = find_entry(table, previous.hash);
    if (old == NULL)
        return add_entry(table, &previous, state);
    return old->api_key_id == previous.api_key_id ? replace_entry(table, &previous, old)
                                                  : STATUS_OK;
}

/* What successive secrets of one key share: found by the new one, or by the one before. NULL: the key is new here. */
static struct key_state *
find_state(const struct key_table *table, const struct key_record *record,
           const struct key_entry *filled)
{
    uint8_t previous[HASH_SIZE];
    const struct key_entry *old = find_entry(table, filled->hash);

    if (old == NULL && hex_read(record->previous_hash, previous, HASH_SIZE))
        old = find_entry(table, previous);
    return old != NULL && old->api_key_id == filled->api_key_id ? old->state : NULL;
}

static enum status
change_current(struct key_table *table, const struct key_entry *filled, struct key_state *state)
{
    struct key_entry *old = find_entry(table, filled->hash);

    if (old != NULL && old->api_key_id != filled->api_key_id) {
        /* The customer's own key, deleted and made again: nothing of the old one is the new one's. */
        hash_index_remove(table->index, hash_of(old->hash), old);
        epoch_retire(table->epochs, old, free_entry);
        old = NULL;
    }
    return old != NULL ? replace_entry(table, filled, old) : add_entry(table, filled, state);
}

/* What a rotation leaves of a key's entries: those of its two secrets. */
struct secrets {
    struct key_table *table;
    const struct key_state *state;
    uint8_t current[HASH_SIZE], previous[HASH_SIZE];
};

static void
remove_older(void *context, void *value)
{
    const struct secrets *secrets = context;
    struct key_entry *entry = value;

    if (entry->state != secrets->state || is_same_hash(entry, secrets->current) ||
        is_same_hash(entry, secrets->previous))
        return;
    hash_index_remove(secrets->table->index, hash_of(entry->hash), entry);
    epoch_retire(secrets->table->epochs, entry, free_entry);
}

/* Looks at every key: rotations are rare. A load needs none of this: it names what there is. */
static void
remove_older_secrets(struct key_table *table, const struct key_record *record,
                     const struct key_entry *filled)
{
    struct secrets secrets = {.table = table, .state = find_entry(table, filled->hash)->state};

    memcpy(secrets.current, filled->hash, HASH_SIZE);
    if (!hex_read(record->previous_hash, secrets.previous, HASH_SIZE))
        memcpy(secrets.previous, filled->hash, HASH_SIZE);
    hash_index_each(table->index, remove_older, &secrets);
}

enum status
key_table_change(struct key_table *table, const struct key_record *record)
{
    struct key_entry filled;
    bool is_valid = read_record(table, record, &filled);
    struct key_state *state;
    enum status status;
    bool is_rotation;

    if (!table->is_loading)
        atomic_store(&table->version, record->version);
    if (!is_valid)
        return STATUS_MALFORMED;
    state = find_state(table, record, &filled);
    is_rotation = state != NULL && find_entry(table, filled.hash) == NULL;
    status = change_current(table, &filled, state);
    if (status == STATUS_OK)
        status = change_previous(table, record, &filled, find_entry(table, filled.hash)->state);
    if (status == STATUS_OK && is_rotation && !table->is_loading)
        remove_older_secrets(table, record, &filled);
    return status;
}

int64_t
key_table_take_lease(struct key_table *table, const struct key_record *record, int64_t *day)
{
    struct key_entry filled;
    struct key_entry *old = NULL;
    int64_t left;

    if (read_record(table, record, &filled))
        old = hash_index_find(table->index, hash_of(filled.hash), is_same_hash, filled.hash);
    if (old == NULL || old->api_key_id != filled.api_key_id || !has_lower_limit(&filled, old))
        return 0;
    *day = atomic_load(&old->state->quota.day);
    left = atomic_exchange(&old->state->quota.left, 0);
    return left > 0 ? left : 0;
}

void
key_table_load_begin(struct key_table *table)
{
    table->generation++;
    table->is_loading = true;
}

static void
remove_unnamed(void *context, void *value)
{
    struct key_table *table = context;
    struct key_entry *entry = value;

    if (entry->generation == table->generation)
        return;
    hash_index_remove(table->index, hash_of(entry->hash), entry);
    epoch_retire(table->epochs, entry, free_entry);
}

void
key_table_load_end(struct key_table *table, int64_t version)
{
    assert(table->is_loading);
    hash_index_each(table->index, remove_unnamed, table);
    table->is_loading = false;
    atomic_store(&table->version, version);
    atomic_store(&table->is_loaded, true);
    epoch_reclaim(table->epochs);
}

bool
key_table_is_loaded(const struct key_table *table)
{
    return atomic_load(&table->is_loaded);
}

int64_t
key_table_version(const struct key_table *table)
{
    return atomic_load(&table->version);
}

size_t
key_table_count(const struct key_table *table)
{
    return hash_index_count(table->index);
}

struct visitor {
    key_table_visit *visit;
    void *context;
};

static void
visit_entry(void *context, void *value)
{
    const struct visitor *visitor = context;

    visitor->visit(visitor->context, value);
}

void
key_table_each(struct key_table *table, key_table_visit *visit, void *context)
{
    struct visitor visitor = {.visit = visit, .context = context};

    hash_index_each(table->index, visit_entry, &visitor);
}

struct stepper {
    key_table_step *step;
    void *context;
};

static bool
step_entry(void *context, void *value)
{
    const struct stepper *stepper = context;

    return stepper->step(stepper->context, value);
}

bool
key_table_walk(const struct key_table *table, size_t *cursor, key_table_step *step, void *context)
{
    struct stepper stepper = {.step = step, .context = context};

    return hash_index_walk(table->index, cursor, step_entry, &stepper);
}
