/* key_table.h - the complete snapshot of API keys, read by every worker without a lock.
 *
 * One writer: the listener (key_table_load_begin to _end, key_table_change). Readers pin the epoch (epoch_enter),
 * find, use the entry, unpin; an entry is immutable, a change publishes a new one and retires the
 * old. Buckets, windows and quota live in key_state, which successive entries of one key share: a change of
 * a key does not refill it, and a global limit of another period begins with what the old one held. A limit that becomes lower takes the leased rest away: whoever changes the key gives it back
 * first (key_table_take_lease), or it counts as used. Complete: a hash that is not found is no key (401). Before the first
 * load nothing is known (503). */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "access/bucket.h"
#include "access/window.h"
#include "base/rate.h"
#include "config.h"
#include "lockfree/epoch.h"
#include "messages.h"

#define KEY_RIGHT_EXTEND_TTL 1u

struct key_quota {
    _Atomic int64_t left;            /* leased and not used */
    _Atomic int64_t expires_wall_ms; /* of the lease; 0: none yet */
    _Atomic int64_t day;             /* the lease's window, days since 1970 */
};

struct key_state {
    _Atomic uint32_t references; /* entries, a retired one until it is freed */
    _Atomic bool is_changed;     /* limits were taken of since limit_records_collect looked */
    struct key_quota quota;
    struct window *windows
        [RATE_UNIT_COUNT]; /* of the global limit, by its unit; the writer's; NULL: never needed */
    struct bucket endpoint_buckets[]; /* by limit index (route_table.h) */
};

struct key_entry {
    uint8_t hash[32];
    int64_t api_key_id;
    int64_t expires_wall_ms; /* 0: never */
    uint32_t rights;         /* KEY_RIGHT_... */
    uint32_t generation;     /* the writer's: the last load that named the hash */
    bool is_active;
    bool has_quota;                     /* a daily or monthly limit: requests need a lease */
    int64_t daily_limit, monthly_limit; /* 0: none */
    /* resolved: the key's own or the configuration's; by limit index an array behind the entry, or the shared one */
    struct rate global_rate;
    struct window *global_window; /* of state; NULL: there is no global limit */
    const struct rate *endpoint_rates;
    struct key_state *state;
};

struct key_table;

/* limit_rates: the configured rate per limit index (limit_count of them), borrowed for the table's
 * life; limit_names: the names that a key's limits may use, by the same index. */
struct key_table *key_table_create(struct epoch_domain *epochs, const struct rate *global,
                                   const struct rate *limit_rates, const char *const *limit_names,
                                   size_t limit_count);
void key_table_destroy(struct key_table **table);

/* Reader, pinned. NULL: unknown. Inactive and expired keys are returned; the caller looks.
 * Constant-time compare. */
const struct key_entry *key_table_find(const struct key_table *table, const uint8_t hash[32]);

/* Writer. begin .. change* .. end(version): replaces the whole content; keys not named meanwhile
 * vanish. */
void key_table_load_begin(struct key_table *table);
/* Adds or replaces one key; malformed records (bad hash, bad limits) are refused with MALFORMED,
 * and the key stays what it was. Limits of names that this configuration does not have are passed
 * over: removing a route locks no key out. Outside a load the record's version becomes the table's,
 * also when it is refused. NO_MEMORY: likewise. */
enum status key_table_change(struct key_table *table, const struct key_record *record);
/* Before a change: what is leased of a key to which record gives a lower limit, and of which day; from then on it is the
 * caller's to give back. 0: nothing. */
int64_t key_table_take_lease(struct key_table *table, const struct key_record *record,
                             int64_t *day);
void key_table_load_end(struct key_table *table, int64_t version);

bool key_table_is_loaded(const struct key_table *table);
int64_t key_table_version(const struct key_table *table);
size_t key_table_count(const struct key_table *table);
/* Writer: visits the quota state of every key (unused leases are given back at stop). */
typedef void key_table_visit(void *context, const struct key_entry *entry);
void key_table_each(struct key_table *table, key_table_visit *visit, void *context);
/* The same in steps: hash_index_walk. */
typedef bool key_table_step(void *context, const struct key_entry *entry);
bool key_table_walk(const struct key_table *table, size_t *cursor, key_table_step *step,
                    void *context);
